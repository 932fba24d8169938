"""The real `sluice world` process, clients of it and of moto, and a stand-in
for the functions that it invokes."""

import json
import os
import signal
import subprocess
import threading
import uuid
from pathlib import Path

import moto
import pytest

from .clients import ROLE, Aws
from .stand_in import Functions

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="session")
def functions():
    return Functions()


@pytest.fixture(scope="session")
def listening(functions):
    """What the world says when it listens; it has to end cleanly."""
    binary = ROOT / "target" / os.environ.get("SLUICE_PROFILE", "debug") / "sluice"
    binary = Path(os.environ.get("SLUICE_BINARY", binary))
    assert binary.exists(), f"{binary} is not there: run `make test`, which builds it"
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
    process.stdout.close()
    last = json.loads(lines[-1])
    assert last["event"] == "ended"
    assert last["calls"]


@pytest.fixture(scope="session")
def world(listening):
    """Clients of the world."""
    own = Aws(
        "world",
        endpoint_url=listening["url"],
        region_name=listening["region"],
        aws_access_key_id=listening["access_key_id"],
        aws_secret_access_key=listening["secret_access_key"],
    )
    yield own
    own.close()


@pytest.fixture(params=["world", "moto"])
def aws(request):
    """Clients of the world, and of those parts of moto that are right: what
    both say the same of was read by two people in AWS's documentation."""
    if request.param == "world":
        yield request.getfixturevalue("world")
        return
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "simulated"}
    with moto.mock_aws():
        own = Aws("moto", region_name="us-east-1", **keys)
        yield own
        own.close()


@pytest.fixture
def other():
    """Makes clients of the same place that differ in some settings."""
    made = []

    def make(aws, **settings):
        made.append(Aws(aws.name, **(aws.settings | settings)))
        return made[-1]

    yield make
    for own in made:
        own.close()


@pytest.fixture
def fresh():
    """A name that nobody had before: the world lives through all tests."""
    return f"t-{uuid.uuid4().hex[:12]}"
