"""Names of errors are the same in the machines, in the functions and in the documents."""

import re

from .bed import MACHINES, NAMES, shipped
from .definitions import errors_in, states_of

ROOT = MACHINES.parent
PAGES = ROOT / "docs" / "errors"
OF_SERVICES = re.compile(r"(States|Lambda|Sandbox|Runtime|StepFunctions|Sfn|DynamoDB|EventBridge|SNS|CodePipeline|CodeDeploy)\.\w+")
NOT_THROWN = {"FunctionDied"}
"""Said by the machine itself, and by the reaper: a function that died throws nothing."""


def in_machines() -> set[str]:
    """Names of our own that a Retry or a Catch knows."""
    states = [state for machine in NAMES for state in states_of(shipped(machine)).values()]
    names = {name for state in states for part in ("Retry", "Catch") for name in errors_in(state, part)}
    return {name for name in names if not OF_SERVICES.fullmatch(name)}


def in_functions() -> set[str]:
    """`GateError::NAMES`."""
    text = (ROOT / "shared/core/src/error.rs").read_text()
    listed = re.search(r"pub const NAMES: \[&'static str; \d+\] = \[(.*?)\];", text, re.DOTALL)
    return set(re.findall(r'"(\w+)"', listed.group(1)))


def test_every_name_in_a_machine_is_one_that_a_function_throws():
    assert in_machines() - (in_functions() - NOT_THROWN) == set()


def test_every_name_that_a_function_throws_is_known_to_a_machine():
    assert in_functions() - NOT_THROWN - in_machines() == set()


def test_every_name_in_a_machine_has_its_page():
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    assert in_machines() - pages == set()


def test_what_a_machine_says_by_itself_has_its_page():
    said = {
        name
        for machine in NAMES
        for name in re.findall(r'"error": "(\w+)"', (MACHINES / machine / f"{machine}.asl.json").read_text())
    }
    assert said == {"FunctionDied", "ParametersInvalid", "PlanUnreadable", "SettingsInvalid"}
    assert said <= {path.stem for path in PAGES.glob("*.md")}


def test_ends_have_the_names_that_the_documents_list():
    text = (ROOT / "docs/stage-checks.md").read_text()
    for machine in ("stage-checks", "rollback"):
        ends = {state["Error"] for state in shipped(machine)["States"].values() if state["Type"] == "Fail"}
        listed = set(re.findall(r"^\| `(\w+)` \|", section(text, f"Ends of `{machine}`"), re.MULTILINE)) - {"Error"}
        assert ends == listed


def section(text: str, heading: str) -> str:
    """The text under a heading."""
    return text.split(f"## {heading}\n")[1].split("\n## ")[0]
