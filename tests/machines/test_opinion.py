"""The engine of the bed and the reference implementation of JSONata say the same of every expression of every case."""

import json
import subprocess
from pathlib import Path

from .cases import all_cases, run_once

EVALUATE = Path(__file__).parent / "evaluate.js"
CLOCK = ("$now(", "$millis(")
"""What differs from moment to moment."""


def opinion(asked: list[dict]) -> list[dict]:
    """What the reference implementation says."""
    lines = "".join(json.dumps({"expression": one["expression"], "bindings": one["bindings"]}) + "\n" for one in asked)
    done = subprocess.run(["node", EVALUATE], input=lines, capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_reference_implementation_agrees_about_every_expression(bed):
    for case in all_cases():
        run_once(case, bed)
    asked = [one for one in bed.ask("evaluations", {}) if not any(word in one["expression"] for word in CLOCK)]
    assert len({one["expression"] for one in asked}) > 100
    answers = opinion(asked)
    assert len(answers) == len(asked)
    differ = [(one, answer) for one, answer in zip(asked, answers, strict=True) if not same(one["said"], answer)]
    assert differ == []


def same(said: dict, answer: dict) -> bool:
    """Both failed, or both have the same value."""
    if "failed" in said or "failed" in answer:
        return "failed" in said and "failed" in answer
    return said["value"] == answer["value"]


def test_the_reference_implementation_would_notice():
    asked = [{"expression": "$a + 1", "bindings": {"a": 1}}, {"expression": "$a.b", "bindings": {"a": {}}}]
    assert opinion(asked)[0] == {"value": 2}
    assert "failed" in opinion(asked)[1]
    assert not same({"value": 3}, opinion(asked)[0])
