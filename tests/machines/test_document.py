"""What docs/stage-checks.md says is so: the action of a pipeline, the events, and the paths to them."""

import copy
import json
import re

import boto3
import pytest
from botocore.validate import ParamValidator

from .bed import MACHINES, NAMES, shipped
from .cases import RELEASE, answers_of, plan
from .definitions import tasks_of
from .events import FILES, mistakes_in, schema

TEXT = (MACHINES.parent / "docs" / "stage-checks.md").read_text()
NAME_MAX, UUID = 80, 36
INPUT_MAX = 1000
RELEASE_ID = "3137f7cb-7cf7-4abd-9a16-000000000001"


def block(name: str) -> dict:
    """The JSON between two marks of the document."""
    between = TEXT.split(f"<!-- {name}: begin -->")[1].split(f"<!-- {name}: end -->")[0]
    return json.loads(re.search(r"```json\n(.*?)```", between, re.DOTALL).group(1))


def test_the_action_is_one_that_codepipeline_takes():
    client = boto3.client("codepipeline", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    pipeline = client.meta.service_model.operation_model("CreatePipeline").input_shape.members["pipeline"]
    stage = pipeline.members["stages"].member
    action = stage.members["actions"].member
    report = ParamValidator().validate(block("action"), action)
    assert not report.has_errors(), report.generate_report()
    assert ParamValidator().validate({**block("action"), "runOrder": "two"}, action).has_errors()
    # botocore checks no patterns; these are the model's.
    kind = block("action")["actionTypeId"]
    assert kind["category"] in action.members["actionTypeId"].members["category"].enum
    assert kind["owner"] in action.members["actionTypeId"].members["owner"].enum
    assert re.fullmatch(action.members["name"].metadata["pattern"], block("action")["name"])


def test_the_action_keeps_to_the_documented_limits():
    configuration = block("action")["configuration"]
    assert set(configuration) <= {"StateMachineArn", "ExecutionNamePrefix", "InputType", "Input"}
    assert configuration["InputType"] == "Literal"
    longest = configuration["Input"].replace("#{codepipeline.PipelineExecutionId}", RELEASE_ID)
    assert len(longest) <= INPUT_MAX
    # Names of pipeline, stage and service may be longer than these.
    assert len(longest) - len("checkout" * 2 + "prod-one-box") + 300 <= INPUT_MAX
    assert len(configuration["ExecutionNamePrefix"]) + UUID <= NAME_MAX
    assert re.fullmatch(r"[0-9A-Za-z_-]+", configuration["ExecutionNamePrefix"])


def test_the_action_starts_a_stage_check(bed):
    given = json.loads(block("action")["configuration"]["Input"].replace("#{codepipeline.PipelineExecutionId}", RELEASE_ID))
    answers = {"LoadPlan": [{"returns": plan(["bake"])}], **answers_of({"bake": "pass"})}
    seen = bed.run("stage-checks", given, {"answers": answers})
    (asked,) = seen.made("LoadPlan")
    assert seen.one("stage-checks").status == "SUCCEEDED"
    assert asked["Payload"]["release"] == RELEASE_ID
    assert asked["Payload"]["plan"] is None


@pytest.mark.parametrize("left_out", ["service", "plan"])
def test_what_may_be_left_out_of_the_input_is_null_to_the_plans_function(bed, left_out):
    given = {key: value for key, value in RELEASE.items() if key != left_out}
    answers = {"LoadPlan": [{"returns": plan(["bake"])}], **answers_of({"bake": "pass"})}
    seen = bed.run("stage-checks", {**given, "unknown": [1]}, {"answers": answers})
    (asked,) = seen.made("LoadPlan")
    assert asked["Payload"][left_out] is None
    assert set(asked["Payload"]) == {"sluice_plan", "pipeline", "release", "stage", "service", "plan", "execution", "started", "ends"}


def test_the_example_of_an_event_is_of_the_documented_shape():
    assert mistakes_in("Sluice Stage Checks", block("event")) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "go"},
        {"result": "passed"},
        {"version": "2"},
        {"follows": "goes_on"},
        {"gates": [{"gate": "bake"}]},
        {"more": 1},
        {"policy": "on_monday"},
        {"reason": None},
    ],
)
def test_the_shape_refuses_an_event_that_is_not_so(changes):
    assert mistakes_in("Sluice Stage Checks", {**copy.deepcopy(block("event")), **changes}) != []


def test_the_document_names_both_events_and_where_their_shape_is():
    for detail_type, file in FILES.items():
        assert f"| `{detail_type}` | [events/{file}](events/{file}) |" in TEXT
        assert schema(detail_type)["title"] == f"Detail of `{detail_type}`, version 1"


def test_events_and_messages_go_where_the_template_says(bed):
    answers = {"LoadPlan": [{"throws": "PlanEmpty"}], "TellPeople": [{"throws": "AccessDenied"}]}
    seen = bed.run("stage-checks", RELEASE, {"answers": answers})
    (put,), (asked,), (told,) = (seen.made(state) for state in ("PublishVerdict", "TellPeople", "TellTopic"))
    assert put["Entries"][0]["EventBusName"] == "sluice"
    assert put["Entries"][0]["Source"] == "sluice"
    assert asked["FunctionName"].endswith(":sluice-notify")
    assert told["TopicArn"].endswith(":sluice")


OF_WAITING = {"events:DescribeRule", "events:PutRule", "events:PutTargets", "states:DescribeExecution", "states:StopExecution"}


def action_of(resource: str) -> set[str]:
    """What IAM calls the right to what a task does."""
    *_, service, operation = resource.removeprefix("arn:aws:states:::").replace(".sync:2", "").split(":")
    if (service, operation) == ("lambda", "invoke"):
        return {"lambda:InvokeFunction"}
    service = {"sfn": "states"}.get(service, service)
    more = OF_WAITING if resource.endswith(".sync:2") else set()
    return {f"{service}:{operation[0].upper()}{operation[1:]}"} | more


@pytest.mark.parametrize("machine", NAMES)
def test_the_document_lists_the_rights_of_each_machine(machine):
    needed = {right for task in tasks_of(shipped(machine)).values() for right in action_of(task["Resource"])}
    (row,) = re.findall(rf"^\| `{machine}` \| (`\w+:.*) \|$", TEXT, re.MULTILINE)
    assert set(re.findall(r"`([\w:]+)`", row)) == needed
