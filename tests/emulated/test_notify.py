"""The function that tells people: its binary, with tables, a topic, a bus and queues of moto's, and a small CodePipeline."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from .lambdas import Function, binary, running
from .recording import recording
from .serving import Quiet, served

REGION = "eu-central-1"
KEYS = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}
NOTICES, PLANS, BUS = "sluice-notices", "sluice-plans", "sluice"
BAD, GOOD = "0f1e2d3c-0000-4000-8000-000000000000", "0f1e2d3c-0000-4000-8000-000000000001"
SWEEP = {"source": "aws.events", "detail-type": "Scheduled Event", "region": REGION, "detail": {}}
UNDELIVERED = {"source": ["sluice"], "detail-type": ["Sluice Notification Undelivered"]}


@dataclass
class Pipeline:
    """A pipeline `checkout` with a stage `prod`, and how its releases ended there, the newest last."""

    ended: dict[str, str] = field(default_factory=dict)
    begun: float = field(default_factory=lambda: time.time() - 60)
    asked: list[str] = field(default_factory=list)

    def answer(self, operation: str, asked: dict) -> dict:
        self.asked.append(operation)
        return getattr(self, operation)(asked)

    def ListPipelines(self, asked: dict) -> dict:
        return {"pipelines": [{"name": "checkout"}]}

    def ListPipelineExecutions(self, asked: dict) -> dict:
        listed = [self.times(index) | {"pipelineExecutionId": own, "status": status} for index, (own, status) in self.all()]
        return {"pipelineExecutionSummaries": listed[::-1]}

    def ListActionExecutions(self, asked: dict) -> dict:
        only = asked["filter"]["pipelineExecutionId"]
        runs = [self.run(index, own, status) for index, (own, status) in self.all() if own == only]
        return {"actionExecutionDetails": runs}

    def GetPipelineState(self, asked: dict) -> dict:
        return {"stageStates": []}

    def all(self):
        return enumerate(self.ended.items())

    def times(self, index: int) -> dict:
        return {"startTime": self.begun + 20 * index, "lastUpdateTime": self.begun + 20 * index + 10}

    def run(self, index: int, release: str, status: str) -> dict:
        kind = {"category": "Deploy", "owner": "AWS", "provider": "CodeDeploy", "version": "1"}
        result = {"executionResult": {"externalExecutionSummary": "Health checks failed"}} if status == "Failed" else {}
        return self.times(index) | {
            "pipelineExecutionId": release,
            "actionExecutionId": f"run-{release}",
            "stageName": "prod",
            "actionName": "deploy",
            "status": status,
            "input": {"actionTypeId": kind},
            "output": result,
        }


def serving(pipeline: Pipeline) -> type[Quiet]:
    """The part of CodePipeline's API that the function asks."""

    class CodePipeline(Quiet):
        def do_POST(self) -> None:
            operation = self.headers["x-amz-target"].rpartition(".")[2]
            answer = pipeline.answer(operation, json.loads(self.body()))
            self.reply(200, json.dumps(answer).encode(), Content_Type="application/x-amz-json-1.1")

    return CodePipeline


@dataclass
class Installed:
    """The function, and what it tells."""

    function: Function
    pipeline: Pipeline
    queues: Any
    told_url: str
    undelivered_url: str

    def hears(self, event: dict) -> None:
        answer = self.function.invoke(event)
        assert answer.succeeded, f"{answer.body}\n" + "\n".join(self.function.log())
        assert answer.body == {"handled": "heard"}

    def told(self) -> list[dict]:
        """The messages that the topic passed on, since the last look."""
        return [json.loads(message["Body"]) for message in self.taken(self.told_url)]

    def undelivered(self) -> list[dict]:
        """What came into the queue of what was not delivered."""
        return [json.loads(message["Body"])["detail"] for message in self.taken(self.undelivered_url)]

    def taken(self, url: str) -> list[dict]:
        found = []
        while messages := self.queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += messages
        return found


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    # What one server of moto's has, the next one of the same process has, too.
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
    yield url
    server.stop()


