"""What the executions of state machines do, as lines of at most 80 columns: when, who, what."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

WIDTH = 80
WHO = 15
"""Columns of the name in front."""


@dataclass
class Line:
    """Something that an execution did, and when it was done."""

    at: float
    who: str
    text: str


class Shown:
    """Prints each state, look and end once. `began` is when time counts from, as seconds of the epoch."""

    def __init__(self, began: float, write=print) -> None:
        self.began = began
        self.write = write
        self.events: dict[str, int] = {}

    def say(self, at: float, who: str, text: str) -> None:
        """A line, folded. What is too long for a line is not cut: an address is there to be copied."""
        before = f"{max(0, at - self.began):5.0f}s  {who:<{WHO}}"
        for line in folded(text, WIDTH - len(before)):
            self.write(f"{before}{line}".rstrip())
            before = " " * len(before)

    def more(self, executions: Iterable[dict]) -> None:
        """Whatever is new, in the order in which it was done."""
        fresh = [(execution, self.fresh(execution)) for execution in executions]
        cuts = cuts_of(fresh)
        lines = [line for execution, events in fresh for line in lines_of(execution, events, cuts)]
        for line in sorted(lines, key=lambda line: line.at):
            self.say(line.at, line.who, line.text)

    def fresh(self, execution: dict) -> list[dict]:
        """Events that are new."""
        known = self.events.get(execution["arn"], 0)
        self.events[execution["arn"]] = len(execution["events"])
        return execution["events"][known:]


def cuts_of(fresh: list[tuple[dict, list[dict]]]) -> list[float]:
    """When executions of each machine had begun: what others did before stands before what these do."""
    begun: dict[str, float] = {}
    for execution, events in fresh:
        for event in events[:1]:
            if event["type"] == "ExecutionStarted":
                begun[execution["machine"]] = max(time_of(event), begun.get(execution["machine"], 0))
    return sorted(begun.values())


def lines_of(execution: dict, events: list[dict], cuts: list[float]) -> list[Line]:
    """What an execution did: states up to each answer or cut, the answer, and the end."""
    who, lines, states = name_of(execution), [], []
    for event in events:
        if states and any(states[-1][0] <= cut < time_of(event) for cut in cuts):
            lines, states = lines + walked(who, states), []
        if state := event.get("stateEnteredEventDetails"):
            states.append((time_of(event), state["name"]))
        if said := answer_in(event) or end_in(event, execution):
            lines += [*walked(who, states), Line(time_of(event), who, said)]
            states = []
    return lines + walked(who, states)


def walked(who: str, states: list[tuple[float, str]]) -> list[Line]:
    """States that were entered one after the other, as one line."""
    names = [(name, len(list(same))) for name, same in groupby(name for _, name in states)]
    text = " -> ".join(name if count == 1 else f"{name} ({count} times)" for name, count in names)
    return [Line(states[-1][0], who, text)] if states else []


def name_of(execution: dict) -> str:
    """The machine, and for a gate's the gate."""
    if execution["machine"] != "gate":
        return execution["machine"]
    return f"  {json.loads(execution['events'][0]['executionStartedEventDetails']['input'])['gate']}"


def answer_in(event: dict) -> str | None:
    """What a gate's function said, where the event is its answer."""
    output = event.get("taskSucceededEventDetails", {}).get("output")
    payload = json.loads(output).get("Payload") if output else None
    if not isinstance(payload, dict) or "look" not in payload:
        return None
    return f"= {payload['look']}: {payload['line'] or payload['reason']}"


def end_in(event: dict, execution: dict) -> str | None:
    """How the execution ended, where the event is its end. A gate's end is its last answer."""
    ends = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
    if event["type"] not in ends or (execution["machine"] == "gate" and execution["status"] == "SUCCEEDED"):
        return None
    why = [text for text in (execution["error"], execution["cause"]) if text]
    return ": ".join([f"= {execution['status']}", *why])


def time_of(event: dict) -> float:
    """Seconds of the epoch."""
    at = event["timestamp"]
    return at if isinstance(at, float | int) else datetime.fromisoformat(at).timestamp()


def folded(text: str, room: int) -> list[str]:
    """Text in lines; words that are longer than a line stay whole."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    wrapped = (textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) for line in lines)
    return [line for part in wrapped for line in part]
