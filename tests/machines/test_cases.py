"""What the state machines do, case by case, and that no state is left out."""

import re

import pytest

from .bed import NAMES, shipped
from .cases import Case, all_cases, contains, run_once
from .definitions import states_of
from .events import mistakes_in

CASES = all_cases()
INNER = set(shipped("stage-checks")["States"]["RunGates"]["ItemProcessor"]["States"])


@pytest.fixture(params=CASES, ids=lambda case: f"{case.machine}/{case.name}")
def seen(request, bed):
    return request.param, run_once(request.param, bed)


def test_goes_the_way_and_to_the_end_that_the_case_says(seen):
    case, run = seen
    expected = case.text["expect"]
    assert run.problems == []
    for execution in run.of(case.machine) if case.text.get("together") else last_of(case, run):
        assert walked(expected["path"], [state for state in execution.path if state not in INNER]), execution.path
        assert (execution.status, execution.error) == (expected["status"], expected.get("error"))
        assert " ".join((execution.cause or "").split()) == " ".join(expected.get("cause", "").split())
        assert contains(execution.output, expected.get("output", execution.output))


def last_of(case: Case, run) -> list:
    """The execution that began last; earlier ones are what it finds."""
    return [e for e in run.executions if e.machine == case.machine][-1:]


def walked(expected: str, path: list[str]) -> bool:
    """Whether a path is the expected one; `...` stands for any number of states."""
    pattern = " ".join(re.escape(word) if word != "..." else r"(?:\S+ )*?\S+" for word in expected.split())
    return re.fullmatch(pattern, " ".join(path)) is not None


def test_has_each_gate_and_the_rollback_go_the_way_that_the_case_says(seen):
    case, run = seen
    if case.machine != "stage-checks":
        return
    expected = case.text["expect"]
    paths = {execution.name.removeprefix("gate-0a1b-"): execution.path for execution in run.of("gate")}
    assert set(paths) == set(expected.get("gates", {}))
    for gate, path in paths.items():
        assert walked(expected["gates"][gate], path), (gate, path)
    assert [" ".join(e.path) for e in run.of("rollback")] == [
        " ".join(path.split()) for path in [expected.get("rollback")] if path
    ]


def test_tells_the_bus_and_people_what_the_case_says(seen):
    case, run = seen
    expected = case.text["expect"]
    state = {"stage-checks": "PublishVerdict", "rollback": "PublishRollback"}.get(case.machine)
    for event in run.published(state)[-1:] if state else []:
        assert contains(event, expected.get("event", event))
    assert len(run.made("TellPeople", case.machine)) == expected["messages"]
    assert len(run.made("TellTopic", case.machine)) == expected.get("topic", 0)


@pytest.mark.parametrize("machine", ["stage-checks", "rollback"])
def test_notify_is_told_what_is_published(bed, machine):
    publishing = {"stage-checks": "PublishVerdict", "rollback": "PublishRollback"}[machine]
    told = 0
    for case in [case for case in CASES if case.machine == machine]:
        run = run_once(case, bed)
        details = {event["execution"]: event for event in run.published(publishing)}
        for made in run.made("TellPeople", machine):
            payload = made["Payload"]
            assert set(payload) == {"sluice_notify", "detail_type", "detail"}
            assert payload["detail"] == details[payload["detail"]["execution"]]
            assert mistakes_in(payload["detail_type"], payload["detail"]) == []
            told += 1
    assert told >= 25


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("plan-empty", "PlanEmpty: "),
        ("one-inconclusive", "gate `bake`: inconclusive: "),
        ("all-pass", None),
    ],
)
def test_an_event_says_why_the_release_was_stopped(bed, name, reason):
    case = next(case for case in CASES if case.name == name)
    (event,) = run_once(case, bed).published("PublishVerdict")
    assert event["reason"] == reason if reason is None else event["reason"].startswith(reason)


TOLD = [case for case in CASES if case.text["expect"].get("messages")]


