"""How many events, transitions and bytes a stage check comes to: counted in the bed for short ones, computed for long ones.

`python -m machines.sizes`, in the folder `tests`, writes the table of costs into docs/stage-checks.md.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

import jsonata

from .bed import MACHINES, Bed, Execution, running, shipped
from .cases import RELEASE, answers_of, gate_input, plan

DOCUMENT = MACHINES.parent / "docs" / "stage-checks.md"
BEGIN, END = "<!-- costs: begin -->", "<!-- costs: end -->"
HOUR = 3600
DOLLARS = 0.025 / 1000
"""A state transition of a Standard execution, in us-east-1."""
LOOK_SECONDS_MIN, LOOKS_MAX = 60, 600
"""What we take a gate to advise: a look a minute, or a 600th of its bake where that is longer."""


@dataclass(frozen=True)
class Size:
    """What one execution comes to."""

    events: int
    transitions: int

    def __add__(self, other: "Size") -> "Size":
        return Size(self.events + other.events, self.transitions + other.transitions)

    def __sub__(self, other: "Size") -> "Size":
        return Size(self.events - other.events, self.transitions - other.transitions)

    def __mul__(self, times: int) -> "Size":
        return Size(self.events * times, self.transitions * times)


def size_of(execution: Execution) -> Size:
    """Counts an execution that ran."""
    return Size(events=len(execution.events), transitions=len(execution.path))


@dataclass(frozen=True)
class Measured:
    """What was counted: the first of its kind, and each further one."""

    gate: Size
    look: Size
    parent: Size
    per_gate: Size

    def gate_with(self, looks: int) -> Size:
        """An execution of `gate` with so many looks."""
        return self.gate + self.look * (looks - 1)

    def parent_with(self, gates: int) -> Size:
        """An execution of `stage-checks` with so many gates."""
        return self.parent + self.per_gate * (gates - 1)

    def transitions(self, gates: int, bake: int) -> int:
        """All of a stage check whose gates all take so long."""
        each = self.gate_with(looks_of(bake)).transitions
        return self.parent_with(gates).transitions + gates * each


def run_gate(bed: Bed, looks: int) -> Size:
    """One gate that wants so many looks."""
    answers = answers_of({"bake": ["again"] * (looks - 1) + ["pass"]})
    return size_of(bed.run("gate", gate_input(), {"answers": answers}).one("gate"))


def run_parent(bed: Bed, gates: int) -> Size:
    """A stage check of so many gates."""
    names = [f"gate-{index}:bake" for index in range(gates)]
    answers = {"LoadPlan": [{"returns": plan(names)}], **answers_of(dict.fromkeys(names, "pass"))}
    return size_of(bed.run("stage-checks", RELEASE, {"answers": answers}).one("stage-checks"))


def measure(bed: Bed) -> Measured:
    """Counts what the bed shows."""
    gate, parent = run_gate(bed, 1), run_parent(bed, 1)
    return Measured(gate=gate, look=run_gate(bed, 2) - gate, parent=parent, per_gate=run_parent(bed, 2) - parent)


def looks_of(bake: int) -> int:
    """Looks of a gate that bakes so many seconds, with the advice that we take it to give."""
    return math.ceil(bake / max(LOOK_SECONDS_MIN, bake / LOOKS_MAX)) + 1


def looks_at_worst(seconds: int) -> int:
    """Looks in so much time when the gate always wants the next one at once, by the machine's own expression."""
    written = shipped("gate")["States"]["WaitForNextLook"]["Seconds"][2:-2]
    expression = jsonata.Jsonata(written)
    looks, passed = 0, 0
    while passed < seconds:
        looks += 1
        passed += expression.evaluate(None, {"turns": looks, "answer": {"not_before": "2020-01-01T00:00:00Z"}})
    return looks


def table(measured: Measured) -> str:
    """Costs as the document has them."""
    rows = ["| bake | looks of a gate | 1 gate | 3 gates | 20 gates |", "|---|---|---|---|---|"]
    for words, bake in (("1 hour", HOUR), ("12 hours", 12 * HOUR), ("6 days", 144 * HOUR)):
        cells = [f"{n:,} (${n * DOLLARS:.4f})" for n in (measured.transitions(gates, bake) for gates in (1, 3, 20))]
        rows.append(f"| {words} | {looks_of(bake)} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def with_table(text: str, measured: Measured) -> str:
    """The document with this table in it."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(measured)}\n{END}{after}"


def largest_event(execution: Execution) -> int:
    """Bytes of what the largest event of a history carries."""
    return max(sum(map(carried, leaves(event))) for event in execution.events)


def leaves(value) -> Iterator[object]:
    """Everything in an event that is no container."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def carried(leaf: object) -> int:
    """Bytes of a text, as Step Functions counts them; JSON in it has its own spelling from moto."""
    try:
        leaf = json.dumps(json.loads(leaf), ensure_ascii=False)
    except (TypeError, ValueError):
        pass
    return len(str(leaf).encode())


if __name__ == "__main__":
    with running() as started:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(), measure(started)))
