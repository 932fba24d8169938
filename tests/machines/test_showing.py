"""What `make stage-checks` prints, of a release that was recorded: each line of the file is what one look at the bed saw
that was new. The path of states is in the order in which it was gone, and nothing is lost by folding it."""

import json
from pathlib import Path

import pytest

from . import show
from .bed import MACHINES
from .showing import WIDTH, Shown, folded

RECORDED = Path(__file__).parent / "recorded"
POLLS = json.loads((RECORDED / "failed-release.json").read_text())


def looked_at() -> list[list[dict]]:
    """What each look at the bed gives: all events so far."""
    all_so_far, looks = {}, []
    for fresh in POLLS:
        for execution in fresh:
            before = all_so_far.get(execution["arn"], {"events": []})
            all_so_far[execution["arn"]] = {**execution, "events": before["events"] + execution["events"]}
        looks.append(list(all_so_far.values()))
    return looks


def printed(looks: list[list[dict]]) -> list[str]:
    lines: list[str] = []
    shown = Shown(0, write=lines.append)
    for executions in looks:
        shown.more(executions)
    return lines


def test_a_release_that_failed_is_printed_as_it_was_recorded():
    assert "\n".join([*printed(looked_at()), ""]) == (RECORDED / "failed-release.txt").read_text()


def test_what_the_document_shows_is_from_that_record():
    text = (MACHINES.parent / "docs" / "stage-checks.md").read_text()
    shown = text.split("<!-- shown: begin -->\n```text\n")[1].split("\n```")[0].splitlines()
    recorded = iter((RECORDED / "failed-release.txt").read_text().splitlines())
    # In its order: each line is looked for behind the one before.
    assert [line for line in shown if line != "..." and line not in recorded] == []
    assert len(shown) > 10


def test_only_what_has_no_space_in_it_is_wider_than_a_terminal():
    for line in printed(looked_at()):
        assert len(line) <= WIDTH or " " not in line.strip(), line


def test_looking_again_prints_nothing_twice():
    looks = looked_at()
    assert printed([look for look in looks for _ in range(2)]) == printed(looks)


@pytest.mark.parametrize("every", [1, 3, 1000])
def test_each_state_is_printed_however_seldom_one_looks(every):
    looks = looked_at()
    text = "\n".join(printed([*looks[::every], looks[-1]]))
    entered = [
        state["name"]
        for execution in looks[-1]
        for event in execution["events"]
        if (state := event.get("stateEnteredEventDetails"))
    ]
    for name in set(entered):
        assert name in text
    assert text.count("= fail: ") == 1


def test_an_address_is_left_whole():
    address = "s3://evidence/" + "a" * 100
    assert folded(f"evidence: {address}\nhint: look", 30) == ["evidence:", address, "hint: look"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"first": "Failed"}, 1),
        ({"second": "Succeeded"}, 1),
        ({"went back": "Failed"}, 1),
        ({"rollback": "FAILED"}, 1),
    ],
)
def test_only_an_example_that_went_as_it_says_ends_with_0(changed, code, capsys):
    assert show.judged(show.EXPECTED | changed) == code
    assert show.judged({"first": "Succeeded", "second": "Failed"}) == 1
    capsys.readouterr()
