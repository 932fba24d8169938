"""StartExecution, DescribeExecution and StopExecution.

moto runs no machine here: its executions go on until they are stopped. That
one of the same name is refused once it has ended, moto does not know."""

import json

import pytest
from botocore.exceptions import ClientError

DEFINITION = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9, "End": True}}}


@pytest.fixture
def machine(aws):
    """The ARN of a machine that takes long; moto needs it created."""
    if aws.name == "world":
        return arn("long")
    made = aws.client("stepfunctions").create_state_machine(
        name="long",
        definition=json.dumps(DEFINITION),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    return made["stateMachineArn"]


def arn(name):
    return f"arn:aws:states:us-east-1:111122223333:stateMachine:{name}"


def start(aws, machine, name, **more):
    return aws.client("stepfunctions").start_execution(
        stateMachineArn=machine, name=name, **more
    )


def describe(aws, started):
    return aws.client("stepfunctions").describe_execution(executionArn=started["executionArn"])


@pytest.fixture
def refused():
    def check(call, code):
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == code

    return check


def test_an_executions_arn_follows_from_its_machine_and_name(aws, machine, fresh):
    started = start(aws, machine, fresh)
    expected = machine.replace(":stateMachine:", ":execution:") + f":{fresh}"
    assert started["executionArn"] == expected
    described = describe(aws, started)
    assert described["status"] == "RUNNING"
    assert (described["name"], described["stateMachineArn"]) == (fresh, machine)
    assert described["startDate"] == started["startDate"]


def test_the_same_name_and_input_give_the_same_answer_while_it_runs(aws, machine, fresh):
    first = start(aws, machine, fresh, input="{}")
    again = start(aws, machine, fresh, input="{}")
    assert again["executionArn"] == first["executionArn"]
    assert again["startDate"] == first["startDate"]


def test_the_same_name_with_another_input_is_refused(aws, machine, fresh, refused):
    start(aws, machine, fresh, input="{}")
    other = '{"other": true}'
    refused(lambda: start(aws, machine, fresh, input=other), "ExecutionAlreadyExists")


def test_an_execution_that_is_stopped_says_why(aws, machine, fresh):
    started = start(aws, machine, fresh)
    aws.client("stepfunctions").stop_execution(
        executionArn=started["executionArn"], error="Stopped", cause="the release was"
    )
    described = describe(aws, started)
    assert described["status"] == "ABORTED"
    assert described["stopDate"]
    # moto forgets them.
    if aws.name == "world":
        assert (described["error"], described["cause"]) == ("Stopped", "the release was")


@pytest.mark.parametrize("name", ["a b", "a/b", "a{b", "a#b"])
def test_a_name_that_is_none_is_refused(aws, machine, name, refused):
    refused(lambda: start(aws, machine, name), "InvalidName")


def test_what_is_not_there_is_refused(aws, machine, fresh, refused):
    none = machine.replace(":long", ":none")
    refused(lambda: start(aws, none, fresh), "StateMachineDoesNotExist")
    execution = machine.replace(":stateMachine:", ":execution:") + f":{fresh}"
    refused(lambda: describe(aws, {"executionArn": execution}), "ExecutionDoesNotExist")


def test_an_input_that_is_no_json_is_refused(aws, machine, fresh, refused):
    refused(lambda: start(aws, machine, fresh, input="{"), "InvalidExecutionInput")


def test_an_execution_that_ended_keeps_its_name(world, fresh, refused):
    started = start(world, arn("short"), fresh)
    described = describe(world, started)
    assert described["status"] == "SUCCEEDED"
    assert json.loads(described["output"]) == {"ok": True}
    refused(lambda: start(world, arn("short"), fresh), "ExecutionAlreadyExists")


def test_an_execution_that_fails_has_error_and_cause(world, fresh):
    described = describe(world, start(world, arn("bad"), fresh))
    assert described["status"] == "FAILED"
    assert (described["error"], described["cause"]) == ("OrderLost", "order 7 never came")
