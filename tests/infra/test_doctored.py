"""What is looked up of a deployment shows a doctored template, so that those tests can fail."""

import pytest
from moto import mock_aws

from infra import aws, rights
from infra.template import translated
from infra.test_rules import of_event, of_rule, settings, statement, unconditional
from infra.test_machines import filled


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
    (settings("ChecksFunction", Environment=None), "checks"),
    (statement("ChecksRole", Action="codepipeline:*"), "checks' rights"),
    (settings("PlanFunction", Timeout=3), "plan"),
    (statement("PlanRole", Action="dynamodb:*"), "plan's rights"),
    (settings("OverrideFunction", Timeout=3), "override"),
    (lambda template: rights.statements(template, "OverrideRole")[-1].update(Action="dynamodb:*"), "override's rights"),
    (settings("NotifyFunction", Environment=None), "notify"),
    (statement("NotifyRole", Action="codepipeline:*"), "notify's rights"),
    (settings("NoticesTable", BillingMode=None), "notices"),
    (settings("WorkerFunction", Timeout=120), "worker"),
    (statement("WorkerRole", Action="codepipeline:*"), "worker's rights"),
    (settings("LeasesTable", BillingMode=None), "leases"),
    (of_event("WorkerFunction", "EachMinute", Schedule="rate(1 day)"), "worker's schedule"),
    (of_event("WorkerFunction", "Started", Pattern={"source": ["aws.codepipeline"]}), "worker's events"),
    (settings("PlansTable", BillingMode=None), "plans"),
    (settings("WaiversTable", BillingMode=None), "waivers"),
    (filled("StageChecks", PlanFunctionArn="arn:aws:lambda:eu-west-1:123456789012:function:other"), "StageChecks"),
    (settings("GateMachine", Role="arn:aws:iam::123456789012:role/other"), "Gate"),
    (filled("Rollback", TopicArn="arn:aws:sns:eu-west-1:123456789012:other"), "Rollback"),
    (statement("StageChecksRole", Action="lambda:*"), "StageChecks's rights"),
    (statement("GateRole", Action="lambda:*"), "Gate's rights"),
    (unconditional("StopDeployments", "RollbackRole"), "Rollback's rights"),
    (of_rule(0, status=["SUCCEEDED"]), "rule"),
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
