"""Objects: put, put if absent, read, listed."""

import io

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def bucket(aws, fresh):
    aws.client("s3").create_bucket(Bucket=fresh)
    return fresh


def check_refused(code, status, call):
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("key", ["plain", "a/b/c.json", "with space+plus", "ü/%41?x=1&y"])
def test_an_object_comes_back_as_it_was_put(aws, bucket, key):
    s3 = aws.client("s3")
    body = bytes(range(256))
    put = s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-t")
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == body
    assert (got["ContentType"], got["ContentLength"]) == ("application/x-t", 256)
    assert got["ETag"] == put["ETag"]
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [(one["Key"], one["Size"], one["ETag"]) for one in listed] == [
        (key, 256, put["ETag"])
    ]


def test_a_stream_is_stored_whole(aws, bucket):
    s3 = aws.client("s3")
    s3.upload_fileobj(io.BytesIO(b"0123456789" * 1000), bucket, "k")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"0123456789" * 1000


def test_a_later_object_takes_the_place_of_the_earlier(aws, bucket):
    s3 = aws.client("s3")
    for body in [b"first", b"second"]:
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"


def test_put_if_absent_keeps_the_first(aws, bucket):
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")
    again = {"Bucket": bucket, "Key": "k", "Body": b"second", "IfNoneMatch": "*"}
    check_refused("PreconditionFailed", 412, lambda: s3.put_object(**again))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


def test_a_head_tells_size_and_tag_without_the_body(aws, bucket):
    s3 = aws.client("s3")
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"four")
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentLength"], head["ETag"]) == (4, put["ETag"])


def test_a_part_is_read_by_its_range(aws, bucket):
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")
    assert (got["Body"].read(), got["ContentRange"]) == (b"234", "bytes 2-4/10")
    beyond = {"Bucket": bucket, "Key": "k", "Range": "bytes=10-"}
    check_refused("InvalidRange", 416, lambda: s3.get_object(**beyond))


def test_what_is_not_there_is_named(aws, bucket, fresh):
    s3 = aws.client("s3")
    check_refused("NoSuchKey", 404, lambda: s3.get_object(Bucket=bucket, Key="k"))
    # A HEAD has no body that could hold a code.
    check_refused("404", 404, lambda: s3.head_object(Bucket=bucket, Key="k"))
    other = f"{fresh}-other"
    check_refused("NoSuchBucket", 404, lambda: s3.get_object(Bucket=other, Key="k"))
    put = {"Bucket": other, "Key": "k", "Body": b""}
    check_refused("NoSuchBucket", 404, lambda: s3.put_object(**put))
    check_refused("NoSuchBucket", 404, lambda: s3.list_objects_v2(Bucket=other))
    check_refused("404", 404, lambda: s3.head_bucket(Bucket=other))


KEYS = ["a/1", "a/2", "b/1", "c d", "e&<f>", "z"]


@pytest.fixture
def filled(aws, bucket):
    for key in reversed(KEYS):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(answer):
    return [one["Key"] for one in answer.get("Contents", [])]


def test_a_list_is_in_the_order_of_keys_and_may_have_a_prefix(aws, filled):
    s3 = aws.client("s3")
    whole = s3.list_objects_v2(Bucket=filled)
    assert (keys(whole), whole["KeyCount"], whole["IsTruncated"]) == (KEYS, 6, False)
    assert keys(s3.list_objects_v2(Bucket=filled, Prefix="a/")) == ["a/1", "a/2"]
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="b/1")) == KEYS[3:]
    assert s3.list_objects_v2(Bucket=filled, Prefix="nothing")["KeyCount"] == 0


def test_pages_of_a_list_hold_every_key_once(aws, filled):
    pages = aws.client("s3").get_paginator("list_objects_v2")
    pages = list(pages.paginate(Bucket=filled, PaginationConfig={"PageSize": 4}))
    assert [keys(page) for page in pages] == [KEYS[:4], KEYS[4:]]
    assert [page["IsTruncated"] for page in pages] == [True, False]


def test_keys_behind_a_delimiter_stand_together(aws, filled):
    pages = aws.client("s3").get_paginator("list_objects_v2")
    pages = list(pages.paginate(Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": 2}))
    prefixes = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])]
    assert prefixes == ["a/", "b/"]
    assert [key for page in pages for key in keys(page)] == KEYS[3:]


def test_a_bucket_that_is_there_answers(aws, bucket):
    answer = aws.client("s3").head_bucket(Bucket=bucket)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_plan_comes_with_a_bucket_for_evidence(world):
    """The world was started with a plan; moto knows no plans."""
    answer = world.client("s3").head_bucket(Bucket="sluice-evidence")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
