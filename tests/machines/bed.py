"""A bed in which the state machines run: started once for all tests, with a script for each."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from emulated.emulator import free_port

TESTS = Path(__file__).resolve().parents[1]
MACHINES = TESTS.parent / "statemachines"
NAMES = ("stage-checks", "gate", "rollback", "hook")
ACCOUNT = "arn:aws:states:us-east-1:123456789012:stateMachine"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function"
SUBSTITUTIONS = {
    "PlanFunctionArn": f"{FUNCTION}:sluice-plan",
    "BakeFunctionArn": f"{FUNCTION}:sluice-bake",
    "CanaryFunctionArn": f"{FUNCTION}:sluice-canary",
    "ValidateFunctionArn": f"{FUNCTION}:sluice-validate",
    "NotifyFunctionArn": f"{FUNCTION}:sluice-notify",
    "GateMachineArn": f"{ACCOUNT}:gate",
    "RollbackMachineArn": f"{ACCOUNT}:rollback",
    "EventBusName": "sluice",
    "TopicArn": "arn:aws:sns:us-east-1:123456789012:sluice",
    "ClaimsTableName": "sluice-claims",
}
START_WITHIN = 60
"""Seconds."""


def shipped(name: str) -> dict:
    """A definition as it stands in the file."""
    return json.loads((MACHINES / name / f"{name}.asl.json").read_text())


def substituted(definition: dict) -> str:
    """A definition with the ARNs of the bed."""
    text = json.dumps(definition)
    for name, value in SUBSTITUTIONS.items():
        text = text.replace("${%s}" % name, value)
    return text


def with_timeouts(definition, seconds: int):
    """A copy in which no timeout is longer than this, and nothing else differs."""
    if isinstance(definition, dict):
        return {
            key: min(value, seconds) if key == "TimeoutSeconds" else with_timeouts(value, seconds)
            for key, value in definition.items()
        }
    if isinstance(definition, list):
        return [with_timeouts(value, seconds) for value in definition]
    return definition


@dataclass
class Execution:
    """One execution that ran in the bed."""

    machine: str
    name: str
    arn: str
    status: str
    output: dict | None
    error: str | None
    cause: str | None
    events: list[dict] = field(repr=False)

    @cached_property
    def path(self) -> list[str]:
        """The states in the order in which they were entered."""
        details = (event.get("stateEnteredEventDetails") for event in self.events)
        return [entered["name"] for entered in details if entered]

    @property
    def end(self) -> str:
        """The last state."""
        return self.path[-1]


@dataclass
class Run:
    """What happened in one case."""

    executions: list[Execution]
    calls: list[dict]
    waits: list[dict]
    items: list[dict]
    problems: list[str]

    def of(self, machine: str) -> list[Execution]:
        """The executions of a machine, in the order of their names."""
        return sorted((e for e in self.executions if e.machine == machine), key=lambda e: e.name)

    def one(self, machine: str) -> Execution:
        """The only execution of a machine."""
        found = self.of(machine)
        assert len(found) == 1, f"{len(found)} executions of {machine}"
        return found[0]

    def made(self, state: str, machine: str | None = None) -> list[dict]:
        """The parameters of the calls that a state made."""
        found = (c for c in self.calls if c["state"] == state and machine in (None, c["machine"]))
        return [call["parameters"] for call in found]

    def published(self, state: str) -> list[dict]:
        """The details of the events that a state published."""
        return [json.loads(made["Entries"][0]["Detail"]) for made in self.made(state)]


class Bed:
    """A running bed."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, route: str, body: dict) -> dict:
        """Asks one of the bed's own routes."""
        url = f"http://127.0.0.1:{self.port}/moto-api/bed/{route}"
        request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=900) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"the bed: {error.read().decode()}") from error

    def deploy(self, **definitions: dict) -> None:
        """Puts definitions; the names have `_` for `-`."""
        self.ask("machines", {name.replace("_", "-"): substituted(one) for name, one in definitions.items()})

    def deploy_shipped(self) -> None:
        """Puts the definitions as they stand in their files."""
        self.ask("machines", {name: substituted(shipped(name)) for name in NAMES})

    def run(
        self, machine: str, given: object, script: dict, times: int = 1, together: bool = False, within: float = 20
    ) -> Run:
        """Runs a case to its end. `times` starts it so often under other names, one after the other or at the same time.

        `script` has `answers` (by state; a gate's look by `LookAtGate NAME`), `codepipeline` and `codedeploy` (what
        `models.py` takes), `items` (of the claims table), `twice` (each call is made two times), `forward` (by
        service, where it really runs), and `records` (whether `evaluations` are kept).
        """
        self.ask("script", script)
        starts = [self.start_of(machine, given) for _ in range(times)]
        return run_from(self.ask("run", {"starts": starts, "together": together, "within": within}))

    def start(self, machine: str, given: object, script: dict) -> None:
        """Starts a case and does not wait for it: `seen` tells what has happened so far."""
        self.ask("script", script)
        self.ask("start", self.start_of(machine, given))

    def seen(self) -> Run:
        """What has happened so far."""
        return run_from(self.ask("seen", {}))

    @staticmethod
    def start_of(machine: str, given: object) -> dict:
        """An execution under a name that nobody has."""
        return {"machine": machine, "name": f"{machine}-{uuid.uuid4()}", "input": given}


def run_from(seen: dict) -> Run:
    """What the bed tells."""
    executions = [Execution(**execution) for execution in seen.pop("executions")]
    return Run(executions=executions, **seen)


@contextmanager
def running(time_scale: float = 10_000) -> Iterator[Bed]:
    """A bed until the block ends, with the shipped machines in it. Waits and retries take so much less time."""
    port = free_port()
    command = [sys.executable, "-B", "-m", "machines.server", str(port), str(time_scale)]
    # What the process says is moto's; what goes wrong comes back as an answer.
    quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = subprocess.Popen(command, cwd=TESTS, start_new_session=True, **quiet)
    try:
        bed = Bed(port)
        wait_until_up(bed, process)
        bed.deploy_shipped()
        yield bed
    finally:
        process.kill()
        process.wait()


def wait_until_up(bed: Bed, process: subprocess.Popen) -> None:
    """Waits until the bed answers."""
    until = time.monotonic() + START_WITHIN
    while True:
        assert process.poll() is None, "the bed ended"
        try:
            bed.ask("script", {})
            return
        except urllib.error.URLError:
            assert time.monotonic() < until, "the bed did not start"
            time.sleep(0.1)
