"""What stands in a definition of a state machine."""

from collections.abc import Iterator


def states_of(definition: dict) -> dict[str, dict]:
    """All states by name, those of a Map too."""
    found = {}
    for name, state in definition["States"].items():
        found[name] = state
        if "ItemProcessor" in state:
            found |= states_of(state["ItemProcessor"])
    return found


def tasks_of(definition: dict) -> dict[str, dict]:
    """All states that call something."""
    return {name: state for name, state in states_of(definition).items() if state["Type"] == "Task"}


def expressions_in(value) -> Iterator[str]:
    """All JSONata in it."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from expressions_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions_in(inner)
    elif isinstance(value, str) and value.startswith("{%"):
        yield value[2:-2]


def errors_in(state: dict, part: str) -> list[str]:
    """The error names of a state's Retry or Catch."""
    return [name for rule in state.get(part, []) for name in rule["ErrorEquals"]]


def nexts_of(state: dict) -> list[str]:
    """Where a state may go."""
    rules = state.get("Choices", []) + state.get("Catch", [])
    own = [state[key] for key in ("Next", "Default") if key in state]
    return own + [rule["Next"] for rule in rules]