def client(service: str, url: str) -> Any:
    return boto3.client(service, region_name=REGION, endpoint_url=url, **KEYS)


def tables(url: str) -> None:
    """The tables of notices and plans, as infra/template.yaml has them."""
    for table, partition, sort, kind in ((NOTICES, "id", "part", "S"), (PLANS, "scope", "version", "N")):
        client("dynamodb", url).create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": partition, "AttributeType": "S"},
                {"AttributeName": sort, "AttributeType": kind},
            ],
        )


def queue(url: str, name: str) -> tuple[str, str]:
    """A queue's URL and ARN."""
    made = client("sqs", url).create_queue(QueueName=name)["QueueUrl"]
    attributes = client("sqs", url).get_queue_attributes(QueueUrl=made, AttributeNames=["QueueArn"])["Attributes"]
    return made, attributes["QueueArn"]


@pytest.fixture
def installed(moto: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Installed]:
    tables(moto)
    told_url, told_arn = queue(moto, "told")
    undelivered_url, undelivered_arn = queue(moto, "undelivered")
    topic = client("sns", moto).create_topic(Name="failures")["TopicArn"]
    client("sns", moto).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=told_arn)
    events = client("events", moto)
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="undelivered", EventBusName=BUS, EventPattern=json.dumps(UNDELIVERED))
    events.put_targets(Rule="undelivered", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": undelivered_arn}])
    pipeline = Pipeline()
    with recording() as recorder, served(serving(pipeline)) as codepipeline:
        recorder.world, recorder.instead = int(moto.rpartition(":")[2]), {"CodePipeline_": codepipeline}
        variables = {
            "SLUICE_NOTICES_TABLE": NOTICES,
            "SLUICE_PLANS_TABLE": PLANS,
            "SLUICE_FAILURE_TOPIC_ARN": topic + getattr(request, "param", ""),
            "SLUICE_EVENT_BUS": BUS,
        }
        with running([str(binary("sluice-notify"))], recorder.url, tmp_path, **variables) as function:
            yield Installed(function, pipeline, client("sqs", moto), told_url, undelivered_url)


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def change(state: str, release: str) -> dict:
    """CodePipeline's event of a stage, as its documentation has it."""
    return {
        **{"version": "0", "id": "01234567-EXAMPLE", "account": "123456789012", "source": "aws.codepipeline"},
        "detail-type": "CodePipeline Stage Execution State Change",
        "time": moment(time.time()),
        "region": REGION,
        "resources": [f"arn:aws:codepipeline:{REGION}:123456789012:checkout"],
        "detail": {
            **{"pipeline": "checkout", "version": 1.0, "execution-id": release, "start-time": moment(time.time())},
            **{"stage": "prod", "state": state},
        },
    }


REASON, EVIDENCE = "alarm `errors` went into ALARM", "s3://sluice-evidence/bake.json"
EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:stage-checks:e-1"
GATE = {"gate": "bake", "kind": "bake", "verdict": "fail", "outcome": "stop", "decided_by": "verdict", "error": None}


def of_release(release: str) -> dict:
    """What all of Sluice's events say of a release."""
    return {"version": "1", "pipeline": "checkout", "release": release, "stage": "prod", "service": "checkout"}


def own_event(detail_type: str, detail: dict) -> dict:
    """An event of Sluice's own, as the bus hands it on."""
    now = moment(time.time())
    return {"source": "sluice", "detail-type": detail_type, "region": REGION, "time": now, "detail": detail}


def verdict(release: str) -> dict:
    """What a gate says that stopped a release."""
    began, ended = moment(time.time() - 30), moment(time.time())
    said = {"reason": REASON, "readings": ["errors: ALARM"], "evidence": EVIDENCE, "page": None, "code": "AlarmFired"}
    about = {"host": "state_machine", "attempt": "a-1", "began": began, "ended": ended, "looks": 3}
    return {**of_release(release), **GATE, **said, **about, "rollback": False, "release_over": False, "notify": []}


def stopped(release: str) -> dict:
    """What the state machine `stage-checks` publishes, and hands to the function, when that gate stopped a release."""
    gates = [{**GATE, "reason": REASON, "evidence": EVIDENCE}]
    came = {"outcome": "stop", "result": "failed", "reason": f"gate `bake`: fail: {REASON}", "gates": gates}
    return {**of_release(release), **came, "follows": "held", "policy": "on_fail", "notify": [], "execution": EXECUTION}


def payload(detail: dict) -> dict:
    """How a state machine asks that people be told."""
    return {"sluice_notify": 1, "detail_type": "Sluice Stage Checks", "detail": detail}


def test_a_failure_that_an_event_tells_of_is_told_once_and_so_is_its_end(installed: Installed) -> None:
    installed.pipeline.ended = {BAD: "Failed"}
    installed.hears(change("FAILED", BAD))
    [broken] = installed.told()
    assert "checkout" in broken["Subject"] and "prod" in broken["Subject"]
    assert BAD in broken["Message"] and "Health checks failed" in broken["Message"]
    # The same event again, an action's beside it, and a sweep: nobody hears of it again.
    installed.hears(change("FAILED", BAD))
    installed.hears(SWEEP | {"time": moment(time.time())})
    assert installed.told() == []
    installed.pipeline.ended[GOOD] = "Succeeded"
    installed.hears(change("SUCCEEDED", GOOD))
    [mended] = installed.told()
    assert GOOD in mended["Message"]


def test_a_failure_whose_event_never_came_is_found_by_a_sweep(installed: Installed) -> None:
    installed.pipeline.ended = {BAD: "Failed"}
    installed.hears(SWEEP | {"time": moment(time.time())})
    [broken] = installed.told()
    assert BAD in broken["Message"]


def test_what_a_state_machine_hands_over_is_told_once_whatever_says_it_again(installed: Installed) -> None:
    installed.pipeline.ended = {BAD: "InProgress"}
    installed.hears(payload(stopped(BAD)))
    [told] = installed.told()
    assert BAD in told["Message"] and EXECUTION in told["Message"]
    # The bus has the same, and CodePipeline says so some seconds later.
    installed.hears(own_event("Sluice Stage Checks", stopped(BAD)))
    installed.pipeline.ended[BAD] = "Failed"
    installed.hears(change("FAILED", BAD))
    assert installed.told() == []


def test_what_a_gate_said_is_told_with_its_reason_and_evidence(installed: Installed) -> None:
    installed.pipeline.ended = {BAD: "InProgress"}
    installed.hears(own_event("Sluice Gate Verdict", verdict(BAD)))
    [told] = installed.told()
    assert REASON in told["Message"] and EVIDENCE in told["Message"]
    installed.hears(payload(stopped(BAD)))
    assert installed.told() == []


def test_a_payload_that_it_cannot_read_is_an_error_so_that_the_machine_tells_the_topic(installed: Installed) -> None:
    answer = installed.function.invoke({"sluice_notify": 1, "detail_type": "Sluice Stage Checks", "detail": {}})
    assert not answer.succeeded
    assert answer.body["errorType"] == "ParametersInvalid"


def test_events_of_others_are_heard_and_nobody_is_told(installed: Installed) -> None:
    other = {"source": "aws.s3", "detail-type": "Object Created", "time": moment(time.time()), "region": REGION}
    installed.hears({**other, "detail": {}})
    installed.hears(change("STARTED", BAD))
    assert (installed.told(), installed.pipeline.asked) == ([], [])


@pytest.mark.parametrize("installed", ["-that-nobody-made"], indirect=True)
def test_what_the_topic_refuses_comes_into_the_queue_with_its_reason(installed: Installed) -> None:
    installed.pipeline.ended = {BAD: "Failed"}
    installed.hears(change("FAILED", BAD))
    [undelivered] = installed.undelivered()
    assert (undelivered["channel"], undelivered["to"]) == ("default", "sns")
    assert undelivered["why"] and undelivered["notice"]["release"]
