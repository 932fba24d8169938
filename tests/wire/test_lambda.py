"""Invoke, of events and of functions that are waited for, GetAlias, and what is
no call to AWS.

moto runs functions in containers or echoes the payload; neither is compared."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError


def invoke(world, payload, **more):
    fixed = {"FunctionName": "own-test", "InvocationType": "Event", "Payload": payload}
    return world.client("lambda").invoke(**(fixed | more))


def test_an_event_reaches_the_function_after_the_caller_was_answered(world, functions):
    answer = invoke(world, json.dumps({"release": "r-1"}))
    assert answer["StatusCode"] == 202
    event = functions.next()
    assert (event.function, event.payload) == ("own-test", {"release": "r-1"})
    event.end()


def test_an_event_whose_function_fails_comes_again(world, functions):
    invoke(world, json.dumps({"n": 2}))
    first = functions.next()
    first.end(500, {"errorType": "E", "errorMessage": "m"})
    second = functions.next()
    assert second.payload == first.payload
    second.end()


def test_a_payload_that_is_not_json_is_refused(world):
    with pytest.raises(ClientError) as refused:
        invoke(world, "{")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_a_function_of_the_scenario_is_waited_for(world):
    answer = world.client("lambda").invoke(FunctionName="smoke", Payload="{}")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert json.load(answer["Payload"]) == {"ok": True}


def test_a_functions_own_error_is_told_from_a_refusal(world):
    answer = world.client("lambda").invoke(FunctionName="broken", Payload="{}")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = {"errorType": "KeyError", "errorMessage": "'id'"}
    assert json.load(answer["Payload"]) == error


@pytest.mark.parametrize(
    ("function", "code", "status"),
    [("none", "ResourceNotFoundException", 404), ("denied", "AccessDeniedException", 403)],
)
def test_a_function_that_is_not_there_or_not_ours_is_refused(world, function, code, status):
    with pytest.raises(ClientError) as refused:
        world.client("lambda").invoke(FunctionName=function, Payload="{}")
    answer = refused.value.response
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_payload_of_more_than_6_mb_is_refused(world):
    payload = json.dumps("x" * (6 * 1024 * 1024))
    with pytest.raises(ClientError) as refused:
        world.client("lambda").invoke(FunctionName="smoke", Payload=payload)
    assert refused.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_an_alias_shows_its_version_and_its_weights(world):
    shown = world.client("lambda").get_alias(FunctionName="checkout", Name="live")
    assert (shown["Name"], shown["FunctionVersion"]) == ("live", "7")
    assert shown["RoutingConfig"] == {"AdditionalVersionWeights": {"8": 0.1}}
    assert shown["AliasArn"].endswith(":function:checkout:live")


def test_an_alias_that_divides_nothing_has_no_weights(world):
    shown = world.client("lambda").get_alias(FunctionName="checkout", Name="still")
    assert "RoutingConfig" not in shown


def test_an_alias_that_is_not_there_is_not_found(world):
    with pytest.raises(ClientError) as refused:
        world.client("lambda").get_alias(FunctionName="checkout", Name="dead")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_service_that_is_not_imitated_is_named(world):
    with pytest.raises(ClientError, match="this world has no service `sqs`"):
        world.client("sqs").list_queues()


def test_a_request_that_is_not_signed_is_refused(command):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(command.first["url"])
    assert refused.value.code == 403
    refused.value.close()
