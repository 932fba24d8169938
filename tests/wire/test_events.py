"""PutEvents. What moto answers as documented is asked of it as well."""

import json

import pytest
from botocore.exceptions import ClientError


def entry(**more):
    return {"Source": "sluice", "DetailType": "Said", "Detail": json.dumps({"a": 1}), **more}


def test_entries_that_are_right_get_an_id_each(aws):
    answer = aws.client("events").put_events(Entries=[entry(), entry(EventBusName="default")])
    assert answer["FailedEntryCount"] == 0
    assert len({own["EventId"] for own in answer["Entries"]}) == 2


def test_what_is_no_json_is_refused_alone(aws):
    answer = aws.client("events").put_events(Entries=[entry(), entry(Detail="{")])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == "MalformedDetail"


def test_json_that_is_no_object_is_refused_alone(world):
    answer = world.client("events").put_events(Entries=[entry(Detail="[1]"), entry(Source="aws.codepipeline")])
    codes = [own["ErrorCode"] for own in answer["Entries"]]
    assert codes == ["MalformedDetail", "NotAuthorizedForSourceException"]


def test_a_call_has_at_most_ten_entries_of_256_kib(world):
    large = entry(Detail=json.dumps({"a": "x" * 256 * 1024}))
    for entries in ([entry()] * 11, [large]):
        with pytest.raises(ClientError) as refused:
            world.client("events").put_events(Entries=entries)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
