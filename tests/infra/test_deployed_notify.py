"""What an installation has for telling people, looked up in an emulated AWS, and where its events go there."""

import json
import re

import pytest
from moto import mock_aws
from moto.events.models import EventPattern

from infra import aws
from infra.telling import UNDELIVERED
from infra.template import ROOT
from infra.test_deployed import LAMBDA, NOTIFY, OWN, policies, role_arn

CODEPIPELINE = "CodePipeline {} Execution State Change"
VERDICTS = ("Sluice Gate Verdict", "Sluice Stage Checks", "Sluice Rollback")


def test_the_function_is_as_written(stack):
    own = aws.client("lambda").get_function_configuration(FunctionName=NOTIFY)
    assert (own["Runtime"], own["Timeout"], own["MemorySize"]) == ("provided.al2023", 120, 256)
    assert own["Role"] == role_arn(stack["NotifyRole"])
    assert own["Environment"]["Variables"] == {
        "SLUICE_EVENT_BUS": "sluice",
        "SLUICE_FAILURE_TOPIC_ARN": stack["FailureTopic"],
        "SLUICE_METRICS_BY": "kind",
        "SLUICE_NOTICES_TABLE": stack["NoticesTable"],
        "SLUICE_PLANS_TABLE": stack["PlansTable"],
    }


OWN_RIGHTS = {
    "AnswerJobs": "*",
    "ListPipelines": "*",
    "ReadReleases": OWN.format("codepipeline", "*"),
    "KeepNotices": OWN.format("dynamodb", "table/{NoticesTable}"),
    "ReadPlans": OWN.format("dynamodb", "table/{PlansTable}"),
    "TellTopic": "{FailureTopic}",
    "PublishUndelivered": OWN.format("events", "event-bus/sluice"),
    "SendToReaper": LAMBDA + "sluice-reaper",
    "WriteLogs": OWN.format("logs", "log-group:{NotifyLogs}"),
    "ReadSecrets": OWN.format("secretsmanager", "secret:sluice/notify/*-??????"),
}


def test_the_functions_role_reaches_only_its_own(template, stack):
    own = {name: statement["Resource"] for name, statement in policies(template, "NotifyRole").items()}
    assert own == {name: resource.format(**stack) for name, resource in OWN_RIGHTS.items()}


def test_channels_of_plans_are_what_was_named_and_nothing_else(template):
    named = {"NotifyTopics": "desk", "NotifyBuses": "audit-*", "NotifySecrets": "chat", "PipelineNames": "checkout-*"}
    with mock_aws():
        aws.deploy(template, **named)
        own = {name: statement["Resource"] for name, statement in policies(template, "NotifyRole").items()}
    more = {name: own[name] for name in set(own) - set(OWN_RIGHTS) | {"ReadReleases", "ReadSecrets"}}
    assert more == {
        "ReadReleases": OWN.format("codepipeline", "checkout-*"),
        "TellTopicsOfOthers": OWN.format("sns", "desk"),
        "TellBusesOfOthers": OWN.format("events", "event-bus/audit-*"),
        "ReadSecrets": OWN.format("secretsmanager", "secret:chat-??????"),
    }


def test_no_secret_is_read_where_none_is_named(template):
    with mock_aws():
        aws.deploy(template, NotifySecrets="")
        assert "ReadSecrets" not in policies(template, "NotifyRole")


