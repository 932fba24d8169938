"""Query of a table with a number as its sort key, as far as the plan store uses it."""

import uuid

import pytest
from botocore.exceptions import ClientError

TABLE = "sluice-plans"
NEWEST = {"ScanIndexForward": False, "ConsistentRead": True}


@pytest.fixture
def table(aws):
    """The plan store; moto needs it created."""
    if aws.name == "moto":
        aws.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "scope", "KeyType": "HASH"},
                {"AttributeName": "version", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "scope", "AttributeType": "S"},
                {"AttributeName": "version", "AttributeType": "N"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    return aws.client("dynamodb")


def put(table, scope, version, **more):
    item = {"scope": {"S": scope}, "version": {"N": str(version)}} | more
    return table.put_item(
        TableName=TABLE,
        Item=item,
        ConditionExpression="attribute_not_exists(#scope)",
        ExpressionAttributeNames={"#scope": "scope"},
    )


def query(table, scope, **more):
    return table.query(
        TableName=TABLE,
        KeyConditionExpression="#scope = :scope",
        ExpressionAttributeNames={"#scope": "scope"},
        ExpressionAttributeValues={":scope": {"S": scope}},
        **NEWEST | more,
    )


def versions(answer):
    return [int(item["version"]["N"]) for item in answer["Items"]]


def test_versions_are_numbers_and_come_backwards(table):
    scope = f"service:{uuid.uuid4()}"
    for version in (1, 9, 10, 2):
        put(table, scope, version)
    put(table, f"{scope}-other", 99)
    assert versions(query(table, scope)) == [10, 9, 2, 1]
    assert versions(query(table, scope, ScanIndexForward=True)) == [1, 2, 9, 10]


def test_a_limit_ends_a_page_and_says_where_it_ended(table):
    scope = f"service:{uuid.uuid4()}"
    for version in (1, 2, 3):
        put(table, scope, version)
    first = query(table, scope, Limit=1)
    assert versions(first) == [3]
    assert first["LastEvaluatedKey"] == {"scope": {"S": scope}, "version": {"N": "3"}}
    assert versions(query(table, scope, Limit=2, ExclusiveStartKey=first["LastEvaluatedKey"])) == [2, 1]


def test_a_scope_that_nobody_wrote_has_no_versions(table):
    answer = query(table, f"service:{uuid.uuid4()}", Limit=1)
    assert answer["Items"] == []
    assert "LastEvaluatedKey" not in answer


def test_a_version_is_written_once(table):
    scope = f"service:{uuid.uuid4()}"
    put(table, scope, 1, by={"S": "ana"})
    put(table, scope, 2, by={"S": "ana"})
    with pytest.raises(ClientError) as refused:
        put(table, scope, 2, by={"S": "ben"})
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert [item["by"]["S"] for item in query(table, scope)["Items"]] == ["ana", "ana"]
