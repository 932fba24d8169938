"""Custom action types, and a foreign worker that asks for their jobs.

moto knows none of these calls."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .clients import Aws
from .command import Command
from .releases import PIPELINE, Started, check_refused
from .stand_in import Functions

TYPE = {"category": "Test", "owner": "Custom", "provider": "SluiceBake", "version": "1"}
COUNTS = {"minimumCount": 0, "maximumCount": 1}


@pytest.fixture(scope="module")
def worker():
    """A stand-in for the worker's function."""
    own = Functions()
    yield own
    own.close()


@pytest.fixture(scope="module")
def clients(worker):
    """A world in which the gate is a custom action."""
    worked = ["--custom-actions", "--worker", "sluice-worker", "--worker-every", "1h"]
    command = Command(worker, *worked)
    # botocore checks some limits by itself; here the service has to.
    own = Aws("world", **command.settings(), config=Config(parameter_validation=False))
    yield own
    own.close()
    code, lines = command.interrupt()
    assert (code, lines[-1]["event"]) == (0, "ended")


@pytest.fixture
def codepipeline(clients):
    return clients.client("codepipeline")


class Release(Started):
    """A release whose gate waits for a worker, that an event has started."""

    def __init__(self, codepipeline, worker):
        super().__init__(codepipeline)
        self.event = worker.next()
        self.event.end()

    def poll(self, **more):
        return self.codepipeline.poll_for_jobs(actionTypeId=TYPE, **more).get("jobs", [])

    def acknowledge(self, job, nonce=None):
        nonce = job["nonce"] if nonce is None else nonce
        return self.codepipeline.acknowledge_job(jobId=job["id"], nonce=nonce)["status"]

    def taken(self):
        """The job, taken for our own."""
        [job] = self.poll()
        assert self.acknowledge(job) == "InProgress"
        return job

    def succeed(self, job, **more):
        self.codepipeline.put_job_success_result(jobId=job["id"], **more)

    def fail(self, job, **more):
        details = {"type": "JobFailed", "message": "no"} | more
        self.codepipeline.put_job_failure_result(jobId=job["id"], failureDetails=details)

    def gate(self):
        state = self.codepipeline.get_pipeline_state(name=PIPELINE)
        [prod] = [one for one in state["stageStates"] if one["stageName"] == "prod"]
        [gate] = [one for one in prod["actionStates"] if one["actionName"] == "bake"]
        return gate["latestExecution"]


@pytest.fixture
def release(codepipeline, worker):
    """Ends with the test, so that the next one finds the stage free."""
    release = Release(codepipeline, worker)
    yield release
    release.abandon()


@pytest.fixture
def fresh_type():
    """A type that nobody made before."""
    return {
        "category": "Deploy",
        "provider": f"p{uuid.uuid4().hex[:20]}",
        "version": "1",
        "inputArtifactDetails": COUNTS,
        "outputArtifactDetails": COUNTS,
    }


def property_of(**more):
    return {"name": "Gate", "required": True, "key": False, "secret": False} | more


def test_an_event_tells_the_worker_that_the_action_has_started(release):
    assert release.event.function == "sluice-worker"
    payload = release.event.payload
    assert payload["source"] == "aws.codepipeline"
    assert payload["detail-type"] == "CodePipeline Action Execution State Change"
    detail = payload["detail"]
    assert (detail["pipeline"], detail["execution-id"]) == (PIPELINE, release.id)
    assert (detail["state"], detail["type"]) == ("STARTED", TYPE)


def test_a_worker_polls_acknowledges_reads_and_answers_twice(release):
    first = release.taken()
    context = first["data"]["pipelineContext"]
    assert (context["pipelineName"], context["pipelineExecutionId"]) == (PIPELINE, release.id)
    assert (context["stage"]["name"], context["action"]["name"]) == ("prod", "bake")
    configuration = first["data"]["actionConfiguration"]["configuration"]
    assert configuration == {"Gate": "bake", "Service": "checkout"}
    details = {"summary": "half way", "percentComplete": 50, "externalExecutionId": "e-1"}
    release.succeed(first, continuationToken="token-1", executionDetails=details)
    gate = release.gate()
    assert (gate["status"], gate["summary"]) == ("InProgress", "half way")
    assert (gate["percentComplete"], gate["externalExecutionId"]) == (50, "e-1")
    second = release.taken()
    assert second["id"] != first["id"]
    read = release.codepipeline.get_job_details(jobId=second["id"])["jobDetails"]
    assert read["data"]["continuationToken"] == "token-1"
    assert read["data"]["pipelineContext"] == context
    release.succeed(second, outputVariables={"verdict": "pass"})
    assert release.ended() == "Succeeded"


