"""The real `sluice world` process, clients of it and of moto, and a stand-in
for the functions that it invokes."""

import json
import os
import queue
import signal
import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import moto
import pytest
from botocore.config import Config

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ROLE = "arn:aws:iam::444455556666:role/sluice/read"

# CloudWatch takes three changes of alarms a second; clients wait and retry.
CONFIG = Config(retries={"mode": "standard", "max_attempts": 8})


class Aws:
    """Makes clients, each of them once."""

    def __init__(self, name, **settings):
        self.name = name
        self.settings = settings
        self.clients = {}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.client(service, config=CONFIG, **self.settings)
        return self.clients[service]


@dataclass
class Event:
    """An event that a function got."""

    function: str
    payload: dict
    answer: queue.Queue = field(default_factory=queue.Queue)

    @property
    def job(self):
        return self.payload["CodePipeline.job"]

    def end(self, status=200, body=None):
        """Has the function's process answer."""
        self.answer.put((status, {} if body is None else body))

    def die(self):
        """Has the function's process end without an answer."""
        self.answer.put(None)


class Functions:
    """Takes invocations as cargo-lambda's emulator does."""

    def __init__(self):
        self.events = queue.Queue()
        functions = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                payload = json.loads(self.rfile.read(length))
                event = Event(self.path.split("/")[3], payload)
                functions.events.put(event)
                answer = event.answer.get()
                if answer is None:
                    self.close_connection = True
                    return
                status, body = answer
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def next(self):
        """The next event; none within half a minute is an error."""
        return self.events.get(timeout=30)


@pytest.fixture(scope="session")
def functions():
    return Functions()


@pytest.fixture(scope="session")
def listening(functions):
    """What the world says when it listens; it has to end cleanly."""
    binary = os.environ.get("SLUICE", ROOT / "target/debug/sluice")
    command = [binary, "world", "--port", "0", "--json"]
    command += ["--scenario", HERE / "scenario.yaml", "--plan", HERE / "sluice.yaml"]
    command += ["--functions", functions.url, "--role", ROLE]
    command += ["--retry-wait", "1s", "--function-timeout", "3s"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    first = json.loads(process.stdout.readline())
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
    reader.start()
    yield first
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    reader.join(timeout=30)
    last = json.loads(lines[-1])
    assert last["event"] == "ended"
    assert last["calls"]


@pytest.fixture(scope="session")
def world(listening):
    """Clients of the world."""
    return Aws(
        "world",
        endpoint_url=listening["url"],
        region_name=listening["region"],
        aws_access_key_id=listening["access_key_id"],
        aws_secret_access_key=listening["secret_access_key"],
    )


@pytest.fixture(params=["world", "moto"])
def aws(request):
    """Clients of the world, and of those parts of moto that are right: what
    both say the same of was read by two people in AWS's documentation."""
    if request.param == "world":
        yield request.getfixturevalue("world")
        return
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "simulated"}
    with moto.mock_aws():
        yield Aws("moto", region_name="us-east-1", **keys)


@pytest.fixture
def fresh():
    """A name that nobody had before: the world lives through all tests."""
    return f"t-{uuid.uuid4().hex[:12]}"
