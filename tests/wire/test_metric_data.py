"""PutMetricData and GetMetricData.

Tests of `world` alone name what moto is known to do otherwise."""

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

MINUTE = timedelta(minutes=1)


@pytest.fixture
def start():
    """A whole minute, half an hour ago."""
    now = datetime.now(timezone.utc)
    return now.replace(second=0, microsecond=0) - timedelta(minutes=30)


def dimensions(pairs):
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def put(aws, namespace, name, points, pairs=None):
    """Each point is a time with its value, or with more of what it has."""
    data = []
    for at, value in points:
        datum = value if isinstance(value, dict) else {"Value": value}
        fixed = {"MetricName": name, "Timestamp": at, "Dimensions": dimensions(pairs or {})}
        data.append(fixed | datum)
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def query(namespace, name, stat="Sum", id="q", pairs=None, **more):
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions(pairs or {})}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}} | more


def get(aws, queries, start, end, **more):
    """The results by id."""
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=start, EndTime=end, **more
    )
    return {result["Id"]: result for result in answer["MetricDataResults"]}


def one(aws, query, start, end, **more):
    return get(aws, [query], start, end, **more)[query["Id"]]


@pytest.mark.parametrize(
    ("stat", "expected"),
    [("Sum", 16), ("Average", 4), ("Minimum", 1), ("Maximum", 10), ("SampleCount", 4)],
)
def test_a_statistic_is_over_all_values_of_its_period(aws, fresh, start, stat, expected):
    seconds = [0, 10, 59, 59]
    points = [(start + timedelta(seconds=s), v) for s, v in zip(seconds, [1, 2, 3, 10])]
    put(aws, fresh, "m", points)
    result = one(aws, query(fresh, "m", stat), start, start + MINUTE)
    assert result["Values"] == [expected]
    assert result["Timestamps"] == [start]
    assert result["StatusCode"] == "Complete"


@pytest.mark.parametrize(
    ("stat", "expected"), [("Sum", 8), ("Average", 2), ("Maximum", 5), ("SampleCount", 4)]
)
def test_values_count_as_often_as_counts_say(aws, fresh, start, stat, expected):
    put(aws, fresh, "m", [(start, {"Values": [1, 5], "Counts": [3, 1]})])
    assert one(aws, query(fresh, "m", stat), start, start + MINUTE)["Values"] == [expected]


@pytest.mark.parametrize(
    ("stat", "expected"),
    [("Sum", 30), ("Average", 3), ("Minimum", 1), ("Maximum", 9), ("SampleCount", 10)],
)
def test_a_statistic_set_stands_for_its_values(world, fresh, start, stat, expected):
    """moto counts a set as one sample."""
    values = {"SampleCount": 10, "Sum": 30, "Minimum": 1, "Maximum": 9}
    put(world, fresh, "m", [(start, {"StatisticValues": values})])
    assert one(world, query(fresh, "m", stat), start, start + MINUTE)["Values"] == [expected]


def test_a_percentile_has_its_part_of_the_values_below_it(world, fresh, start):
    """moto answers percentiles with status 500. How AWS interpolates between
    two values is not documented, so the tests leave room for one value."""
    put(world, fresh, "m", [(start, {"Values": list(range(1, 101))})])
    ranks = {"p0": 1, "p50": 50, "p95": 95, "p99": 99, "p100": 100}
    queries = [query(fresh, "m", stat, id=stat) for stat in ranks]
    results = get(world, queries, start, start + MINUTE)
    for stat, rank in ranks.items():
        assert results[stat]["Values"][0] == pytest.approx(rank, abs=1), stat


def test_arithmetic_takes_values_of_the_same_time(world, fresh, start):
    """moto computes no expression but a bare id."""
    put(world, fresh, "errors", [(start, 2), (start + MINUTE, 3)])
    put(world, fresh, "requests", [(start, 10), (start + MINUTE, 10), (start + 2 * MINUTE, 10)])
    queries = [
        query(fresh, "errors", id="errors", ReturnData=False),
        query(fresh, "requests", id="requests", ReturnData=False),
        {"Id": "rate", "Expression": "100 * errors / requests", "Label": "error rate"},
    ]
    results = get(world, queries, start, start + 3 * MINUTE, ScanBy="TimestampAscending")
    assert list(results) == ["rate"]
    assert results["rate"]["Values"] == [20, 30]
    assert results["rate"]["Timestamps"] == [start, start + MINUTE]
    assert results["rate"]["Label"] == "error rate"


def test_the_end_is_exclusive_and_the_start_is_not(aws, fresh, start):
    put(aws, fresh, "m", [(start + n * MINUTE, n) for n in range(4)])
    result = one(aws, query(fresh, "m"), start + MINUTE, start + 3 * MINUTE)
    assert sorted(result["Values"]) == [1, 2]


