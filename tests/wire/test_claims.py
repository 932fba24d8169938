"""PutItem, GetItem, UpdateItem and DeleteItem, as far as claims use them."""

import pytest
from botocore.exceptions import ClientError

TABLE = "sluice-claims"
IF_ABSENT = {
    "ConditionExpression": "attribute_not_exists(#id)",
    "ExpressionAttributeNames": {"#id": "id"},
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


@pytest.fixture
def table(aws):
    """The table of claims; moto needs it created."""
    if aws.name == "moto":
        aws.client("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return aws.client("dynamodb")


def item(fresh, generation=0):
    return {"id": {"S": fresh}, "generation": {"N": str(generation)}}


def get(table, fresh):
    answer = table.get_item(TableName=TABLE, Key={"id": {"S": fresh}}, ConsistentRead=True)
    return answer.get("Item")


def update(table, fresh, condition, **values):
    return table.update_item(
        TableName=TABLE,
        Key={"id": {"S": fresh}},
        UpdateExpression="SET #started = :started",
        ConditionExpression=condition,
        ExpressionAttributeNames={"#id": "id", "#started": "started", "#generation": "generation"}
        if "#generation" in condition
        else {"#id": "id", "#started": "started"},
        ExpressionAttributeValues={":started": {"S": "arn"}} | values,
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def test_what_is_absent_is_put_once_and_the_second_sees_the_first(table, fresh):
    table.put_item(TableName=TABLE, Item=item(fresh), **IF_ABSENT)
    with pytest.raises(ClientError) as refused:
        table.put_item(TableName=TABLE, Item=item(fresh, 1), **IF_ABSENT)
    answer = refused.value.response
    assert answer["Error"]["Code"] == "ConditionalCheckFailedException"
    assert answer["Item"] == item(fresh)
    assert get(table, fresh) == item(fresh)


def test_what_is_not_there_is_no_item(table, fresh):
    assert get(table, fresh) is None


def test_an_update_happens_only_where_its_condition_holds(table, fresh):
    table.put_item(TableName=TABLE, Item=item(fresh))
    once = "attribute_exists(#id) AND attribute_not_exists(#started)"
    update(table, fresh, once)
    assert get(table, fresh) == item(fresh) | {"started": {"S": "arn"}}
    with pytest.raises(ClientError) as refused:
        update(table, fresh, once)
    assert refused.value.response["Item"]["started"] == {"S": "arn"}


def test_an_update_can_ask_for_a_value(table, fresh):
    table.put_item(TableName=TABLE, Item=item(fresh, 3))
    condition = "attribute_exists(#id) AND #generation = :old"
    with pytest.raises(ClientError) as refused:
        update(table, fresh, condition, **{":old": {"N": "2"}})
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    update(table, fresh, condition, **{":old": {"N": "3"}})


def test_an_update_of_what_is_not_there_fails_its_condition_without_an_item(table, fresh):
    with pytest.raises(ClientError) as refused:
        update(table, fresh, "attribute_exists(#id) AND attribute_not_exists(#started)")
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert "Item" not in refused.value.response
    assert get(table, fresh) is None


def test_what_is_held_is_deleted_only_by_who_holds_it(table, fresh):
    table.put_item(TableName=TABLE, Item=item(fresh) | {"owner": {"S": "a"}})

    def delete(owner, generation):
        table.delete_item(
            TableName=TABLE,
            Key={"id": {"S": fresh}},
            ConditionExpression="#owner = :owner AND #generation = :generation",
            ExpressionAttributeNames={"#owner": "owner", "#generation": "generation"},
            ExpressionAttributeValues={
                ":owner": {"S": owner},
                ":generation": {"N": generation},
            },
        )

    for wrong in [("b", "0"), ("a", "1")]:
        with pytest.raises(ClientError) as refused:
            delete(*wrong)
        assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    delete("a", "0")
    assert get(table, fresh) is None


def test_a_table_that_is_not_there_is_refused(table, fresh):
    with pytest.raises(ClientError) as refused:
        table.put_item(TableName="none", Item=item(fresh))
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_key_that_is_none_is_refused(table):
    for wrong in [{"other": {"S": "a"}}, {"id": {"N": "1"}}, {"id": {"S": ""}}]:
        with pytest.raises(ClientError) as refused:
            table.put_item(TableName=TABLE, Item=wrong)
        assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "more",
    [
        {"ConditionExpression": "size(#id) > :one"},
        {"ConditionExpression": "attribute_not_exists(id)"},
        {"ReturnConsumedCapacity": "TOTAL"},
    ],
)
def test_what_the_world_does_not_know_is_refused(world, fresh, more):
    """Half an expression understood would be a lie."""
    with pytest.raises(ClientError, match="this world") as refused:
        world.client("dynamodb").put_item(TableName=TABLE, Item=item(fresh), **more)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
