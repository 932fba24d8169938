"""What every definition has to be, seen without running it."""

import re
from collections.abc import Iterator

from .definitions import errors_in, expressions_in, nexts_of, states_of

SECONDS_MAX = 594_000
"""CodePipeline's own action waits 7 days at most (604,800 s); a machine that ends by itself can say why."""
RETRY_IS_FOR_ALL = {"States.ALL", "States.TaskFailed"}
NAME = re.compile(r"[A-Z][a-z]+([A-Z][a-z]+)*")
OWN_FUNCTIONS = {"states", "parse"}


def mistakes(definition: dict) -> list[str]:
    """All that is wrong with a definition."""
    states = states_of(definition)
    found = list(of_machine(definition))
    for name, state in states.items():
        kind = state["Type"]
        found += [f"{name}: {text}" for text in RULES.get(kind, nothing)(state, states)]
        if not NAME.fullmatch(name):
            found.append(f"{name}: a name is words of letters, each with a capital")
        if kind == "Choice" and not re.match(r"(Is|Are|May|Has|Does)[A-Z]", name):
            found.append(f"{name}: a Choice is a question")
    return found + [f"`{name}` is read and never written" for name in unknown_variables(definition)]


def of_machine(definition: dict) -> Iterator[str]:
    """Rules of the whole."""
    comment = definition.get("Comment", "")
    for part in ("Fails closed: ", "Runbook: docs/"):
        if part not in comment:
            yield f"the machine's Comment has no `{part}`"
    if definition.get("QueryLanguage") != "JSONata":
        yield "the machine is not in JSONata"
    if not 0 < definition.get("TimeoutSeconds", 0) <= SECONDS_MAX:
        yield "the machine has no timeout within the host's"


def of_task(state: dict, states: dict) -> Iterator[str]:
    """Every Task is bounded, and every failure of it has a way."""
    if "TimeoutSeconds" not in state:
        yield "no TimeoutSeconds"
    if not state.get("Retry"):
        yield "no Retry"
    for rule in state.get("Retry", []):
        if RETRY_IS_FOR_ALL & set(rule["ErrorEquals"]):
            yield "a Retry for every error"
        if rule.get("JitterStrategy") != "FULL" or not rule.get("MaxDelaySeconds") or not rule.get("MaxAttempts"):
            yield "a Retry without attempts, cap or jitter"
    if errors_in(state, "Catch")[-1:] != ["States.ALL"]:
        yield "no Catch for the rest"
    for rule in state.get("Catch", []):
        if states.get(rule["Next"], {}).get("Type") == "Succeed" and not rule["Next"].startswith("Report"):
            yield "a Catch that goes straight to success"


def of_choice(state: dict, states: dict) -> Iterator[str]:
    """What is not known is no success."""
    if "Default" not in state:
        yield "no Default"
    elif succeeds(state["Default"], states):
        yield f"its Default `{state['Default']}` is a success"


def succeeds(name: str, states: dict) -> bool:
    """Whether a state is a success, or does nothing but lead to one. `ReportGateError` hands an error up as data."""
    state = states[name]
    if state["Type"] == "Succeed":
        return "'look': 'error', 'outcome': 'stop'" not in str(state.get("Output"))
    return state["Type"] in ("Pass", "Wait") and "Assign" not in state and any(succeeds(n, states) for n in nexts_of(state))


def of_fail(state: dict, states: dict) -> Iterator[str]:
    """Every failure has a name and says why."""
    for part in ("Error", "Cause"):
        if not state.get(part):
            yield f"no {part}"


def of_map(state: dict, states: dict) -> Iterator[str]:
    """Iterations are bounded, and a failed one has a way."""
    if not 0 < state.get("MaxConcurrency", 0) <= 20:
        yield "no MaxConcurrency up to 20"
    if errors_in(state, "Catch")[-1:] != ["States.ALL"]:
        yield "no Catch for the rest"


def nothing(state: dict, states: dict) -> Iterator[str]:
    """Other states have no rules of their own."""
    return iter(())


RULES = {"Task": of_task, "Choice": of_choice, "Fail": of_fail, "Map": of_map}


def unknown_variables(definition: dict) -> set[str]:
    """Variables that an expression reads and no state writes: AWS finds them when the state runs."""
    written = set(assigned(definition)) | OWN_FUNCTIONS
    unknown = set()
    for expression in expressions_in(definition):
        text = re.sub(r"'(?:\\.|[^'\\])*'|/(?:\\.|[^/\\\n])+/", "''", expression)
        own = set(re.findall(r"\$(\w+)\s*:=", text)) | {
            name for arguments in re.findall(r"function\(([^)]*)\)", text) for name in re.findall(r"\$(\w+)", arguments)
        }
        called = set(re.findall(r"\$(\w+)\(", text))
        unknown |= set(re.findall(r"\$(\w+)", text)) - own - written - called
    return unknown


def assigned(value) -> Iterator[str]:
    """Names of all variables that are written."""
    if isinstance(value, dict):
        yield from value.get("Assign", {}) if isinstance(value.get("Assign"), dict) else ()
        for inner in value.values():
            yield from assigned(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from assigned(inner)