def test_what_was_told_is_found_by_its_keys_forgotten_and_can_be_brought_back(whole):
    dynamodb, table = aws.client("dynamodb"), {"TableName": whole["NoticesTable"]}
    own = dynamodb.describe_table(**table)["Table"]
    assert {key["AttributeName"]: key["KeyType"] for key in own["KeySchema"]} == {"id": "HASH", "part": "RANGE"}
    assert {key["AttributeType"] for key in own["AttributeDefinitions"]} == {"S"}
    assert own["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    lives = dynamodb.describe_time_to_live(**table)["TimeToLiveDescription"]
    assert (lives["TimeToLiveStatus"], lives["AttributeName"]) == ("ENABLED", "expires")
    backups = dynamodb.describe_continuous_backups(**table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def rules(bus):
    """The rules of a bus, by name, each with its targets."""
    events = aws.client("events")
    found = events.list_rules(EventBusName=bus)["Rules"]
    return {own["Name"]: (own, targets(own["Name"], bus)) for own in found}


def targets(rule, bus):
    """The ARNs of a rule's targets."""
    found = aws.client("events").list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    return [own["Arn"] for own in found]


def hears(bus, event):
    """Whether the function is invoked for an event on a bus."""
    told = [own for own, to in rules(bus).values() if to == [LAMBDA + NOTIFY] and own.get("EventPattern")]
    return any(EventPattern.load(own["EventPattern"]).matches_event(event) for own in told)


def change(what, state, pipeline="checkout"):
    """An event of CodePipeline, as its documentation has it."""
    detail = {"pipeline": pipeline, "version": 3.0, "state": state, "execution-id": "e", "stage": "prod", "action": "a"}
    return {"source": "aws.codepipeline", "detail-type": CODEPIPELINE.format(what), "region": "eu-west-1", "detail": detail}


@pytest.mark.parametrize("what", ["Pipeline", "Stage", "Action"])
@pytest.mark.parametrize(
    ("state", "expected"),
    [("FAILED", True), ("SUCCEEDED", True), ("STARTED", False), ("CANCELED", False), ("SUPERSEDED", False)],
)
def test_of_pipelines_it_hears_what_it_looks_at(stack, what, state, expected):
    assert hears("default", change(what, state)) is expected


def test_it_hears_only_of_the_pipelines_that_were_named(template):
    with mock_aws():
        aws.deploy(template, PipelineNames="checkout-*")
        heard = [hears("default", change("Stage", "FAILED", name)) for name in ("checkout-eu", "search", "my-checkout-eu")]
    assert heard == [True, False, False]


def sample(detail_type):
    """An event of Sluice's own."""
    return {"source": "sluice", "detail-type": detail_type, "detail": {"version": "1", "pipeline": "checkout"}}


@pytest.mark.parametrize("detail_type", VERDICTS)
def test_it_hears_each_of_sluices_own_events_on_its_bus_and_nowhere_else(stack, detail_type):
    assert hears("sluice", sample(detail_type))
    assert not hears("default", sample(detail_type))


def test_it_hears_nothing_of_others_and_not_that_it_could_not_deliver(stack):
    assert not hears("sluice", {**sample(VERDICTS[0]), "source": "somebody"})
    assert not hears("sluice", sample(UNDELIVERED))
    assert not hears("default", {**change("Stage", "FAILED"), "source": "aws.codebuild"})


def test_it_looks_at_all_pipelines_every_five_minutes(stack):
    timed = [to for own, to in rules("default").values() if own.get("ScheduleExpression") == "rate(5 minutes)"]
    assert timed == [[LAMBDA + NOTIFY]]


def test_its_own_rules_may_invoke_it_and_nobody_else(stack):
    policy = json.loads(aws.client("lambda").get_policy(FunctionName=NOTIFY)["Policy"])
    let_in = [(own["Principal"], own["Condition"]["ArnLike"]["AWS:SourceArn"]) for own in policy["Statement"]]
    told = [own["Arn"] for bus in ("default", "sluice") for own, to in rules(bus).values() if to == [LAMBDA + NOTIFY]]
    assert len(told) == 3
    assert sorted(let_in, key=str) == sorted((({"Service": "events.amazonaws.com"}, arn) for arn in told), key=str)


def test_what_could_not_be_delivered_comes_into_the_queue_with_its_reason(stack):
    detail = {"version": "1", "channel": "team", "to": "slack", "why": "404: no_service", "tries": 1, "notice": {"id": "n"}}
    entry = {"Source": "sluice", "EventBusName": "sluice", "DetailType": UNDELIVERED, "Detail": json.dumps(detail)}
    # moto invokes no functions, so of what they hear it would have nothing to say.
    other = {**entry, "DetailType": "Sluice Notice"}
    answer = aws.client("events").put_events(Entries=[other, entry])
    assert answer["FailedEntryCount"] == 0
    found = aws.client("sqs").receive_message(QueueUrl=stack["UndeliveredQueue"], MaxNumberOfMessages=10)
    [message] = found["Messages"]
    event = json.loads(message["Body"])
    assert (event["detail-type"], event["detail"]) == (UNDELIVERED, detail)


def test_the_queue_keeps_it_for_14_days_and_takes_it_from_its_rule_alone(whole):
    own = aws.client("sqs").get_queue_attributes(QueueUrl=whole["UndeliveredQueue"], AttributeNames=["All"])["Attributes"]
    assert (own["SqsManagedSseEnabled"], own["MessageRetentionPeriod"]) == ("true", "1209600")
    allowed, tls = json.loads(own["Policy"])["Statement"]
    [rule] = [own for own, to in rules("sluice").values() if to == [OWN.format("sqs", queue(whole))]]
    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": rule["Arn"]}}
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def queue(stack):
    """The queue's name."""
    return stack["UndeliveredQueue"].rsplit("/", 1)[1]


def test_the_source_says_what_could_not_be_delivered_by_the_name_that_the_rule_has():
    text = (ROOT / "shared" / "host" / "src" / "notify" / "tell.rs").read_text()
    assert f'"{UNDELIVERED}"' in text


def test_the_dashboard_shows_what_is_counted_and_no_other_metric(stack):
    body = json.loads(aws.client("cloudwatch").get_dashboard(DashboardName=stack["Dashboard"])["DashboardBody"])
    shown = set(re.findall(r'MetricName="(\w+)"', json.dumps(body).replace("\\", "")))
    source = (ROOT / "shared/host/src/notify/metrics.rs").read_text()
    listed = source[source.index("pub const METRICS:") : source.index("];")]
    counted = set(re.findall(r'\("(\w+)", "\w+"\)', listed))
    assert shown == counted
    for widget in body["widgets"]:
        right, bottom = widget["x"] + widget["width"], widget["y"] + widget["height"]
        assert right <= 24 and bottom <= 30
