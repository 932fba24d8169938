"""One bed for all tests of state machines, and one for definitions that are not the shipped ones."""

import pytest

from .bed import running


@pytest.fixture(scope="session")
def bed():
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def spare():
    """Definitions stay in a bed, so these have one of their own. Each test puts those that it needs."""
    with running() as started:
        yield started
