"""The world that most tests share, clients of it and of moto, and a stand-in
for the functions that it invokes."""

import uuid

import moto
import pytest

from .clients import ROLE, Aws
from .command import Command
from .stand_in import Functions


@pytest.fixture(scope="session")
def functions():
    own = Functions()
    yield own
    own.close()


@pytest.fixture(scope="session")
def command(functions):
    """A world in which all takes seconds; it has to end cleanly."""
    quick = ["--retry-wait", "1s", "--function-timeout", "3s"]
    own = Command(functions, *quick, "--role", ROLE)
    yield own
    code, lines = own.interrupt()
    assert (code, lines[-1]["event"]) == (0, "ended")
    assert lines[-1]["calls"]


@pytest.fixture(scope="session")
def world(command):
    """Clients of the world."""
    own = Aws("world", **command.settings())
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
