"""The roles allow what the source calls, no less and no more."""

from infra import calls, rights
from infra.template import translated


def test_the_gates_role_allows_exactly_what_the_source_calls():
    allowed = rights.actions(translated(), "BakeRole")
    assert allowed - set(rights.NOT_CALLED) == calls.called(calls.source())
    assert set(rights.NOT_CALLED) <= allowed


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
    assert (unexplained, stars) == ([], 3)
