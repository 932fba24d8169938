"""What a definition has to be, and that each rule is seen to fail on one that is not so."""

import copy
import json
import re
import subprocess
from pathlib import Path

import pytest

from .bed import MACHINES, NAMES, shipped, with_timeouts
from .definitions import states_of
from .rules import mistakes

VALIDATOR = Path(__file__).parent / "node_modules" / ".bin" / "asl-validator"


@pytest.mark.parametrize("machine", NAMES)
def test_has_no_mistakes(machine):
    assert mistakes(shipped(machine)) == []


def doctored(machine: str, state: str | None, **changes) -> dict:
    """A definition with other fields in one state; None takes a field away."""
    definition = copy.deepcopy(shipped(machine))
    target = states_of(definition)[state] if state else definition
    for key, value in changes.items():
        target.pop(key, None)
        if value is not None:
            target[key] = value
    return definition


NEVER = {"IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 3, "MaxDelaySeconds": 9, "JitterStrategy": "FULL"}
DOCTORED = {
    "LoadPlan: no TimeoutSeconds": ("stage-checks", "LoadPlan", {"TimeoutSeconds": None}),
    "LoadPlan: no Retry": ("stage-checks", "LoadPlan", {"Retry": None}),
    "LoadPlan: no Catch for the rest": ("stage-checks", "LoadPlan", {"Catch": None}),
    "RunGate: a Retry for every error": ("stage-checks", "RunGate", {"Retry": [{"ErrorEquals": ["States.ALL"], **NEVER}]}),
    "RunGate: a Retry without attempts, cap or jitter": (
        *("stage-checks", "RunGate"),
        {"Retry": [{"ErrorEquals": ["X"], "MaxAttempts": 3}]},
    ),
    "LoadPlan: a Catch that goes straight to success": (
        *("stage-checks", "LoadPlan"),
        {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "LetReleaseGo"}]},
    ),
    "IsEndKnown: no Default": ("stage-checks", "IsEndKnown", {"Default": None}),
    "IsEndKnown: its Default `LetReleaseGo` is a success": ("stage-checks", "IsEndKnown", {"Default": "LetReleaseGo"}),
    "IsVerdictReached: its Default `ReportAnswer` is a success": ("gate", "IsVerdictReached", {"Default": "ReportAnswer"}),
    "ReportPlanError: no Cause": ("stage-checks", "ReportPlanError", {"Cause": None}),
    "ReportPlanError: no Error": ("stage-checks", "ReportPlanError", {"Error": None}),
    "RunGates: no MaxConcurrency up to 20": ("stage-checks", "RunGates", {"MaxConcurrency": 0}),
    "RunGates: no Catch for the rest": ("stage-checks", "RunGates", {"Catch": None}),
    "the machine has no timeout within the host's": ("gate", None, {"TimeoutSeconds": 700_000}),
    "the machine is not in JSONata": ("gate", None, {"QueryLanguage": None}),
    "the machine's Comment has no `Fails closed: `": ("gate", None, {"Comment": "Runbook: docs/stage-checks.md"}),
    "`nobody` is read and never written": ("gate", "ReportAnswer", {"Output": "{% $nobody.look %}"}),
}


@pytest.mark.parametrize("mistake", DOCTORED)
def test_sees_each_mistake(mistake):
    machine, state, changes = DOCTORED[mistake]
    assert mistake in mistakes(doctored(machine, state, **changes))


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("Load plan", "Load plan: a name is words of letters, each with a capital"),
        ("CheckPlan", "CheckPlan: a Choice is a question"),
    ],
)
def test_sees_a_bad_name(name, mistake):
    definition = shipped("stage-checks")
    definition["States"][name] = definition["States"]["IsPlanUsable"]
    assert mistake in mistakes(definition)


@pytest.mark.parametrize("machine", NAMES)
def test_is_valid_to_the_validator(machine):
    seen = validated(MACHINES / machine / f"{machine}.asl.json")
    assert seen.returncode == 0, seen.stdout


def test_the_validator_sees_a_mistake(tmp_path):
    definition = doctored("gate", "LookAtGate", Next="Nowhere")
    (tmp_path / "gate.asl.json").write_text(json.dumps(definition))
    seen = validated(tmp_path / "gate.asl.json")
    assert seen.returncode != 0 and "Nowhere" in seen.stdout + seen.stderr


def validated(path: Path) -> subprocess.CompletedProcess:
    command = [VALIDATOR, "--json-path", path]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


@pytest.mark.parametrize("machine", NAMES)
def test_seconds_for_tests_differ_from_the_shipped_file_only_in_timeouts(machine):
    whole, short = json.dumps(shipped(machine), indent=1), json.dumps(with_timeouts(shipped(machine), 2), indent=1)
    changed = [(a, b) for a, b in zip(whole.splitlines(), short.splitlines(), strict=True) if a != b]
    assert len(changed) == whole.count('"TimeoutSeconds"')
    for before, after in changed:
        assert re.fullmatch(r'\s*"TimeoutSeconds": \d+,?', before)
        assert re.fullmatch(r'\s*"TimeoutSeconds": 2,?', after)


def test_a_gate_has_time_for_the_longest_bake_and_its_parents_outlast_it():
    gate, parent = shipped("gate"), shipped("stage-checks")
    run_gate = states_of(parent)["RunGate"]["TimeoutSeconds"]
    six_days, host, codepipeline = 6 * 86_400, (6 * 24 + 20) * 3_600, 7 * 86_400
    assert six_days < gate["TimeoutSeconds"] < host <= run_gate < parent["TimeoutSeconds"] < codepipeline


def test_a_hook_is_answered_within_codedeploys_hour_even_if_its_gate_takes_all_its_time():
    hook = shipped("hook")
    run_gate = states_of(hook)["AskGate"]["TimeoutSeconds"]
    # What may pass before: CodeDeploy's event is at most 300 s old when its function runs.
    before, plan, answer, hour = 300 + 60, 60 * 2 + 30, 30 * 2 + 60, 3600
    assert before + plan + run_gate + answer < hour
    assert plan + run_gate + answer < hook["TimeoutSeconds"] < hour


def test_substitutions_are_those_that_the_template_gives():
    used = {
        machine: set(re.findall(r"\$\{(\w+)\}", json.dumps(shipped(machine)))) for machine in NAMES
    }
    assert used == {
        "stage-checks": {
            *("PlanFunctionArn", "NotifyFunctionArn", "GateMachineArn", "RollbackMachineArn"),
            *("EventBusName", "TopicArn", "ClaimsTableName"),
        },
        "gate": {"BakeFunctionArn", "CanaryFunctionArn", "ValidateFunctionArn"},
        "rollback": {"EventBusName", "NotifyFunctionArn", "TopicArn", "ClaimsTableName"},
        "hook": {"PlanFunctionArn", "GateMachineArn"},
    }
