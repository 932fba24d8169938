"""`sluice doctor` against the template's stack in moto: well, and with one fault after another.

moto speaks no CBOR to CloudWatch's clients, so what they ask is handed to it by boto3. The pipeline is served here.
"""

import copy
import io
import json
import os
import subprocess
import zipfile

import boto3
import cbor2
import pytest
from moto.server import ThreadedMotoServer

from emulated.serving import Quiet, served
from infra import aws
from infra.template import REGION
from wire.command import binary

PLAN = """
service: checkout
stages:
  prod:
    gates:
      - bake:
          for: 30m
          alarms: [checkout-5xx]
          traffic: { metric: { namespace: N, name: Requests, dimensions: { A: b } }, at_least: 1 }
      - canary:
          namespace: N
          groups: { baseline: { dimensions: { A: b } }, canary: { dimensions: { A: c } } }
          metrics: [{ name: errors, count: Errors, of: Requests }]
    on_fail: { roll_back: stage }
"""
SAID = {"pipeline": "checkout", "release": "#{codepipeline.PipelineExecutionId}", "service": "checkout", "stage": "prod"}


def gate(name):
    """An action that asks a gate."""
    kind = {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"}
    told = json.dumps(SAID | {"gate": name})
    configuration = {"FunctionName": f"sluice-{name}", "UserParameters": told}
    return {"name": name, "actionTypeId": kind, "runOrder": 2, "configuration": configuration}


def other(category, provider):
    """An action that is none of Sluice's."""
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": category.lower(), "actionTypeId": kind, "runOrder": 1, "configuration": {}}


PIPELINE = {
    "name": "checkout",
    "roleArn": "arn:aws:iam::123456789012:role/pipeline",
    "version": 3,
    "pipelineType": "V2",
    "executionMode": "SUPERSEDED",
    "stages": [
        {"name": "source", "actions": [other("Source", "S3")]},
        {"name": "prod", "actions": [other("Deploy", "CodeDeploy"), gate("bake"), gate("canary")]},
    ],
}


class Account:
    """Who answers for AWS, and what it says."""

    def __init__(self, folder):
        self.folder = folder
        self.plan = PLAN
        self.pipeline = copy.deepcopy(PIPELINE)
        # What succeeded in the stage, newest first: id, version of the pipeline, and type.
        self.releases = [("r2", 3, "STANDARD"), ("r1", 3, "STANDARD")]
        self.latest = ("r2", "Succeeded")
        self.says = None
        self.denied = set()
        self.asked = set()
        self.urls = {}

    def action(self, name):
        return next(own for own in self.pipeline["stages"][1]["actions"] if own["name"] == name)

    def doctor(self, *flags, name="checkout"):
        """The exit code, and the findings that are not well."""
        plan = self.folder / "sluice.yaml"
        plan.write_text(self.plan)
        known = {f"AWS_ENDPOINT_URL_{service}": url for service, url in self.urls.items()}
        known |= {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        command = [binary(), "doctor", "--pipeline", name, "--plan", plan, "--json", *flags]
        done = subprocess.run(command, env=known, capture_output=True, text=True, timeout=60)
        assert done.stdout, done.stderr
        found = json.loads(done.stdout)["findings"]
        return done.returncode, [own for own in found if own["status"] != "ok"]


def codepipeline(account):
    """CodePipeline, as far as it is asked."""

    class Handler(Quiet):
        def do_POST(self):
            operation = self.headers["x-amz-target"].rpartition(".")[2]
            account.asked.add(operation)
            asked = json.loads(self.body())
            status, answer = 200, self.answer(operation, asked)
            if operation in account.denied:
                status, answer = 400, {"__type": "AccessDeniedException", "message": "no"}
            elif answer is None:
                status, answer = 400, {"__type": "PipelineNotFoundException", "message": "none"}
            self.reply(status, json.dumps(answer).encode(), Content_Type="application/x-amz-json-1.1")

        def answer(self, operation, asked):
            if operation == "GetPipeline":
                return {"pipeline": account.pipeline} if asked["name"] == "checkout" else None
            if operation == "GetPipelineState":
                release, status = account.latest
                latest = {"pipelineExecutionId": release, "status": status}
                action = {"actionName": "bake"}
                if account.says:
                    action["latestExecution"] = {"status": "Failed", "errorDetails": {"message": account.says}}
                return {"stageStates": [{"stageName": "prod", "latestExecution": latest, "actionStates": [action]}]}
            if operation == "ListPipelineExecutions":
                assert asked["filter"] == {"succeededInStage": {"stageName": "prod"}}
                own = [{"pipelineExecutionId": id, "executionType": kind} for id, _, kind in account.releases]
                return {"pipelineExecutionSummaries": own}
            assert operation == "GetPipelineExecution", operation
            version = next(own for id, own, _ in account.releases if id == asked["pipelineExecutionId"])
            return {"pipelineExecution": {"pipelineVersion": version}}

    return Handler


def cloudwatch(account):
    """moto's CloudWatch, in CBOR."""

    class Handler(Quiet):
        def do_POST(self):
            operation = self.path.rpartition("/")[2]
            account.asked.add(operation)
            call = {"DescribeAlarms": "describe_alarms", "ListMetrics": "list_metrics"}[operation]
            answer = getattr(boto3.client("cloudwatch", region_name=REGION), call)(**cbor2.loads(self.body()))
            del answer["ResponseMetadata"]
            body = cbor2.dumps(answer, datetime_as_timestamp=True)
            self.reply(200, body, Content_Type="application/cbor", smithy_protocol="rpc-v2-cbor")

    return Handler


@pytest.fixture
def account(whole, tmp_path):
    own = Account(tmp_path)
    client = aws.client("cloudwatch")
    rule = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "Statistic": "Sum"}
    rule |= {"ComparisonOperator": "GreaterThanThreshold", "Namespace": "N", "MetricName": "Errors"}
    client.put_metric_alarm(AlarmName="checkout-5xx", **rule)
    for value in ("b", "c"):
        data = {"MetricName": "Requests", "Value": 1, "Dimensions": [{"Name": "A", "Value": value}]}
        client.put_metric_data(Namespace="N", MetricData=[data])
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, moto = server.get_host_and_port()
    with served(codepipeline(own)) as pipelines, served(cloudwatch(own)) as alarms:
        ports = {"LAMBDA": moto, "CODEPIPELINE": pipelines, "CLOUDWATCH": alarms}
        own.urls = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
        yield own
    server.stop()


def test_the_template_as_it_is_gives_no_finding_and_is_only_read(account):
    assert account.doctor() == (0, [])
    assert all(operation.startswith(("Get", "List", "Describe")) for operation in account.asked)


def function(**settings):
    """A fault in how the function `sluice-bake` is configured."""
    return lambda account: aws.client("lambda").update_function_configuration(FunctionName="sluice-bake", **settings)


def invoke(**settings):
    """A fault in what happens to events whose function fails."""

    def plant(account):
        # moto keeps what was put first.
        no_invoke_config(account)
        aws.client("lambda").put_function_event_invoke_config(FunctionName="sluice-bake", **settings)

    return plant


REAPER = {"OnFailure": {"Destination": f"arn:aws:lambda:{REGION}:123456789012:function:sluice-reaper"}}


def no_function(account):
    aws.client("lambda").delete_function(FunctionName="sluice-canary")


def no_reaper(account):
    aws.client("lambda").delete_function(FunctionName="sluice-reaper")


def no_invoke_config(account):
    aws.client("lambda").delete_function_event_invoke_config(FunctionName="sluice-bake")


def own_stage(account):
    prod = account.pipeline["stages"][1]
    deploy = prod["actions"].pop(0)
    account.pipeline["stages"].insert(1, {"name": "deploy", "actions": [deploy]})


def native(account):
    account.plan = PLAN.replace("roll_back: stage", "roll_back: native")


def changed(old, new):
    """A fault in the plan."""

    def plant(account):
        assert old in PLAN
        account.plan = PLAN.replace(old, new)

    return plant


def setting(name, value):
    """A fault in what is said of the pipeline."""
    return lambda account: setattr(account, name, value)


def elsewhere(account):
    account.action("bake")["region"] = "us-east-1"


def wider(account):
    data = {"MetricName": "Orders", "Value": 1, "Dimensions": [{"Name": n, "Value": "b"} for n in ("A", "Zone")]}
    aws.client("cloudwatch").put_metric_data(Namespace="N", MetricData=[data])
    account.plan = PLAN.replace("name: Requests, dimensions", "name: Orders, dimensions")


DENIED = "no permission for `cloudwatch:DescribeAlarms` with the function's role"
FAULTS = [
    (no_function, "functions", "problem", "no such function in eu-west-1"),
    (no_reaper, "functions", "problem", "no such function"),
    (function(Timeout=30), "timeout", "problem", "it has 30 s"),
    (no_invoke_config, "on-failure", "problem", "nothing says what happens"),
    (invoke(MaximumRetryAttempts=1, MaximumEventAgeInSeconds=600), "on-failure", "problem", "no OnFailure destination"),
    (
        invoke(MaximumRetryAttempts=1, MaximumEventAgeInSeconds=3600, DestinationConfig=REAPER),
        "on-failure",
        "problem",
        "may wait for 3600 s",
    ),
    (function(Timeout=600), "on-failure", "problem", "2 attempts of 600 s"),
    (setting("says", DENIED), "rights", "problem", "cloudwatch:DescribeAlarms"),
    (changed("[checkout-5xx]", "[checkout-4xx]"), "alarms", "problem", "which the gate prod/bake names"),
    (changed("[checkout-5xx]", "[{ prefix: none- }]"), "alarms", "problem", "no alarm's name begins so"),
    (changed("name: Requests, dim", "name: Request, dim"), "metrics", "problem", "there is none of this name"),
    (wider, "metrics", "problem", "the dimension `Zone` is missing; found: (A=b, Zone=b)"),
    (changed("canary: { dimensions: { A: c }", "canary: { dimensions: { A: d }"), "metrics", "warning", "no data"),
    (changed("for: 30m", "for: soon"), "plan", "problem", "for"),
    (setting("releases", []), "rollback", "problem", "no release to go back to"),
    (setting("releases", [("r2", 2, "STANDARD"), ("r1", 3, "ROLLBACK")]), "rollback", "problem", "no release"),
    (own_stage, "pipeline", "warning", "no action of category Deploy"),
    (native, "pipeline", "problem", "no `onFailure.result: ROLLBACK`"),
    (elsewhere, "region", "problem", "in us-east-1, and this is eu-west-1"),
]


@pytest.mark.parametrize(("plant", "check", "status", "says"), FAULTS)
def test_a_fault_is_named_with_its_mend(account, plant, check, status, says):
    plant(account)
    code, found = account.doctor()
    own = [one for one in found if one["check"] == check and says in one["says"]]
    assert own and all(one["status"] == status and one["mend"] for one in own), found
    assert {one["check"] for one in found} == {check}
    assert code == {"problem": 1, "warning": 0}[status]


def test_what_is_there_but_not_well_is_no_target(account):
    account.latest = ("r2", "Failed")
    account.releases = [("r2", 3, "STANDARD")]
    code, found = account.doctor()
    assert (code, [own["check"] for own in found]) == (1, ["rollback"])


def test_other_code_than_was_built_is_named(account):
    own = aws.client("lambda").get_function(FunctionName="sluice-bake")["Configuration"]["CodeSha256"]
    assert own
    for name in ("bake", "canary", "reaper"):
        (account.folder / f"sluice-{name}.zip").write_bytes(b"another")
    code, found = account.doctor("--package", str(account.folder))
    assert code == 1
    assert {(one["check"], one["status"]) for one in found} == {("version", "problem")}


def test_the_code_that_was_built_is_known(account):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("bootstrap", "built")
    content = body.getvalue()
    for name in ("bake", "canary", "reaper"):
        aws.client("lambda").update_function_code(FunctionName=f"sluice-{name}", ZipFile=content)
        (account.folder / f"sluice-{name}.zip").write_bytes(content)
    assert account.doctor("--package", str(account.folder)) == (0, [])


def test_a_pipeline_that_is_not_there_is_named_with_the_region(account):
    code, found = account.doctor(name="checkin")
    assert (code, found[0]["check"]) == (1, "pipeline")
    assert "no such pipeline in eu-west-1" in found[0]["says"]


def test_what_may_not_be_read_is_not_taken_for_well(account):
    account.denied = {"ListPipelineExecutions"}
    code, found = account.doctor()
    assert (code, [own["status"] for own in found]) == (3, ["unknown"])
    assert "codepipeline:ListPipelineExecutions" in found[0]["mend"]


def test_its_text_fits_80_columns(account):
    no_function(account)
    own_stage(account)
    plan = account.folder / "sluice.yaml"
    plan.write_text(PLAN)
    known = {f"AWS_ENDPOINT_URL_{service}": url for service, url in account.urls.items()}
    known |= {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "PATH": os.environ["PATH"]}
    command = [binary(), "doctor", "--pipeline", "checkout", "--plan", "sluice.yaml"]
    done = subprocess.run(command, env=known, cwd=account.folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout
    assert done.stdout.endswith("1 problems, 2 warnings, 0 not known\n")
