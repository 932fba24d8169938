"""Alarms: put, described, set, evaluated, and their history."""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError


def alarm(name, **more):
    fixed = {
        "AlarmName": name,
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/checkout/1"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5.5,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    return fixed | more


def put(aws, name, **more):
    aws.client("cloudwatch").put_metric_alarm(**alarm(name, **more))


def described(aws, name, **more):
    answer = aws.client("cloudwatch").describe_alarms(AlarmNames=[name], **more)
    [found] = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return found


def set_state(aws, name, state, reason="by hand"):
    aws.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue=state, StateReason=reason
    )


def check_refused(code, status, call):
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_alarm_is_described_as_it_was_put(aws, fresh):
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    put(aws, fresh)
    found = described(aws, fresh)
    for name, value in alarm(fresh).items():
        assert found[name] == value, name
    assert found["ActionsEnabled"] is True
    assert found["AlarmArn"].endswith(f":alarm:{fresh}")
    after = datetime.now(timezone.utc) + timedelta(seconds=1)
    assert before <= found["AlarmConfigurationUpdatedTimestamp"] <= after


def test_a_percentile_is_an_extended_statistic(aws, fresh):
    put_alarm = alarm(fresh, ExtendedStatistic="p99")
    del put_alarm["Statistic"]
    aws.client("cloudwatch").put_metric_alarm(**put_alarm)
    found = described(aws, fresh)
    assert found["ExtendedStatistic"] == "p99"
    assert "Statistic" not in found


def test_a_new_alarm_has_insufficient_data(world, fresh):
    """moto says OK."""
    put(world, fresh, TreatMissingData="missing")
    assert described(world, fresh)["StateValue"] == "INSUFFICIENT_DATA"


def test_an_alarm_that_is_put_again_keeps_its_state(world, fresh):
    """As documented for PutMetricAlarm; moto makes a new one."""
    put(world, fresh, TreatMissingData="ignore")
    set_state(world, fresh, "ALARM")
    put(world, fresh, TreatMissingData="ignore", Threshold=7)
    found = described(world, fresh)
    assert (found["StateValue"], found["Threshold"]) == ("ALARM", 7)


def test_the_state_is_what_it_was_set_to_with_its_reason(aws, fresh):
    put(aws, fresh, TreatMissingData="ignore")
    set_state(aws, fresh, "ALARM", "tried by hand")
    found = described(aws, fresh)
    assert (found["StateValue"], found["StateReason"]) == ("ALARM", "tried by hand")


def test_alarms_are_selected_by_their_state(world, fresh):
    """moto ignores the state where there are names or a prefix."""
    put(world, fresh, TreatMissingData="ignore")
    set_state(world, fresh, "ALARM")
    describe = world.client("cloudwatch").describe_alarms
    for state, count in [("ALARM", 1), ("OK", 0), ("INSUFFICIENT_DATA", 0)]:
        found = describe(AlarmNames=[fresh], StateValue=state)["MetricAlarms"]
        assert len(found) == count, state


def test_names_and_prefixes_select_and_unknown_names_are_left_out(aws, fresh):
    for ending in ["b", "a"]:
        put(aws, f"{fresh}-{ending}")
    cloudwatch = aws.client("cloudwatch")
    answer = cloudwatch.describe_alarms(AlarmNames=[f"{fresh}-b", f"{fresh}-c"])
    assert [found["AlarmName"] for found in answer["MetricAlarms"]] == [f"{fresh}-b"]
    answer = cloudwatch.describe_alarms(AlarmNamePrefix=fresh)
    assert {found["AlarmName"] for found in answer["MetricAlarms"]} == {
        f"{fresh}-a",
        f"{fresh}-b",
    }
    assert cloudwatch.describe_alarms(AlarmNames=[f"{fresh}-c"])["MetricAlarms"] == []


def test_pages_hold_every_alarm_once(world, fresh):
    """moto ignores MaxRecords where there is a prefix."""
    names = [f"{fresh}-{n}" for n in range(5)]
    for name in names:
        put(world, name)
    pages = world.client("cloudwatch").get_paginator("describe_alarms")
    pages = list(pages.paginate(AlarmNamePrefix=fresh, PaginationConfig={"PageSize": 2}))
    found = [one["AlarmName"] for page in pages for one in page["MetricAlarms"]]
    assert sorted(found) == names
    assert all(len(page["MetricAlarms"]) <= 2 for page in pages)


def test_a_deleted_alarm_is_gone(aws, fresh):
    put(aws, fresh)
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.delete_alarms(AlarmNames=[fresh])
    assert cloudwatch.describe_alarms(AlarmNames=[fresh])["MetricAlarms"] == []


def test_an_alarm_that_does_not_exist_is_not_found(aws, fresh):
    check_refused("ResourceNotFound", 404, lambda: set_state(aws, fresh, "OK"))


def test_deleting_an_alarm_that_does_not_exist_is_refused(world, fresh):
    """moto does nothing."""
    delete = world.client("cloudwatch").delete_alarms
    check_refused("ResourceNotFound", 404, lambda: delete(AlarmNames=[fresh]))


