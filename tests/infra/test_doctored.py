"""What is looked up of a deployment shows a doctored template, so that those tests can fail."""

import pytest
from moto import mock_aws

from infra import aws, rights
from infra.template import translated
from infra.test_rules import settings, statement, unconditional


def looked_up(change):
    """What is looked up after a change to the template."""
    with mock_aws():
        aws.deploy(translated(change))
        return aws.facts()


DOCTORED = [
    (settings("BakeFunction", Timeout=900), "gate"),
    (settings("BakeFunction", Runtime="provided.al2"), "gate"),
    (settings("BakeFunction", Environment=None), "gate"),
    (settings("CanaryFunction", Timeout=900), "canary"),
    (settings("CanaryFunction", Environment=None), "canary"),
    (settings("ValidateFunction", Timeout=900), "tests"),
    (settings("ValidateFunction", Environment=None), "tests"),
    (statement("ValidateRole", Action="dynamodb:*"), "tests' rights"),
    (unconditional("RunBuilds"), "tests' rights"),
    (settings("ClaimsTable", BillingMode=None), "claims"),
    (statement("CanaryRole", Action="cloudwatch:*"), "canary's rights"),
    (lambda template: rights.statements(template, "CanaryRole")[-1].update(Action="lambda:*"), "all gates' rights"),
    (settings("ReaperFunction", Timeout=3), "reaper"),
    (statement("BakeRole", Action="cloudwatch:*"), "gate's rights"),
    (lambda template: rights.statements(template, "ReaperRole")[-1].update(Action="logs:*"), "reaper's rights"),
    (settings("UnansweredQueue", SqsManagedSseEnabled=False), "queue"),
    (settings("UnansweredQueue", MessageRetentionPeriod=1_209_600), "queue"),
    (settings("BakeLogs", RetentionInDays=None), "logs"),
    (settings("EvidenceBucket", BucketEncryption=None), "encryption"),
    (lambda template: template["Outputs"].pop("EvidenceBucketName"), "outputs"),
]


@pytest.fixture(scope="module")
def plain():
    """What is looked up of the template as it is."""
    return looked_up(lambda template: None)


@pytest.mark.parametrize(("change", "fact"), DOCTORED, ids=[fact for _, fact in DOCTORED])
def test_a_doctored_template_shows_where_it_was_doctored_and_only_there(plain, change, fact):
    doctored = looked_up(change)
    assert {name for name in plain if plain[name] != doctored[name]} == {fact}
