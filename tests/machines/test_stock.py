"""Three tests for each step of each machine: it succeeds, it may be done twice, and when it fails the end is no success."""

import pytest

from .bed import NAMES, shipped
from .cases import Case, all_cases
from .definitions import errors_in, tasks_of

REACHED_BY = {
    "stage-checks": {
        "all-pass": ["LoadPlan", "RunGate", "PublishVerdict"],
        "two-starts-one-after-the-other": ["AdoptGate"],
        "stop-mark-not-put": ["PutStopMark"],
        "one-fails": ["WriteRollbackOrder", "StartRollback", "TellPeople"],
        "notify-fails": ["TellTopic"],
        "order-already-there": ["ReadEarlierRollback"],
        "policy-state-machine": ["StartOwnRollback"],
        "policy-lambda": ["InvokeOwnRollback"],
    },
    "gate": {"pass": ["LookAtGate"]},
    "rollback": {
        "carried-out": [
            *("ReadOrder", "ReadRelease", "ReadStage", "FindRollback", "FindTarget", "RollBackStage", "FollowRollback"),
            *("PublishRollback", "TellPeople"),
        ],
        "notify-fails": ["TellTopic"],
        "codedeploy-running": ["FindDeployment", "ReadDeployment", "StopDeployment", "FollowDeployment"],
        "codedeploy-done": ["FindRevision", "ReadDeployments", "CreateDeployment"],
    },
    "hook": {"hook-pass": ["LoadPlan", "AskGate", "AnswerHook"], "hook-gate-ran-before": ["ReadGate"]},
}
"""The case in which a step is tried."""

TELLS = {"TellPeople", "TellTopic"}
"""Steps that two machines have under one name."""
OUTCOME_STANDS = TELLS | {"PublishVerdict", "PublishRollback", "PutStopMark", "WriteRollbackOrder", "ReadOrder"}
"""Steps after the outcome, and steps without which it is the same; each says in its Comment why."""

EVERY_WAY = [
    *("States.Timeout", "States.TaskFailed", "States.Permissions", "States.Runtime", "States.DataLimitExceeded"),
    *("Lambda.Unknown", "AccessDeniedException", "NobodyKnowsThisError"),
]
GARBAGE = {"an empty answer": {}, "half an answer": {"half": True}}
LAMBDA_GARBAGE = {"nothing": None, "text": "pass", "a list": [{"look": "pass", "outcome": "go"}], "yes": True}
CASES = {(case.machine, case.name): case for case in all_cases()}
STEPS = [
    (machine, case, step) for machine, cases in REACHED_BY.items() for case, steps in cases.items() for step in steps
]


def answers_with(case: Case, step: str, answers: list[dict]) -> dict:
    """The script of a case, in which one step is answered so."""
    script = case.script()
    script["answers"] = {key: value for key, value in script["answers"].items() if key.split()[0] != step}
    script["answers"][f"{case.machine}.{step}" if step in TELLS else step] = answers
    return script


def run(bed, case: Case, script: dict):
    """Runs it; what ran before it under the same script has its own answers."""
    return bed.run(case.machine, case.input(), script, times=case.text.get("starts", 1))


def end_of(seen, machine: str) -> tuple:
    """How the execution ended that began last."""
    last = [execution for execution in seen.executions if execution.machine == machine][-1]
    return last.status, last.error, last.output and {k: v for k, v in last.output.items() if k != "remarks"}


@pytest.mark.parametrize("machine", NAMES)
def test_every_step_is_tried(machine):
    tried = [step for cases in REACHED_BY[machine].values() for step in cases]
    assert sorted(tried) == sorted(tasks_of(shipped(machine)))


@pytest.mark.parametrize(("machine", "name", "step"), STEPS)
def test_succeeds(bed, machine, name, step):
    case = CASES[machine, name]
    seen = run(bed, case, case.script())
    assert seen.made(step, machine), "the case does not reach it"
    assert end_of(seen, machine)[:2] == (case.text["expect"]["status"], case.text["expect"].get("error"))


@pytest.mark.parametrize(("machine", "name"), sorted({(machine, case) for machine, case, _ in STEPS}))
def test_succeeds_when_every_step_is_done_twice(bed, machine, name):
    case = CASES[machine, name]
    once, twice = run(bed, case, case.script()), run(bed, case, {**case.script(), "twice": True})
    assert twice.problems == []
    assert len(twice.calls) > len(once.calls)
    assert without_names(end_of(twice, machine)) == without_names(end_of(once, machine))
    # One effect: the same executions began, the same items are there, and one rollback or none.
    assert started(twice) == started(once)
    assert {item["id"]["S"] for item in twice.items} == {item["id"]["S"] for item in once.items}
    for began in ("RollBackStage", "CreateDeployment"):
        assert began_at_most_once(twice, began)


