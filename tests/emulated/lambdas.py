"""A function's binary, run as Lambda runs it: against a Runtime API that hands it events."""

import json
import os
import queue
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .serving import Quiet, served

ROOT = Path(__file__).resolve().parents[2]
PROFILE = os.environ.get("SLUICE_PROFILE", "debug")
"""The profile whose binaries are tried: what cargo calls their folder."""

WAIT = 30
"""Seconds after which a function that says nothing is taken for dead."""


def binary(name: str) -> Path:
    """A binary that cargo built, with the command that builds it if it did not."""
    path = ROOT / "target" / PROFILE / name
    assert path.exists(), f"{path} is not there: run `make test`, which builds it"
    return path


@dataclass
class Answer:
    """What the function told Lambda about one event."""

    succeeded: bool
    body: dict


@dataclass
class Function:
    """A running function."""

    process: subprocess.Popen
    log_path: Path
    started: float
    """When it was started, by `time.perf_counter`."""
    events: queue.Queue = field(default_factory=queue.Queue)
    answers: queue.Queue = field(default_factory=queue.Queue)
    polls: list[float] = field(default_factory=list)

    def invoke(self, event: object, lives: float = 60.0) -> Answer:
        """Hands it an event, and waits for what it says."""
        self.events.put((event, lives))
        return self.answers.get(timeout=WAIT + lives)

    def log(self) -> list[str]:
        """The lines it wrote."""
        return self.log_path.read_text().splitlines()


REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


def runtime_interface(function: list[Function]) -> type[Quiet]:
    """The part of Lambda that a function sees."""

    class RuntimeInterface(Quiet):
        def do_GET(self) -> None:
            own = function[0]
            own.polls.append(time.perf_counter())
            event, lives = own.events.get()
            self.reply(
                200,
                json.dumps(event).encode(),
                Content_Type="application/json",
                Lambda_Runtime_Aws_Request_Id=REQUEST,
                Lambda_Runtime_Deadline_Ms=str(int((time.time() + lives) * 1000)),
                Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:eu-central-1:111122223333:function:f",
                Lambda_Runtime_Trace_Id="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            )

        def do_POST(self) -> None:
            body = json.loads(self.body() or b"null")
            self.reply(202)
            function[0].answers.put(Answer(self.path.endswith("/response"), body))

    return RuntimeInterface


def environment(runtime_port: int, endpoint: str, **more: str) -> dict[str, str]:
    """What Lambda sets for a function, and where AWS is."""
    return {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIAFUNCTION0000000",
        "AWS_SECRET_ACCESS_KEY": "planted-secret-key",
        "AWS_SESSION_TOKEN": "planted-session-token",
        "AWS_ENDPOINT_URL": endpoint,
        "HOME": "/nonexistent",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


@contextmanager
def running(command: list[str], endpoint: str, folder: Path, **more: str) -> Iterator[Function]:
    """Runs a function until the block ends. Variables that are empty are left out."""
    holder: list[Function] = []
    log_path = folder / "function.log"
    with served(runtime_interface(holder)) as port, log_path.open("w") as log:
        own = {name: value for name, value in environment(port, endpoint, **more).items() if value}
        # The handler needs the function, and the function the handler's port.
        holder.append(Function(process=None, log_path=log_path, started=time.perf_counter()))
        holder[0].process = subprocess.Popen(command, env=own, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield holder[0]
        finally:
            holder[0].process.kill()
            holder[0].process.wait()
