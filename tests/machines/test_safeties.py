"""Each safety of the machines is taken away once: the case that guards it has to notice."""

import json

import pytest

from .bed import NAMES, shipped
from .cases import all_cases

CASES = {case.name: case for case in all_cases()}
"""The names that are used here are each the name of one case."""
SAFETIES = {
    "as many go as gates": (
        *("stage-checks", "one-inconclusive"),
        *("$count($answers[outcome = 'go']) = $count($gates)", "$count($answers[outcome = 'go']) > 0"),
    ),
    "an answer is sound": ("gate", "go-without-pass", "$answer.decided_by in ['policy', 'waiver', 'watch_only']", "true"),
    "a plan has gates": ("stage-checks", "plan-answer-empty", "$n >= 1", "$n >= 0"),
    "another question's answer is not ours": ("stage-checks", "name-is-taken", "$ours and $sound", "$sound"),
    "a release that is over is not rolled back": (
        *("stage-checks", "release-replaced", "look = 'inconclusive' and release_over = false", "look = 'inconclusive'"),
    ),
    "a rollback orders no second one": (
        *("stage-checks", "rollback-under-red-alarm", "$count($stops[rollback = true]) > 0", "false"),
    ),
    "a fail decides before an error": (
        *("stage-checks", "fail-before-error", "$count($stops[look = 'fail']) > 0", "false"),
    ),
    "the next release is left alone": (
        *("rollback", "next-release-failed-too", "$stage.release != $order.release", "false"),
    ),
    "a rollback is no target": ("rollback", "targets-page", "ExecutionType = 'STANDARD'", "true"),
    "a rollback that began is followed": ("rollback", "run-twice", "$type($rollbackRelease) = 'string'", "false"),
    "an older rollback is another": ("rollback", "order-of-before", "$toMillis($e.StartTime) >= $toMillis($since)", "true"),
    "the stage has to fail first": ("rollback", "carried-out", "$stage.status in ['InProgress', 'Stopping'] and $turns < 750", "false"),
    "PARALLEL mode is refused": ("rollback", "parallel-mode", "$mode = 'PARALLEL' and", "false and"),
    "a failed rollback is told": ("rollback", "rollback-fails", "$status = 'Succeeded'", "$status in ['Succeeded', 'Failed']"),
    "another revision than the bad one": ("rollback", "codedeploy-done", "$string(Revision) != $string($info.revision)", "true"),
    "two deployments are for people": ("rollback", "codedeploy-two-actions", "$count($distinct($seen.action)) = 1", "true"),
    "past advice does not spin": ("gate", "advice-in-the-past", "$max([$least, $left])", "$left"),
    "only a go lets a deployment go on": ("hook", "hook-fail", "$sound and $o.outcome = 'go'", "$sound"),
    "another question's answer lets no deployment go on": (
        *("hook", "hook-gate-ran-before", "$i.attempt = $gate.attempt", "$i.attempt != $gate.attempt"),
    ),
    "an answer that stands is not given again": ("hook", "hook-answered-before", "AlreadyCompletedException", "X"),
    "far advice is cut": ("gate", "advice-far", "$min([3600, ", "$min([7200, "),
}


@pytest.mark.parametrize("safety", SAFETIES)
def test_somebody_notices_without(spare, safety):
    machine, name, written, instead = SAFETIES[safety]
    case = CASES[name]
    text = json.dumps(shipped(machine), ensure_ascii=False)
    assert json.dumps(written, ensure_ascii=False)[1:-1] in text, "the safety is not there"
    spare.deploy(**{n.replace("-", "_"): shipped(n) for n in NAMES})
    with_it = what_matters(case, spare)
    changed = text.replace(json.dumps(written, ensure_ascii=False)[1:-1], json.dumps(instead, ensure_ascii=False)[1:-1])
    spare.deploy(**{machine.replace("-", "_"): json.loads(changed)})
    assert what_matters(case, spare) != with_it


def what_matters(case, bed) -> list:
    """Ends, waits and what was changed outside, without names that differ from run to run."""
    seen = case.run(bed)
    ends = [(e.machine, e.status, e.error, (e.output or {}).get("outcome"), (e.output or {}).get("said")) for e in seen.executions]
    outside = [made for step in ("RollBackStage", "CreateDeployment", "AnswerHook") for made in seen.made(step)]
    follows = [event["follows"] for event in seen.published("PublishVerdict")]
    return [sorted(map(str, ends)), [wait["seconds"] for wait in seen.waits], outside, follows]
