"""The template, and what becomes of it in an emulated AWS."""

import pytest
from moto import mock_aws

from infra import aws
from infra.template import translated


@pytest.fixture
def template():
    """The translated template."""
    return translated()


@pytest.fixture
def stack(template):
    """The template deployed as it is, before anything is put by hand."""
    with mock_aws():
        aws.deploy(template)
        yield aws.resources()


@pytest.fixture
def whole(template, stack):
    """The same, with what moto's CloudFormation passed over put by hand."""
    aws.by_hand(template)
    return stack
