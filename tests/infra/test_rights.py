"""The roles allow what the source calls, no less and no more."""

import pytest

from infra import calls, rights
from infra.template import MACHINES, NAMES, of_type, translated

# The modules of `shared/gates` that each function serves, and of `shared/host` that are a function of its own.
SERVED = {"BakeRole": ("bake", "clear", "alarms"), "CanaryRole": ("canary",), "ValidateRole": ("validate", "claims")}
MODULES = {
    "ChecksRole": ("checks",),
    "PlanRole": ("resolve",),
    "OverrideRole": ("grant",),
    "HookRole": ("deployed",),
    "NotifyRole": ("notify", "deliver"),
    "WorkerRole": ("worker",),
}


def called_by(role):
    """What the source of a role's function calls."""
    return calls.called_by(SERVED[role]) if role in SERVED else calls.called_by_modules(*MODULES[role])


@pytest.mark.parametrize("role", [*SERVED, *MODULES])
def test_a_functions_role_allows_exactly_what_its_source_calls(role):
    allowed, called = rights.actions(translated(), role), called_by(role)
    # A function that the reaper's record is sent by may also invoke functions itself.
    assert allowed - (set(rights.NOT_CALLED[role]) - called) == called
    assert set(rights.NOT_CALLED[role]) <= allowed


def test_what_functions_and_people_call_is_all_that_is_called():
    functions = (called_by(role) for role in (*SERVED, *MODULES))
    called = calls.called_by_people().union(*functions)
    assert called == calls.called(calls.source())


def test_what_a_module_calls_of_what_its_own_method_gives_is_seen():
    modules = {
        "work": "use crate::entries::Entries;\nfn leases(&self) -> Entries<'_> {}\nfn go() { let leases = self.leases(); "
        "leases.put(); self.leases().remove() }",
        "entries": "fn put() { aws.find_build() }\nfn remove() { aws.answer_success() }\nfn get() { aws.stop_build() }",
    }
    text = calls.source_of_module("work", modules)
    assert "aws.find_build" in text and "aws.answer_success" in text
    assert "aws.stop_build" not in text


def test_what_a_module_calls_through_others_is_seen():
    modules = {
        "checks": "use crate::job::{Job, say};\nasync fn follow() { say(job).await; job.tell() }",
        "job": "use crate::deep::call;\nfn say() { call() }\nfn tell() { aws.find_build() }\nfn no() { aws.stop_build() }",
        "deep": "fn call() { aws.answer_success() }",
    }
    text = calls.source_of_module("checks", modules)
    assert "aws.answer_success" in text and "aws.find_build" in text
    assert "aws.stop_build" not in text


def test_functions_are_told_what_they_ask_for():
    functions = of_type(translated(), "AWS::Lambda::Function").values()
    told = {name for own in functions for name in own["Properties"].get("Environment", {}).get("Variables", {})}
    assert told == calls.environment()


def test_the_canary_may_not_read_alarms():
    both = {"cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"}
    assert calls.called_by(SERVED["BakeRole"]) - calls.called_by(SERVED["CanaryRole"]) == both


def having(action):
    """The roles that may do this to anything."""
    template = translated()
    roles = [f"{name}Role" for name in (*NAMES, *MACHINES)]
    return {role for role in roles if action in rights.actions(template, role)}


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("codebuild:StartBuild", {"ValidateRole"}),
        ("states:StartExecution", {"ValidateRole", "ChecksRole", "StageChecksRole", "HookRole", "DeployHookRole"}),
        (
            "lambda:InvokeFunction",
            # The records of functions that died go to the reaper.
            {"BakeRole", "CanaryRole", "ChecksRole", "GateRole", "NotifyRole", "RollbackRole", "StageChecksRole"}
            | {"DeployHookRole", "ValidateRole", "WorkerRole"},
        ),
        ("codepipeline:AcknowledgeJob", {"WorkerRole"}),
        ("codepipeline:PollForJobs", {"WorkerRole"}),
        ("codepipeline:RollbackStage", {"RollbackRole"}),
        ("codedeploy:CreateDeployment", {"RollbackRole"}),
        ("codedeploy:PutLifecycleEventHookExecutionStatus", {"HookRole", "DeployHookRole"}),
        ("sns:Publish", {"StageChecksRole", "RollbackRole", "NotifyRole"}),
        (
            "events:PutEvents",
            {"BakeRole", "CanaryRole", "ValidateRole", "ReaperRole", "StageChecksRole", "RollbackRole", "NotifyRole"}
            | {"WorkerRole"},
        ),
        ("sts:AssumeRole", {"BakeRole", "CanaryRole", "ValidateRole"}),
    ],
)
def test_only_these_may_start_tell_or_change_anything(action, roles):
    assert having(action) == roles


def writers(table):
    """The roles that may write items of a table."""
    template = translated()
    target = {"Fn::GetAtt": [table, "Arn"]}
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    return {
        role
        for role in (f"{name}Role" for name in (*NAMES, *MACHINES))
        for own in rights.statements(template, role)
        if target in rights.listed(own["Resource"]) and writes & set(rights.listed(own["Action"]))
    }


@pytest.mark.parametrize(
    ("table", "roles"),
    [
        ("WaiversTable", {"OverrideRole"}),
        ("PlansTable", set()),
        ("ClaimsTable", {"ValidateRole", "StageChecksRole"}),
        ("NoticesTable", {"NotifyRole"}),
        ("LeasesTable", {"WorkerRole"}),
    ],
)
def test_only_these_write_items_of_a_table(table, roles):
    assert writers(table) == roles


def test_errors_name_exactly_what_is_called():
    text = calls.source()
    assert calls.named(text) == calls.called(text)


def test_a_new_call_is_seen_and_one_that_is_gone_is_missed():
    text = calls.source()
    more = calls.called(text + "client.disable_alarm_actions().send()")
    assert more - calls.called(text) == {"cloudwatch:DisableAlarmActions"}
    less = calls.called(text.replace(".describe_alarm_history()", ""))
    assert calls.called(text) - less == {"cloudwatch:DescribeAlarmHistory"}


def test_the_reapers_role_allows_two_answers_their_event_its_log_and_its_queue():
    assert rights.actions(translated(), "ReaperRole") == rights.REAPER


def test_whatever_is_for_all_resources_has_its_reason_beside_it():
    unexplained, stars = rights.unexplained()
    assert (unexplained, stars) == ([], 14)
