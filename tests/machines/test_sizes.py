"""Histories stay far below what Step Functions takes, for 1 to 20 gates and bakes of up to 6 days."""

import json

import pytest

from .bed import shipped
from .cases import RELEASE, answers_of, look, plan
from .sizes import DOCUMENT, HOUR, LOOKS_MAX, largest_event, looks_at_worst, looks_of, measure, run_gate, run_parent, with_table

EVENTS_MAX, BYTES_MAX = 15_000, 200_000
DAY = 24 * HOUR
BAKES = [60, 300, HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY + 1, 6 * DAY]


@pytest.fixture(scope="module")
def measured(bed):
    return measure(bed)


@pytest.mark.parametrize("looks", [3, 7, 20])
def test_each_look_adds_the_same(bed, measured, looks):
    assert run_gate(bed, looks) == measured.gate_with(looks)
    assert measured.look.events > 0


@pytest.mark.parametrize("gates", [3, 20])
def test_each_gate_adds_the_same(bed, measured, gates):
    assert run_parent(bed, gates) == measured.parent_with(gates)


@pytest.mark.parametrize("bake", BAKES)
def test_a_gate_of_any_length_is_below_the_limit_of_events(measured, bake):
    assert looks_of(bake) <= LOOKS_MAX + 1
    assert measured.gate_with(looks_of(bake)).events < EVENTS_MAX


@pytest.mark.parametrize("gates", range(1, 21))
def test_a_stage_check_of_any_size_is_below_the_limit_of_events(measured, gates):
    assert measured.parent_with(gates).events < EVENTS_MAX


def test_no_advice_of_a_gate_can_fill_its_history(measured):
    looks = looks_at_worst(shipped("gate")["TimeoutSeconds"])
    assert LOOKS_MAX < looks
    assert measured.gate_with(looks).events < EVENTS_MAX


def test_without_the_machines_own_least_waits_bad_advice_would_fill_it(measured):
    assert measured.gate_with(shipped("gate")["TimeoutSeconds"] // 5).events > EVENTS_MAX


@pytest.fixture(scope="module")
def largest(bed):
    """Twenty gates that all say as much as they may, under a plan as large as it may be."""
    wide = "Ω" * 200
    most = look(
        "fail",
        reason="é" * 512,
        readings=[wide[:125]] * 5,
        memory="m" * 2048,
        evidence={"uri": "s3://" + "u" * 900, "sha256": "ab" * 32, "page": "https://" + "p" * 900},
    )
    names = [f"gate-{index:02}:bake" for index in range(20)]
    again = look("again", memory="m" * 2048, reason="é" * 512)
    answers = answers_of({name: [{"returns": again}, {"returns": most}] for name in names})
    answers["LoadPlan"] = [{"returns": plan(names, remarks=["r" * 1000] * 4)}]
    answers["stage-checks.TellPeople"] = [{"error": "Lambda.Unknown"}]
    given = {**RELEASE, "plan": {"text": "p" * 150_000}}
    return bed.run("stage-checks", given, {"answers": answers, "codepipeline": {}})


def test_the_largest_stage_check_runs_to_its_end(largest):
    assert largest.problems == []
    assert largest.one("stage-checks").error == "GateFailed"
    assert len(largest.of("gate")) == 20


def test_no_event_of_the_largest_stage_check_comes_near_the_limit_of_bytes(largest):
    for execution in largest.executions:
        assert largest_event(execution) < BYTES_MAX, execution.name


def test_the_message_and_the_event_of_the_largest_stage_check_fit(largest):
    (message,) = largest.made("TellTopic", "stage-checks")
    (asked,) = largest.made("TellPeople", "stage-checks")
    (put,) = largest.made("PublishVerdict")
    # SNS and EventBridge both take 256 KB, and so does what a state hands to a function.
    assert len(message["Message"].encode()) < BYTES_MAX
    assert len(json.dumps(asked["Payload"], ensure_ascii=False).encode()) < BYTES_MAX
    assert len(put["Entries"][0]["Detail"].encode()) < BYTES_MAX


def test_costs_in_the_document_are_current(measured):
    text = DOCUMENT.read_text()
    assert with_table(text, measured) == text, "`make docs` writes them"