@pytest.mark.parametrize("case", TOLD, ids=lambda case: f"{case.machine}/{case.name}")
def test_where_notify_fails_the_topic_is_told_what_a_person_can_read(bed, case):
    script = case.script()
    script["answers"] = {**script["answers"], "TellPeople": [{"error": "Lambda.Unknown"}]}
    run = bed.run(case.machine, case.input(), script, times=case.text.get("starts", 1))
    messages = run.made("TellTopic", case.machine)
    assert messages
    for made in messages:
        assert re.fullmatch(r"[ -~]{1,100}", made["Subject"])
        assert "{%" not in made["Message"] and "undefined" not in made["Message"] and ".." not in made["Message"]


def test_waits_as_long_as_the_case_says(seen):
    case, run = seen
    for waited, expected in zip((wait["seconds"] for wait in run.waits), case.text["expect"].get("waits", []), strict=False):
        # Advice has whole seconds, so a second may be lost on the way.
        assert expected - 1 <= waited <= expected


def test_publishes_only_events_of_the_documented_shape(seen):
    _, run = seen
    for state in ("PublishVerdict", "PublishRollback"):
        for entry, event in zip((made["Entries"][0] for made in run.made(state)), run.published(state), strict=True):
            assert mistakes_in(entry["DetailType"], event) == []


def test_writes_causes_that_a_person_can_read(seen):
    _, run = seen
    for execution in run.executions:
        if execution.status == "FAILED":
            assert 0 < len(execution.cause) <= 1000
            assert "hint: " in execution.cause and "{%" not in execution.cause and "undefined" not in execution.cause


def test_starts_each_gate_and_each_rollback_once(seen):
    _, run = seen
    names = [(execution.machine, execution.name) for execution in run.executions]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("machine", NAMES)
def test_no_state_is_without_a_case(bed, machine):
    visited = set()
    for case in CASES:
        run = run_once(case, bed)
        visited |= {state for execution in run.of(machine) for state in execution.path}
    assert set(states_of(shipped(machine))) - visited == NEVER_ENTERED[machine]


NEVER_ENTERED = {
    # Only what a later change of the machine could lead to: each is an end that is no success.
    "stage-checks": {"LoseAnswer", "MissAnswers"},
    "gate": set(),
    "rollback": {"RefuseRelease", "RefuseDeployment"},
    "hook": set(),
}
"""Defaults of Choice states that no answer reaches as the machines are now."""


def test_answers_each_hook_as_the_case_says(seen):
    case, run = seen
    answers = [made["status"] for made in run.made("AnswerHook")]
    expected = case.text["expect"].get("answered")
    assert set(answers) == ({expected} if expected else set())
    assert bool(expected) == (case.machine == "hook")


def test_a_hooks_gate_is_told_that_it_is_one_and_when_it_ends(bed):
    case = next(case for case in CASES if case.name == "hook-pass")
    seen = case.run(bed)
    (plan,), (look,) = seen.made("LoadPlan"), seen.made("LookAtGate")
    assert plan["Payload"]["ends"] == case.input()["ends"]
    assert (look["Payload"]["release_check"], look["Payload"]["plan"]["hook"]) == ("off", True)


def test_the_same_mark_goes_to_every_gate_and_its_table(bed):
    case = next(case for case in CASES if case.name == "stop-others")
    run = case.run(bed)
    looks = [made["Payload"]["mark"] for made in run.made("LookAtGate")]
    (put,) = run.made("PutStopMark")
    assert {(mark["table"], mark["id"]) for mark in looks} == {(put["TableName"], put["Item"]["id"]["S"])}
    assert int(put["Item"]["expires"]["N"]) > 1_790_000_000


def test_memory_goes_from_look_to_look(bed):
    case = next(case for case in CASES if case.name == "memory-is-carried")
    memories = [made["Payload"]["memory"] for made in case.run(bed).made("LookAtGate")]
    assert memories == [None, '3 of "10"\nlooks']


def test_a_target_is_no_rollback_and_not_the_release_itself(bed):
    case = next(case for case in CASES if case.name == "targets-page")
    (made,) = case.run(bed).made("RollBackStage")
    assert made["targetPipelineExecutionId"] == "r-good"


def test_the_last_good_revision_is_another_than_the_bad_one(bed):
    case = next(case for case in CASES if case.name == "codedeploy-done")
    (made,) = case.run(bed).made("CreateDeployment")
    assert made["revision"]["s3Location"]["key"] == "old.zip"