def test_the_newest_comes_first_unless_asked(aws, fresh, start):
    put(aws, fresh, "m", [(start + n * MINUTE, n) for n in range(3)])
    wanted = (query(fresh, "m"), start, start + 3 * MINUTE)
    assert one(aws, *wanted)["Values"] == [2, 1, 0]
    assert one(aws, *wanted, ScanBy="TimestampDescending")["Values"] == [2, 1, 0]
    ascending = one(aws, *wanted, ScanBy="TimestampAscending")
    assert ascending["Values"] == [0, 1, 2]
    assert ascending["Timestamps"] == [start + n * MINUTE for n in range(3)]


def test_a_metric_without_data_is_complete_and_empty(aws, fresh, start):
    result = one(aws, query(fresh, "m"), start, start + MINUTE)
    assert (result["Values"], result["StatusCode"]) == ([], "Complete")


def test_dimensions_match_exactly(world, fresh, start):
    """moto sums over all dimensions where a query has none."""
    put(world, fresh, "m", [(start, 7)], {"host": "a", "zone": "x"})
    put(world, fresh, "m", [(start, 9)], {"host": "b", "zone": "x"})
    whole = {"zone": "x", "host": "a"}
    for pairs, expected in [(whole, [7]), ({"host": "a"}, []), ({"zone": "x"}, []), ({}, [])]:
        result = one(world, query(fresh, "m", pairs=pairs), start, start + MINUTE)
        assert result["Values"] == expected, pairs


def test_the_namespace_counts(world, fresh, start):
    """moto ignores the namespace of a query that has dimensions."""
    put(world, fresh, "m", [(start, 7)], {"host": "a"})
    other = query(f"{fresh}-other", "m", pairs={"host": "a"})
    assert one(world, other, start, start + MINUTE)["Values"] == []


def test_pages_hold_every_value_once_and_in_order(world, fresh, start):
    """moto ignores MaxDatapoints."""
    put(world, fresh, "m", [(start + n * MINUTE, n) for n in range(5)])
    pages = list(
        world.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[query(fresh, "m", "Sum"), query(fresh, "m", "Average", id="r")],
            StartTime=start,
            EndTime=start + 5 * MINUTE,
            ScanBy="TimestampAscending",
            MaxDatapoints=2,
        )
    )
    found = {"q": [], "r": []}
    for page in pages:
        assert sum(len(result["Values"]) for result in page["MetricDataResults"]) <= 2
        for result in page["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
    assert found == {"q": [0, 1, 2, 3, 4], "r": [0, 1, 2, 3, 4]}
    assert "NextToken" not in pages[-1]
    assert all("NextToken" in page for page in pages[:-1])


def test_a_body_that_the_client_compresses_arrives_whole(aws, fresh, start):
    data = [(start, {"Value": n, "Unit": "Count"}) for n in range(1000)]
    put(aws, fresh, "m", data)
    result = one(aws, query(fresh, "m", "SampleCount"), start, start + MINUTE)
    assert result["Values"] == [1000]


def test_a_time_is_a_time_in_any_zone(aws, fresh, start):
    put(aws, fresh, "m", [(start.astimezone(timezone(timedelta(hours=9))), 7)])
    assert one(aws, query(fresh, "m"), start, start + MINUTE)["Values"] == [7]


def check_refused(code, status, call):
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_end_before_the_start_is_refused(aws, fresh, start):
    check_refused(
        "ValidationError", 400, lambda: get(aws, [query(fresh, "m")], start + MINUTE, start)
    )


def test_an_id_that_is_there_twice_is_refused(world, fresh, start):
    """moto takes it."""
    queries = [query(fresh, "m"), query(fresh, "m")]
    check_refused("ValidationError", 400, lambda: get(world, queries, start, start + MINUTE))


def test_more_than_500_queries_are_refused(world, fresh, start):
    """moto takes them."""
    queries = [query(fresh, "m", id=f"q{n}") for n in range(501)]
    check_refused("ValidationError", 400, lambda: get(world, queries, start, start + MINUTE))


def test_a_token_of_another_operation_is_refused(world, fresh, start):
    """moto ignores tokens."""
    check_refused(
        "InvalidNextToken",
        400,
        lambda: get(world, [query(fresh, "m")], start, start + MINUTE, NextToken="alarm/x"),
    )


def test_a_value_beside_values_is_refused(world, fresh, start):
    """moto says InvalidParameterValue; the API's reference has a code for
    parameters that exclude each other."""
    both = [(start, {"Value": 1, "Values": [1, 2]})]
    check_refused(
        "InvalidParameterCombination", 400, lambda: put(world, fresh, "m", both)
    )


@pytest.mark.parametrize("age", [timedelta(days=15), -timedelta(hours=3)])
def test_times_beyond_two_weeks_ago_and_two_hours_ahead_are_refused(world, fresh, age):
    """moto takes any time."""
    point = [(datetime.now(timezone.utc) - age, 1)]
    check_refused("InvalidParameterValue", 400, lambda: put(world, fresh, "m", point))
