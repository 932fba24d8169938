"""GetCallerIdentity and AssumeRole."""

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from .clients import ROLE


@pytest.fixture
def assumed(other):
    """Makes clients with the keys of an assumed role."""

    def assume(aws, session):
        answer = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName=session)
        keys = answer["Credentials"]
        return other(
            aws,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return assume


def test_a_caller_has_an_account_and_an_arn(aws):
    caller = aws.client("sts").get_caller_identity()
    assert len(caller["Account"]) == 12
    assert caller["Account"].isdigit()
    assert f":{caller['Account']}:" in caller["Arn"]
    assert caller["UserId"]


def test_who_assumed_a_role_is_a_session_of_it(aws, assumed, fresh):
    answer = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName=fresh)
    # A role's path is no part of its sessions' ARNs; moto keeps it.
    if aws.name == "world":
        expected = f"arn:aws:sts::444455556666:assumed-role/read/{fresh}"
        assert answer["AssumedRoleUser"]["Arn"] == expected
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(f":{fresh}")
    caller = assumed(aws, fresh).client("sts").get_caller_identity()
    assert caller["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert caller["Account"] == "444455556666"


def test_a_session_lasts_as_long_as_was_asked(aws, fresh):
    """Told in whole seconds, by the same clock as ours."""
    before = datetime.now(timezone.utc).replace(microsecond=0)
    answer = aws.client("sts").assume_role(
        RoleArn=ROLE, RoleSessionName=fresh, DurationSeconds=900
    )
    after = datetime.now(timezone.utc) + timedelta(seconds=1)
    length = timedelta(seconds=900)
    assert before + length <= answer["Credentials"]["Expiration"] <= after + length


def test_a_role_that_trusts_nobody_is_denied(world, fresh):
    """moto asks no policy."""
    with pytest.raises(ClientError) as refused:
        world.client("sts").assume_role(
            RoleArn="arn:aws:iam::444455556666:role/other", RoleSessionName=fresh
        )
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_session_longer_than_12_hours_is_refused(world, fresh):
    """moto takes any length."""
    with pytest.raises(ClientError) as refused:
        world.client("sts").assume_role(
            RoleArn=ROLE, RoleSessionName=fresh, DurationSeconds=43_201
        )
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_an_assumed_role_sees_its_own_account(world, assumed, fresh):
    """moto keeps alarms by account as well, but makes no account from a role
    that was not created there."""
    cloudwatch = assumed(world, fresh).client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=fresh,
        Namespace=fresh,
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[fresh])["MetricAlarms"]
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:444455556666:alarm:{fresh}"
    at_home = world.client("cloudwatch").describe_alarms(AlarmNames=[fresh])
    assert at_home["MetricAlarms"] == []


def test_another_region_has_other_alarms(world, other):
    """The region is where the client signs for."""
    elsewhere = other(world, region_name="eu-west-1")
    found = elsewhere.client("cloudwatch").describe_alarms(AlarmNames=["wire-requests"])
    assert found["MetricAlarms"] == []
    found = world.client("cloudwatch").describe_alarms(AlarmNames=["wire-requests"])
    assert len(found["MetricAlarms"]) == 1