def test_the_credentials_of_details_read_the_artifact(clients, release):
    job = release.taken()
    data = release.codepipeline.get_job_details(jobId=job["id"])["jobDetails"]["data"]
    keys = data["artifactCredentials"]
    holder = Aws(
        "world",
        **clients.settings
        | {
            "aws_access_key_id": keys["accessKeyId"],
            "aws_secret_access_key": keys["secretAccessKey"],
            "aws_session_token": keys["sessionToken"],
        },
    )
    location = data["inputArtifacts"][0]["location"]["s3Location"]
    got = holder.client("s3").get_object(
        Bucket=location["bucketName"], Key=location["objectKey"]
    )
    assert got["Body"].read().startswith(b"PK")
    poll = holder.client("codepipeline").poll_for_jobs
    check_refused("AccessDeniedException", lambda: poll(actionTypeId=TYPE))
    holder.close()


def test_a_failure_ends_the_release(release):
    release.fail(release.taken(), type="ConfigurationError", message="no such gate")
    assert release.ended() == "Failed"
    assert release.gate()["errorDetails"]["message"] == "no such gate"


def test_of_many_pollers_one_gets_the_job_and_of_many_nonces_one_is_taken(release):
    with ThreadPoolExecutor(8) as pool:
        polled = list(pool.map(lambda _: release.poll(maxBatchSize=5), range(8)))
        [job] = [job for jobs in polled for job in jobs]

        def acknowledge(_):
            try:
                return release.acknowledge(job)
            except ClientError as refused:
                return refused.response["Error"]["Code"]

        told = sorted(pool.map(acknowledge, range(8)))
    assert told == ["InProgress"] + ["InvalidNonceException"] * 7


def test_a_wrong_nonce_an_unknown_job_and_an_early_answer_are_refused(release):
    [job] = release.poll()
    check_refused("InvalidNonceException", lambda: release.acknowledge(job, "1"))
    check_refused("ValidationException", lambda: release.acknowledge(job, "n" * 51))
    check_refused("InvalidJobStateException", lambda: release.succeed(job))
    unknown = job | {"id": str(uuid.uuid4())}
    check_refused("JobNotFoundException", lambda: release.acknowledge(unknown))
    assert release.acknowledge(job) == "InProgress"
    release.succeed(job)
    assert release.ended() == "Succeeded"


@pytest.mark.parametrize(
    "wrong",
    [
        {"executionDetails": {"summary": "s" * 2049}},
        {"executionDetails": {"externalExecutionId": "x" * 1501}},
        {"executionDetails": {"percentComplete": 101}},
        {"continuationToken": "t" * 2049},
        {"continuationToken": ""},
        {"continuationToken": "t", "outputVariables": {"verdict": "pass"}},
    ],
)
def test_an_answer_beyond_its_limits_is_refused_and_changes_nothing(release, wrong):
    job = release.taken()
    check_refused("ValidationException", lambda: release.succeed(job, **wrong))
    check_refused("ValidationException", lambda: release.fail(job, message="m" * 5001))
    release.succeed(job)
    assert release.ended() == "Succeeded"
    check_refused("InvalidJobStateException", lambda: release.succeed(job))
    get = release.codepipeline.get_job_details
    check_refused("JobNotFoundException", lambda: get(jobId=job["id"]))


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("ActionTypeNotFoundException", {"version": "2"}),
        ("ActionTypeNotFoundException", {"provider": "SluiceNothing"}),
        ("ActionTypeNotFoundException", {"owner": "AWS"}),
        ("ValidationException", {"version": "1.0"}),
        ("ValidationException", {"owner": "Ours"}),
    ],
)
def test_a_poll_for_a_type_that_is_not_there_is_refused(codepipeline, code, change):
    check_refused(code, lambda: codepipeline.poll_for_jobs(actionTypeId=TYPE | change))


def test_a_poll_beyond_its_limits_is_refused(codepipeline):
    def poll(**more):
        return lambda: codepipeline.poll_for_jobs(actionTypeId=TYPE, **more)

    code = "ValidationException"
    check_refused(code, poll(maxBatchSize=0))
    check_refused(code, poll(queryParam={"Gate": "bake"}))
    check_refused(code, poll(queryParam={"Gate": "b a"}))
    check_refused(code, poll(queryParam={"Gate": "a", "Service": "b"}))


