"""Timeouts that really pass: the definitions as shipped, with seconds in place of hours."""

import pytest

from .bed import NAMES, shipped, with_timeouts
from .cases import RELEASE, answers_of, gate_input, plan


@pytest.fixture
def hasty(spare):
    """A bed whose timeouts are seconds."""
    spare.deploy(**{name.replace("-", "_"): with_timeouts(shipped(name), 1) for name in NAMES})
    return spare


def test_a_function_that_hangs_is_left_and_the_gate_has_not_passed(hasty):
    seen = hasty.run("gate", gate_input(), {"answers": {"LookAtGate": [{"hangs": 3}]}})
    # The machine has one second too, and ends before its Catch could.
    assert seen.one("gate").status in ("TIMED_OUT", "SUCCEEDED")
    assert (seen.one("gate").output or {"outcome": "stop"})["outcome"] == "stop"


def test_a_function_that_hangs_in_a_gate_that_has_time_is_an_error_of_the_gate(hasty):
    definition = with_timeouts(shipped("gate"), 1)
    hasty.deploy(gate={**definition, "TimeoutSeconds": 60})
    seen = hasty.run("gate", gate_input(), {"answers": {"LookAtGate": [{"hangs": 3}]}})
    assert seen.one("gate").output["error"] == "FunctionDied"
    assert "States.Timeout" in seen.one("gate").output["reason"]
    assert len(seen.made("LookAtGate")) == 2


def test_a_plan_that_hangs_is_a_plan_error_and_told(hasty):
    definition = with_timeouts(shipped("stage-checks"), 1)
    hasty.deploy(stage_checks={**definition, "TimeoutSeconds": 60})
    seen = hasty.run("stage-checks", RELEASE, {"answers": {"LoadPlan": [{"hangs": 3}]}})
    assert seen.one("stage-checks").error == "PlanError"
    assert len(seen.made("TellPeople")) == 1


def test_a_gate_that_runs_out_of_its_own_time_is_an_error_and_stops_the_release(hasty):
    stage = {**with_timeouts(shipped("stage-checks"), 20), "TimeoutSeconds": 60}
    hasty.deploy(stage_checks=stage, gate=with_timeouts(shipped("gate"), 1))
    answers = {"LoadPlan": [{"returns": plan(["bake"])}], **answers_of({"bake": [{"hangs": 3}]})}
    seen = hasty.run("stage-checks", RELEASE, {"answers": answers})
    assert seen.one("gate").status == "TIMED_OUT"
    assert seen.one("stage-checks").error == "GateError"
