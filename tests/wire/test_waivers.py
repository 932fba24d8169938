"""Query, as far as waivers use it."""

import pytest
from botocore.exceptions import ClientError

TABLE = "sluice-waivers"


@pytest.fixture
def table(aws):
    """The table of waivers; moto needs it created."""
    if aws.name == "moto":
        aws.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "release", "KeyType": "HASH"}, {"AttributeName": "gate", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("release", "gate")],
            BillingMode="PAY_PER_REQUEST",
        )
    return aws.client("dynamodb")


def put(table, release, gate, **more):
    table.put_item(TableName=TABLE, Item={"release": {"S": release}, "gate": {"S": gate}} | more)


def query(table, release, name="release", **more):
    return table.query(
        TableName=TABLE,
        KeyConditionExpression="#pk = :pk",
        ExpressionAttributeNames={"#pk": name},
        ExpressionAttributeValues={":pk": {"S": release}},
        ConsistentRead=True,
        **more,
    )


def gates(answer):
    return [item["gate"]["S"] for item in answer["Items"]]


def test_a_query_gives_one_partition_in_the_order_of_the_sort_key(table, fresh):
    for gate in ("prod/canary", "prod/*", "beta/bake"):
        put(table, fresh, gate)
    put(table, fresh + "-other", "prod/bake")
    answer = query(table, fresh)
    assert gates(answer) == ["beta/bake", "prod/*", "prod/canary"]
    assert (answer["Count"], answer["ScannedCount"]) == (3, 3)
    assert "LastEvaluatedKey" not in answer
    assert query(table, fresh + "-none")["Items"] == []


def test_what_is_more_than_a_megabyte_comes_in_pages(table, fresh):
    for number in range(4):
        put(table, fresh, f"prod/{number}", reason={"S": "x" * 390_000})
    first = query(table, fresh)
    assert gates(first) == ["prod/0", "prod/1"]
    assert first["LastEvaluatedKey"] == {"release": {"S": fresh}, "gate": {"S": "prod/1"}}
    assert gates(query(table, fresh, ExclusiveStartKey=first["LastEvaluatedKey"])) == ["prod/2", "prod/3"]


def test_a_condition_that_is_not_on_the_partition_key_is_refused(table, fresh):
    with pytest.raises(ClientError) as refused:
        query(table, fresh, name="gate")
    assert refused.value.response["Error"]["Code"] == "ValidationException"