def without_names(end: tuple) -> str:
    """An end without what is the same question under another execution's name, or a second look at the same world."""
    status, error, output = end
    return str((status, error, (output or {}).get("outcome"), (output or {}).get("result"), (output or {}).get("look")))


def started(seen) -> list[tuple[str, str]]:
    """What began, by machine and name; names of our own making differ from run to run."""
    return sorted((e.machine, "" if len(e.name) > 40 else e.name) for e in seen.executions)


def began_at_most_once(seen, step: str) -> bool:
    """The model refuses a second; so whatever is followed is one and the same."""
    following = {"RollBackStage": "FollowRollback", "CreateDeployment": "FollowDeployment"}[step]
    return len({str(made) for made in seen.made(following)}) <= 1


def ways_of(machine: str, step: str) -> list[tuple[str, dict]]:
    """In what ways a step can fail: each name that it knows, those that anything may say, and answers that are none."""
    state = tasks_of(shipped(machine))[step]
    names = dict.fromkeys(errors_in(state, "Retry") + errors_in(state, "Catch") + EVERY_WAY)
    garbage = LAMBDA_GARBAGE | GARBAGE if state["Resource"].endswith("lambda:invoke") else {"an empty answer": {}}
    ways = [(name, {"error": name}) for name in names if name != "States.ALL"]
    return ways + [(name, {"returns": answer}) for name, answer in garbage.items()]


FAILURES = [(m, c, s, way, answer) for m, c, s in STEPS for way, answer in ways_of(m, s)]


@pytest.mark.parametrize(
    ("machine", "name", "step", "way", "answer"), FAILURES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_when_a_step_fails_the_end_is_no_success(bed, machine, name, step, way, answer):
    case = CASES[machine, name]
    seen = run(bed, case, answers_with(case, step, [answer]))
    status, error, output = end_of(seen, machine)
    uncatchable = way in ("States.Runtime", "States.DataLimitExceeded")
    if step in OUTCOME_STANDS and not uncatchable:
        assert (status, error) == (case.text["expect"]["status"], case.text["expect"].get("error"))
    elif machine == "gate" and not uncatchable:
        assert (output["look"], output["outcome"]) == ("error", "stop")
    elif (way == "an empty answer" and step in ANSWER_IS_NOT_READ) or way in ANSWER_STANDS.get(step, ()):
        assert (status, error) == (case.text["expect"]["status"], case.text["expect"].get("error"))
    else:
        assert status == "FAILED"
        assert error, "the end has no name"


ANSWER_IS_NOT_READ = {"AnswerHook", "InvokeOwnRollback", "StartOwnRollback", "StartRollback"}
"""That the call was taken is all there is to know; what came of it is read by another step, or is not followed."""


ANSWER_STANDS = {"AnswerHook": {"CodeDeploy.LifecycleEventAlreadyCompletedException"}}
"""Refusals that say that the step was done before."""


@pytest.mark.parametrize("way", ["States.TaskFailed", "States.Timeout", "AccessDeniedException"])
@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("one-fails", "StartRollback"),
        ("policy-state-machine", "StartOwnRollback"),
        ("policy-lambda", "InvokeOwnRollback"),
    ],
)
def test_a_rollback_that_could_not_be_ordered_is_said_loudly(bed, name, step, way):
    case = CASES["stage-checks", name]
    script = answers_with(case, step, [{"error": way}])
    script["answers"]["stage-checks.TellPeople"] = [{"error": "Lambda.Unknown"}]
    seen = run(bed, case, script)
    (event,) = seen.published("PublishVerdict")
    (message,) = seen.made("TellTopic", "stage-checks")
    assert event["follows"] == "rollback_not_ordered"
    assert "NOT ROLLED BACK" in message["Message"]
    assert "NOT ROLLED BACK" in seen.one("stage-checks").cause


def test_a_failed_step_of_one_gate_does_not_stop_the_others(bed):
    case = CASES["stage-checks", "all-pass"]
    script = case.script()
    script["answers"]["LookAtGate canary"] = [{"error": "NobodyKnowsThisError"}]
    seen = run(bed, case, script)
    (event,) = seen.published("PublishVerdict")
    assert {gate["gate"]: gate["verdict"] for gate in event["gates"]} == {"bake": "pass", "canary": None, "smoke": "pass"}


WAYS_TO_TELL_NOBODY = [way for way in FAILURES if way[2] == "TellPeople" and way[3] not in ("States.Runtime", "States.DataLimitExceeded")]


@pytest.mark.parametrize(
    ("machine", "name", "step", "way", "answer"), WAYS_TO_TELL_NOBODY, ids=lambda value: value if isinstance(value, str) else ""
)
def test_however_notify_fails_the_topic_is_told_once(bed, machine, name, step, way, answer):
    case = CASES[machine, name]
    seen = run(bed, case, answers_with(case, step, [answer]))
    assert len(seen.made("TellTopic", machine)) == 1
