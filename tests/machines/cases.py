"""Cases of state machines: what is written in `statemachines/*/cases`, and what they leave out."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from .bed import MACHINES, Bed, Run

RELEASE = {"pipeline": "checkout", "release": "r-bad", "stage": "prod", "service": "checkout"}
ORDER = {"id": "rollback/0a1b", "execution": "rollback-0a1b"}
NO, NATIVE = {"by": "no", "target": None}, {"by": "native", "target": None}


def policy(by: str = "no", target: str | None = None) -> dict:
    """What a plan says should follow."""
    return {"roll_back": {"by": by, "target": target}, "notify": ["team-checkout"]}


def plan(gates: list[str], on_fail: dict | None = None, **more) -> dict:
    """What functions/plan answers. A gate is `bake`, or `name:kind`."""
    listed = []
    for index, gate in enumerate(gates):
        name, _, kind = gate.partition(":")
        attempt = f"00000000-0000-4000-8000-{index:012d}"
        listed.append({"gate": name, "kind": kind or name, "execution": f"gate-0a1b-{name}", "attempt": attempt})
    answer = {
        "service": "checkout",
        "plan": {"key": "plans/checkout/r-bad/prod.json", "sha256": "ab" * 32},
        "gates": listed,
        "stop_others": False,
        "policies": {"on_fail": policy("stage"), "on_inconclusive": policy(), "on_error": policy()},
        "mark": {"table": "sluice-claims", "id": "stop/0a1b"},
        "order": ORDER,
        "from": ["organisation@3", "artifact"],
        "remarks": [],
    }
    if on_fail:
        answer["policies"]["on_fail"] = on_fail
    return {**answer, **more}


def look(seen: str, **more) -> dict:
    """What a gate's function answers: every field, as the contract has it."""
    outcome = {"pass": "go", "again": None}.get(seen, "stop")
    answer = {
        "look": seen,
        "outcome": outcome,
        "decided_by": {"pass": "verdict", "again": None}.get(seen, "policy"),
        "error": None,
        "reason": {"pass": "3 alarms OK", "fail": "alarm `errors` went into ALARM"}.get(seen, f"it is {seen}"),
        "code": {"fail": "AlarmFired"}.get(seen),
        "release_over": False,
        "rollback": False,
        "not_before": "in 60" if seen == "again" else None,
        "percent": 50 if seen == "again" else 100,
        "line": f"{seen} now",
        "memory": None,
        "evidence": None if seen == "again" else {"uri": f"s3://evidence/{seen}.json", "sha256": "cd" * 32, "page": None},
        "readings": [] if seen == "again" else ["errors: OK since 12:00"],
    }
    return {**answer, **more}


def look_as(fields: dict) -> dict:
    """A look with fields that differ from what it usually has."""
    return look(fields["look"], **{key: value for key, value in fields.items() if key != "look"})


def gate_input(gate: str = "bake", kind: str = "bake") -> dict:
    """What the machine `gate` is given."""
    made = plan([f"{gate}:{kind}"])
    listed = {key: made["gates"][0][key] for key in ("gate", "kind", "attempt")}
    return {**RELEASE, **listed, "plan": made["plan"], "mark": made["mark"]}


def order_input(**more) -> dict:
    """What the machine `rollback` is given."""
    return {**RELEASE, "by": "stage", "reason": "errors", "evidence": None, "order": ORDER, **more}


def answers_of(gates: dict) -> dict:
    """What the gates see, in the words of a case, as answers of their functions."""
    answers = {}
    for gate, seen in gates.items():
        name = gate.partition(":")[0]
        answers[f"LookAtGate {name}"] = [answer_of(one) for one in (seen if isinstance(seen, list) else [seen])]
    return answers


def answer_of(seen: str | dict) -> dict:
    """`pass`; or `{look: fail, ...}` with fields that differ; or what the script takes as it is."""
    if isinstance(seen, str):
        return {"returns": look(seen)}
    if "look" in seen:
        return {"returns": look_as(seen)}
    if "until_marked" in seen:
        return {"until_marked": look_as(seen["until_marked"]), "before": look("again")}
    return seen


def hook_input() -> dict:
    """What the machine `hook` is given."""
    ends = "2026-01-01T00:50:00Z"
    return {**RELEASE, "deployment": "d-NEW", "hook": "e-1", "gate": "bake", "ends": ends}


@dataclass
class Case:
    """One case of a file."""

    machine: str
    name: str
    text: dict

    def script(self) -> dict:
        """What the bed answers."""
        gates = self.text.get("gates", {"bake": "pass"})
        made = {**plan(list(gates)), **self.text.get("plan", {})}
        answers = {"LoadPlan": [{"returns": made}], **answers_of(gates), **self.text.get("answers", {})}
        return {"answers": answers, **{key: self.text[key] for key in ("codepipeline", "codedeploy", "items") if key in self.text}}

    def input(self) -> object:
        """What the machine is given."""
        given = {"stage-checks": RELEASE, "gate": gate_input(), "rollback": order_input(), "hook": hook_input()}
        return {**given[self.machine], **self.text.get("input", {})}

    def run(self, bed: Bed, records: bool = False) -> Run:
        """Runs it."""
        times, together = self.text.get("starts", 1), self.text.get("together", False)
        return bed.run(self.machine, self.input(), {**self.script(), "records": records}, times=times, together=together)


def all_cases() -> list[Case]:
    """Every case there is."""
    found = []
    for path in sorted(MACHINES.glob("*/cases/*.yaml")):
        found.append(Case(machine=path.parents[1].name, name=path.stem, text=yaml.safe_load(path.read_text())))
    return found


def contains(whole: object, part: object) -> bool:
    """Whether everything in `part` is in `whole`."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


def file_of(case: Case) -> Path:
    """Where a case is written."""
    return MACHINES / case.machine / "cases" / f"{case.name}.yaml"


RUNS: dict[Path, Run] = {}


def run_once(case: Case, bed: Bed) -> Run:
    """What was seen of a case, for all tests that look at it. Its evaluations are kept for a second opinion."""
    path = file_of(case)
    if path not in RUNS:
        RUNS[path] = case.run(bed, records=True)
    return RUNS[path]
