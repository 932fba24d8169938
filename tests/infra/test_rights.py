"""The roles allow what the source calls, no less and no more."""

import pytest

from infra import calls, rights
from infra.template import translated


# The modules of `shared/gates` that each function serves.
SERVED = {"BakeRole": ("bake", "clear", "alarms"), "CanaryRole": ("canary",), "ValidateRole": ("validate", "claims")}


@pytest.mark.parametrize("role", SERVED)
def test_a_gates_role_allows_exactly_what_its_source_calls(role):
    allowed, called = rights.actions(translated(), role), calls.called_by(SERVED[role])
    # A function that the reaper's record is sent by may also invoke functions itself.
    assert allowed - (set(rights.NOT_CALLED) - called) == called
    assert set(rights.NOT_CALLED) <= allowed


def test_what_all_gates_call_is_all_that_is_called():
    assert set().union(*(calls.called_by(own) for own in SERVED.values())) == calls.called(calls.source())


def test_the_canary_may_not_read_alarms():
    both = {"cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"}
    assert calls.called_by(SERVED["BakeRole"]) - calls.called_by(SERVED["CanaryRole"]) == both


def test_only_the_function_that_runs_tests_may_start_anything():
    starts = {"codebuild:StartBuild", "states:StartExecution"}
    assert starts <= rights.actions(translated(), "ValidateRole")
    for role in ("BakeRole", "CanaryRole", "ReaperRole"):
        assert not starts & rights.actions(translated(), role)


def test_errors_name_exactly_what_is_called():
    text = calls.source()
    assert calls.named(text) == calls.called(text)


def test_a_new_call_is_seen_and_one_that_is_gone_is_missed():
    text = calls.source()
    more = calls.called(text + "client.set_alarm_state().send()")
    assert more - calls.called(text) == {"cloudwatch:SetAlarmState"}
    less = calls.called(text.replace(".describe_alarm_history()", ""))
    assert calls.called(text) - less == {"cloudwatch:DescribeAlarmHistory"}


def test_the_reapers_role_allows_two_answers_its_log_and_its_queue():
    assert rights.actions(translated(), "ReaperRole") == rights.REAPER


def test_whatever_is_for_all_resources_has_its_reason_beside_it():
    unexplained, stars = rights.unexplained()
    assert (unexplained, stars) == ([], 4)