def test_a_type_is_made_listed_polled_and_deleted_for_good(codepipeline, fresh_type):
    properties = [property_of(description="d" * 160), property_of(name="Token", secret=True)]
    made = codepipeline.create_custom_action_type(
        **fresh_type, configurationProperties=properties
    )["actionType"]
    assert made["id"] == {
        "owner": "Custom",
        **{name: fresh_type[name] for name in ("category", "provider", "version")},
    }
    listed = codepipeline.list_action_types(actionOwnerFilter="Custom")["actionTypes"]
    assert made in listed
    assert {one["id"]["owner"] for one in listed} == {"Custom"}
    assert codepipeline.poll_for_jobs(actionTypeId=made["id"])["jobs"] == []
    create = codepipeline.create_custom_action_type
    check_refused("ValidationException", lambda: create(**fresh_type))
    id = {name: fresh_type[name] for name in ("category", "provider", "version")}
    codepipeline.delete_custom_action_type(**id)
    check_refused("ValidationException", lambda: create(**fresh_type))
    poll = codepipeline.poll_for_jobs
    check_refused("ActionTypeNotFoundException", lambda: poll(actionTypeId=made["id"]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": "p" * 36},
        {"provider": "a.b"},
        {"version": "1234567890"},
        {"category": "Gate"},
        {"settings": {"executionUrlTemplate": "u" * 2049}},
        {"settings": {"entityUrlTemplate": "https://example.com/{Config:Nothing}"}},
        {"inputArtifactDetails": {"minimumCount": 0, "maximumCount": 6}},
        {"inputArtifactDetails": {"minimumCount": 1, "maximumCount": 0}},
        {"configurationProperties": [property_of(name=f"p{n}") for n in range(11)]},
        {"configurationProperties": [property_of(description="d" * 161)]},
        {"configurationProperties": [property_of(name="n" * 51)]},
        {"configurationProperties": [property_of(type="List")]},
        {"configurationProperties": [property_of(queryable=True, secret=True)]},
        {"configurationProperties": [property_of(queryable=True, required=False)]},
        {"configurationProperties": [property_of(queryable=True, name=n) for n in "ab"]},
    ],
)
def test_a_type_beyond_its_limits_is_refused(codepipeline, fresh_type, wrong):
    create = codepipeline.create_custom_action_type
    check_refused("ValidationException", lambda: create(**fresh_type | wrong))


def test_there_are_50_types_and_no_more(codepipeline, fresh_type):
    there = len(codepipeline.list_action_types(actionOwnerFilter="Custom")["actionTypes"])

    def create(number):
        return codepipeline.create_custom_action_type(**fresh_type | {"version": str(number)})

    try:
        for number in range(there, 50):
            create(number)
        check_refused("LimitExceededException", lambda: create(50))
    finally:
        for number in range(there, 50):
            codepipeline.delete_custom_action_type(
                category="Deploy", provider=fresh_type["provider"], version=str(number)
            )


def test_a_function_that_is_waited_for_answers_or_fails_or_hangs(clients, worker):
    def invoke(**answer):
        with ThreadPoolExecutor(1) as pool:
            call = clients.client("lambda").invoke
            waited = pool.submit(call, FunctionName="sluice-bake", Payload='{"sluice.job": {}}')
            event = worker.next()
            assert (event.function, event.payload) == ("sluice-bake", {"sluice.job": {}})
            event.end(**answer)
            return waited.result(timeout=30)

    done = invoke(body={"answer": {"success": {}}})
    assert "FunctionError" not in done
    assert json.load(done["Payload"]) == {"answer": {"success": {}}}
    error = {"errorType": "E", "errorMessage": "m"}
    failed = invoke(status=500, body=error)
    assert failed["FunctionError"] == "Unhandled"
    assert json.load(failed["Payload"]) == error


def test_the_schedule_starts_the_worker_again_and_again():
    worker = Functions()
    command = Command(
        worker, "--custom-actions", "--worker", "sluice-worker", "--worker-every", "1s"
    )
    for _ in range(2):
        event = worker.next()
        assert event.function == "sluice-worker"
        assert event.payload["source"] == "aws.events"
        assert event.payload["detail-type"] == "Scheduled Event"
        event.end()
    assert command.interrupt()[0] == 0
    worker.close()
