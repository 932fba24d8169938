"""GetCanary and GetCanaryRuns. moto makes no runs, so it is not compared."""

import pytest
from botocore.exceptions import ClientError


def runs(world, **more):
    return world.client("synthetics").get_canary_runs(Name="page", **more)


def test_a_canary_has_a_state_and_a_schedule(world):
    synthetics = world.client("synthetics")
    canary = synthetics.get_canary(Name="page")["Canary"]
    assert canary["Name"] == "page"
    assert canary["Status"]["State"] == "RUNNING"
    assert canary["Schedule"]["Expression"] == "rate(1 minute)"
    stopped = synthetics.get_canary(Name="stopped")["Canary"]
    assert stopped["Status"]["State"] == "STOPPED"


def test_runs_come_newest_first_and_in_pages(world):
    first = runs(world, MaxResults=2)
    assert len(first["CanaryRuns"]) == 2
    second = runs(world, MaxResults=100, NextToken=first["NextToken"])
    started = [own["Timeline"]["Started"] for own in first["CanaryRuns"] + second["CanaryRuns"]]
    assert started == sorted(started, reverse=True)
    assert {own["Status"]["State"] for own in second["CanaryRuns"]} == {"PASSED"}
    # Three hours of runs, one a minute.
    assert len(started) == 102
    assert "NextToken" in second


def test_a_canary_that_was_stopped_has_no_runs(world):
    answer = world.client("synthetics").get_canary_runs(Name="stopped")
    assert answer["CanaryRuns"] == []


def test_a_canary_that_is_not_there_is_refused(world):
    for operation in ["get_canary", "get_canary_runs"]:
        with pytest.raises(ClientError) as refused:
            getattr(world.client("synthetics"), operation)(Name="none")
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