def test_a_state_that_there_is_not_is_refused(aws, fresh):
    put(aws, fresh)
    check_refused("ValidationError", 400, lambda: set_state(aws, fresh, "RED"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"Period": 61},
        {"DatapointsToAlarm": 4},
        {"ComparisonOperator": "AboutAsMuchAsThreshold"},
        {"TreatMissingData": "fine"},
        {"ExtendedStatistic": "p99"},
        {"Statistic": "Median"},
    ],
)
def test_an_alarm_that_cannot_be_evaluated_is_refused(world, fresh, wrong):
    """moto takes them."""
    check_refused("ValidationError", 400, lambda: put(world, fresh, **wrong))


def test_names_and_a_prefix_exclude_each_other(world, fresh):
    """moto takes the names."""
    describe = world.client("cloudwatch").describe_alarms
    check_refused(
        "ValidationError", 400, lambda: describe(AlarmNames=[fresh], AlarmNamePrefix=fresh)
    )


def test_a_composite_alarm_follows_its_children_and_has_to_be_asked_for(world, fresh):
    """moto has no PutCompositeAlarm."""
    cloudwatch = world.client("cloudwatch")
    put(world, fresh, TreatMissingData="ignore")
    whole = f"{fresh}-whole"
    cloudwatch.put_composite_alarm(AlarmName=whole, AlarmRule=f'ALARM("{fresh}")')
    both = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    assert described(world, whole, **both)["StateValue"] == "OK"
    set_state(world, fresh, "ALARM")
    assert described(world, whole, **both)["StateValue"] == "ALARM"
    unasked = cloudwatch.describe_alarms(AlarmNames=[whole])
    assert (unasked["MetricAlarms"], unasked["CompositeAlarms"]) == ([], [])
    check_refused(
        "ResourceConflict", 409, lambda: cloudwatch.delete_alarms(AlarmNames=[fresh])
    )


def history(aws, name, **more):
    return aws.client("cloudwatch").describe_alarm_history(AlarmName=name, **more)


def test_the_history_tells_each_change_with_both_states(world, fresh):
    """moto has no DescribeAlarmHistory."""
    put(world, fresh, TreatMissingData="ignore")
    for state in ["ALARM", "ALARM", "OK"]:
        set_state(world, fresh, state, f"now {state}")
    items = history(world, fresh)["AlarmHistoryItems"]
    kinds = [item["HistoryItemType"] for item in items]
    assert kinds == ["StateUpdate", "StateUpdate", "ConfigurationUpdate"]
    assert all(item["AlarmName"] == fresh for item in items)
    assert all(item["AlarmType"] == "MetricAlarm" for item in items)
    assert items[0]["HistorySummary"] == "Alarm updated from ALARM to OK"
    data = json.loads(items[0]["HistoryData"])
    assert data["oldState"]["stateValue"] == "ALARM"
    assert data["newState"] == {"stateValue": "OK", "stateReason": "now OK"}
    transitioned = described(world, fresh)["StateTransitionedTimestamp"]
    assert items[0]["Timestamp"] == transitioned


def test_the_history_can_be_narrowed_turned_and_paged(world, fresh):
    """moto has no DescribeAlarmHistory."""
    put(world, fresh, TreatMissingData="ignore")
    states = ["ALARM", "OK", "ALARM"]
    for state in states:
        set_state(world, fresh, state)
    pages = world.client("cloudwatch").get_paginator("describe_alarm_history")
    pages = pages.paginate(
        AlarmName=fresh,
        HistoryItemType="StateUpdate",
        ScanBy="TimestampAscending",
        PaginationConfig={"PageSize": 2},
    )
    sizes, found = [], []
    for page in pages:
        sizes.append(len(page["AlarmHistoryItems"]))
        for item in page["AlarmHistoryItems"]:
            found.append(json.loads(item["HistoryData"])["newState"]["stateValue"])
    assert (sizes, found) == ([2, 1], states)
    now = datetime.now(timezone.utc)
    later = history(world, fresh, StartDate=now + timedelta(hours=1))
    assert later["AlarmHistoryItems"] == []


def test_an_alarm_is_evaluated_from_the_data_that_was_put(world, fresh):
    """moto never evaluates alarms. Alarms of short periods are evaluated every
    ten seconds, by the same code as those of the scenario."""
    cloudwatch = world.client("cloudwatch")
    put(
        world,
        fresh,
        Namespace=fresh,
        Period=10,
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        TreatMissingData="ignore",
    )
    deadline = time.monotonic() + 60
    while described(world, fresh)["StateValue"] != "ALARM":
        assert time.monotonic() < deadline, "the alarm never fired"
        datum = {k: alarm(fresh)[k] for k in ["MetricName", "Dimensions"]}
        cloudwatch.put_metric_data(Namespace=fresh, MetricData=[datum | {"Value": 6}])
        time.sleep(1)
    newest = history(world, fresh)["AlarmHistoryItems"][0]
    assert newest["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    # CloudWatch's times are those of the evaluation, not of the data.
    assert newest["Timestamp"].second % 10 == 0
