"""Rules of what tells people, each seen red."""

import pytest

from infra import keeping, rights, telling, timing
from infra.template import translated
from infra.test_rules import invoke, of_event, of_statement, resource, settings, unconditional, without


def let_in(function):
    """Lets all of SNS invoke a function."""
    own = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": function}, "Principal": "sns.amazonaws.com"}
    return lambda template: template["Resources"].update(
        Another={"Type": "AWS::Lambda::Permission", "Properties": own}
    )


RED = [
    (keeping.problems, without("UndeliveredAlarm"), "nobody is told of messages in UndeliveredQueue"),
    (
        keeping.problems,
        settings("UndeliveredQueue", MessageRetentionPeriod=None),
        "UndeliveredQueue keeps messages for another time than it should",
    ),
    (keeping.problems, settings("NoticesTable", TimeToLiveSpecification=None), "what was told is kept for ever"),
    (
        keeping.problems,
        lambda template: resource("NoticesTable")(template).pop("DeletionPolicy"),
        "NoticesTable goes with the stack",
    ),
    (keeping.problems, without("NotifyRecordLostAlarm"), "nobody is told of lost records of NotifyFunction"),
    (telling.problems, of_event("NotifyFunction", "Sweep", Schedule="rate(1 day)"), "nobody looks for what no event told"),
    (telling.problems, let_in("NotifyFunction"), "others may invoke NotifyFunction"),
    (telling.problems, let_in("OverrideFunction"), "anybody may ask for a waiver"),
    (telling.problems, without("UndeliveredRule"), "what could not be delivered is lost"),
    (
        telling.problems,
        settings("UndeliveredRule", EventPattern={"source": ["sluice"], "detail-type": ["Sluice Undelivered"]}),
        "what could not be delivered is lost",
    ),
    (
        telling.problems,
        lambda template: resource("UndeliveredQueuePolicy")(template)["Properties"]["PolicyDocument"]["Statement"].pop(0),
        "the queue of what was not delivered does not take it from its rule alone",
    ),
    (timing.problems, settings("NotifyFunction", Timeout=900), "a gate that waits and dies is dead after 1500 s"),
    (timing.problems, invoke("NotifyFunction", MaximumRetryAttempts=1), "1 retries of a gate"),
    (
        timing.destination_problems,
        settings("NotifyFunction", AutoPublishAlias="live"),
        "NotifyFunction as $LATEST does not go to ReaperFunction when it fails",
    ),
    (
        rights.problems,
        unconditional("TellTopicsOfOthers", "NotifyRole"),
        "a plan may sns:Publish where NotifyTopics is empty",
    ),
    (
        rights.problems,
        unconditional("TellBusesOfOthers", "NotifyRole"),
        "a plan may events:PutEvents where NotifyBuses is empty",
    ),
    (
        rights.problems,
        of_statement("TellTopic", "NotifyRole", Resource={"Fn::Sub": "arn:aws:sns:eu-west-1:111122223333:*"}),
        "a plan may sns:Publish where NotifyTopics is empty",
    ),
    (
        rights.problems,
        unconditional("ReadSecrets", "NotifyRole"),
        "a plan may secretsmanager:GetSecretValue where NotifySecrets is empty",
    ),
]


@pytest.mark.parametrize(("rule", "change", "expected"), RED, ids=[expected for _, _, expected in RED])
def test_a_template_that_breaks_the_rule_is_red(rule, change, expected):
    assert expected in rule(translated(change))
