"""Lambda as cargo-lambda emulates it, and a release that a simulated AWS drives through it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .lambdas import ROOT, binary

CARGO_LAMBDA = Path(sys.executable).parent / "cargo-lambda"
FUNCTIONS = ("sluice-bake", "sluice-canary", "sluice-validate", "sluice-reaper")
"""Those that a gate of its own needs."""
START_WITHIN = 300
"""Seconds: the emulator builds what is not built yet."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return own.getsockname()[1]


@dataclass
class Emulator:
    """cargo-lambda's emulator, with our functions running."""

    url: str
    aws_port: int
    process: subprocess.Popen

    def invoke(self, function: str, event: object) -> object:
        """Invokes a function as Lambda's API does, and waits for what it returns."""
        url = f"{self.url}/2015-03-31/functions/{function}/invocations"
        request = urllib.request.Request(url, json.dumps(event).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=START_WITHIN) as response:
            return json.load(response)

    def kill(self, function: str) -> None:
        """Ends a function's process as the kernel does when memory is out."""
        killed = [pid for pid in descendants(self.process.pid) if name_of(pid) == function]
        assert killed, f"{function} does not run"
        for pid in killed:
            os.kill(pid, signal.SIGKILL)


def name_of(pid: int) -> str:
    """A process's name, whole."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    return Path(command.decode()).name


def descendants(pid: int) -> list[int]:
    """Processes that a process started, and what those started."""
    own: set[int] = set()
    with suppress(FileNotFoundError, ProcessLookupError):  # One may end meanwhile.
        for thread in Path(f"/proc/{pid}/task").iterdir():
            own |= {int(child) for child in (thread / "children").read_text().split()}
    found = sorted(own)
    return found + [below for child in found for below in descendants(child)]


def end(process: subprocess.Popen) -> None:
    """Ends the emulator and whatever it started; itself first, since it starts again what ends."""
    for pid in [process.pid, *descendants(process.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@contextmanager
def emulating(folder: Path, functions: tuple[str, ...] = FUNCTIONS, **more: str) -> Iterator[Emulator]:
    """Runs the emulator until the block ends, once these functions run. They find AWS at a port that is still free;
    `more` are variables of theirs, and go before these."""
    port, aws_port = free_port(), free_port()
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws_port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAFUNCTION0000000",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "SLUICE_EVIDENCE_BUCKET": "sluice-evidence",
        "SLUICE_CLAIMS_TABLE": "sluice-claims",
        **more,
    }
    command = [CARGO_LAMBDA, "lambda", "watch", "--ignore-changes", "-A", "127.0.0.1", "-P", str(port)]
    with (folder / "emulator.log").open("w") as log:
        # A session of its own: Ctrl-C is for us, and we end it.
        own = dict(env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        process = subprocess.Popen(command, cwd=ROOT, **own)
        emulator = Emulator(f"http://127.0.0.1:{port}", aws_port, process)
        try:
            wait_until_up(emulator, functions)
            yield emulator
        finally:
            end(process)


def wait_until_up(emulator: Emulator, functions: tuple[str, ...]) -> None:
    """A first event, which is nobody's, starts each function."""
    until = time.monotonic() + START_WITHIN
    for function in functions:
        while True:
            assert emulator.process.poll() is None, "cargo-lambda's emulator ended"
            try:
                assert emulator.invoke(function, {}) == {"handled": "nobody to answer"}
                break
            except urllib.error.URLError:
                assert time.monotonic() < until, f"{function} did not start"
                time.sleep(0.1)


class Release:
    """A release that `sluice world` drives through the emulator's functions."""

    def __init__(
        self,
        emulator: Emulator,
        folder: Path,
        plan: str,
        scenario: str,
        function_timeout: str = "5s",
        more: tuple[str, ...] = (),
    ) -> None:
        (folder / "sluice.yaml").write_text(plan)
        (folder / "scenario.yaml").write_text(scenario)
        command = [
            *(str(binary("sluice")), "world", "--release", "--json", "--verbose"),
            *("--plan", str(folder / "sluice.yaml"), "--scenario", str(folder / "scenario.yaml")),
            *("--port", str(emulator.aws_port), "--functions", emulator.url),
            # Lambda's own are a minute and two.
            *("--retry-wait", "1s", "--function-timeout", function_timeout),
            *more,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.events: list[dict] = []

    def until(self, text: str) -> str:
        """Waits for a line of the timeline that holds this text."""
        for written in self.process.stdout:
            event = json.loads(written)
            self.events.append(event)
            if text in event.get("text", ""):
                return event["text"]
        raise AssertionError(f"no `{text}` in:\n{self.timeline()}")

    def end(self) -> int:
        """Waits for the end, and gives the exit code."""
        with self.process.stdout as rest:
            self.events += [json.loads(written) for written in rest]
        return self.process.wait(timeout=60)

    def timeline(self) -> str:
        """All lines so far."""
        return "\n".join(event["text"] for event in self.events if event["event"] == "line")

    def calls(self) -> dict[str, int]:
        """Calls of AWS by operation, once it has ended."""
        return self.events[-1]["calls"]
