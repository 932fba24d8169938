"""What an installation has for custom actions, looked up in an emulated AWS, and what it has not where nobody asked for it."""

import json

import pytest
from moto import mock_aws
from moto.events.models import EventPattern

from infra import aws
from infra.template import load, of_type
from infra.test_deployed import BAKE, CANARY, CHECKS, LAMBDA, OWN, VALIDATE, policies, role_arn
from infra.test_deployed_notify import change, rules

WORKER = "sluice-worker"
KIND = "AWS::CodePipeline::CustomActionType"


def test_the_function_is_as_written(stack):
    own = aws.client("lambda").get_function_configuration(FunctionName=WORKER)
    assert (own["Runtime"], own["Timeout"], own["MemorySize"]) == ("provided.al2023", 300, 256)
    assert own["Role"] == role_arn(stack["WorkerRole"])
    variables = dict(own["Environment"]["Variables"])
    assert json.loads(variables.pop("SLUICE_ACTION_FUNCTIONS")) == {
        "SluiceBake": BAKE,
        "SluiceCanary": CANARY,
        "SluiceValidate": VALIDATE,
        "SluiceStageChecks": CHECKS,
    }
    assert variables == {"SLUICE_EVENT_BUS": "sluice", "SLUICE_LEASES_TABLE": stack["LeasesTable"]}


def test_its_role_reaches_only_its_own(template, stack):
    own = {name: statement["Resource"] for name, statement in policies(template, "WorkerRole").items()}
    assert own == {
        "TakeJobs": [
            OWN.format("codepipeline", "actiontype:Custom/Test/Sluice*"),
            OWN.format("codepipeline", "actionType:?ustom/Test/Sluice*"),
        ],
        "AnswerJobs": "*",
        "HaveGatesLook": [LAMBDA + name for name in (BAKE, CANARY, CHECKS, VALIDATE)],
        "HoldJobs": OWN.format("dynamodb", f"table/{stack['LeasesTable']}"),
        "SayHowGatesEnd": OWN.format("events", "event-bus/sluice"),
        "WriteLogs": OWN.format("logs", f"log-group:{stack['WorkerLogs']}"),
    }


def test_leases_are_found_by_their_keys_paid_by_call_and_forgotten(whole):
    dynamodb, table = aws.client("dynamodb"), {"TableName": whole["LeasesTable"]}
    own = dynamodb.describe_table(**table)["Table"]
    assert {key["AttributeName"]: key["KeyType"] for key in own["KeySchema"]} == {"id": "HASH", "part": "RANGE"}
    assert {key["AttributeType"] for key in own["AttributeDefinitions"]} == {"S"}
    assert own["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    lives = dynamodb.describe_time_to_live(**table)["TimeToLiveDescription"]
    assert (lives["TimeToLiveStatus"], lives["AttributeName"]) == ("ENABLED", "expires")


def test_lambda_runs_it_once_and_no_reaper_answers_for_it(whole):
    own = aws.client("lambda").get_function_event_invoke_config(FunctionName=WORKER)
    assert (own["MaximumRetryAttempts"], own["MaximumEventAgeInSeconds"]) == (0, 60)
    assert own["DestinationConfig"] == {}


def its_rules():
    """The rules that invoke it."""
    return [own for own, to in rules("default").values() if to == [LAMBDA + WORKER]]


def hears(event):
    """Whether it is invoked for an event."""
    patterns = [own["EventPattern"] for own in its_rules() if own.get("EventPattern")]
    return any(EventPattern.load(pattern).matches_event(event) for pattern in patterns)


def started(owner="Custom", provider="SluiceBake", state="STARTED", what="Action"):
    """An event of an action."""
    event = change(what, state)
    event["detail"]["type"] = {"owner": owner, "provider": provider, "category": "Test", "version": "1"}
    return event


@pytest.mark.parametrize("provider", [own["Properties"]["Provider"] for own in of_type(load(), KIND).values()])
def test_it_hears_that_an_action_of_each_type_has_started(stack, provider):
    assert hears(started(provider=provider))


def test_it_hears_of_nothing_else(stack):
    assert not hears(started(state="SUCCEEDED"))
    assert not hears(started(owner="AWS"))
    assert not hears(started(provider="Jenkins"))
    assert not hears(started(what="Stage"))


def test_it_looks_for_jobs_every_minute(stack):
    assert [own["ScheduleExpression"] for own in its_rules() if own.get("ScheduleExpression")] == ["rate(1 minute)"]


def test_its_own_rules_may_invoke_it_and_nobody_else(stack):
    policy = json.loads(aws.client("lambda").get_policy(FunctionName=WORKER)["Policy"])
    let_in = [(own["Principal"]["Service"], own["Condition"]["ArnLike"]["AWS:SourceArn"]) for own in policy["Statement"]]
    told = [own["Arn"] for own in its_rules()]
    assert len(told) == 2
    assert sorted(let_in) == sorted(("events.amazonaws.com", arn) for arn in told)


def under(template, condition):
    """The resources that are there under a condition."""
    return {name for name, own in template["Resources"].items() if own.get("Condition") == condition}


def made(template, said):
    """What of the template is made, by what `CustomActions` says: moto creates, or passes over, what holds."""
    with mock_aws():
        aws.deploy(template, CustomActions=said)
        backend = aws.cloudformation_backends[aws.DEFAULT_ACCOUNT_ID][aws.REGION]
        [stack] = [own for own in backend.stacks.values() if own.name == aws.STACK]
        conditions = {name: bool(stack.resource_map.lazy_condition_map[name]) for name in template["Conditions"]}
        return set(aws.resources()), conditions


@pytest.mark.parametrize(
    ("said", "serves", "owns"), [("none", False, False), ("create", True, True), ("serve", True, False)]
)
def test_worker_and_action_types_are_there_where_they_are_asked_for(template, said, serves, owns):
    there, conditions = made(template, said)
    worker, types = under(template, "ServesActions"), under(template, "OwnsActionTypes")
    assert {"WorkerFunction", "WorkerRole", "WorkerLogs", "LeasesTable", "WorkerFunctionEachMinute"} < worker
    assert types == set(of_type(template, KIND))
    # moto makes no action types, no event invoke configurations and no alarms.
    unmade = {"WorkerFunctionEventInvokeConfig", "WorkerAlarm"}
    assert there & worker == (worker - unmade if serves else set())
    assert (conditions["ServesActions"], conditions["OwnsActionTypes"]) == (serves, owns)


def test_without_custom_actions_nothing_of_them_is_left(template):
    there, _ = made(template, "none")
    assert not [name for name in there if "Worker" in name or "Lease" in name or "ActionType" in name]
    # All others are as they were.
    passed_over = {name for kind in aws.TYPES_PASSED_OVER for name in of_type(template, kind)}
    assert there == set(template["Resources"]) - passed_over - under(template, "ServesActions")
