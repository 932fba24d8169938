"""One bed for all tests of state machines."""

import pytest

from .bed import running


@pytest.fixture(scope="session")
def bed():
    with running() as started:
        yield started
