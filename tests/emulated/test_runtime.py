"""A function's binary against Lambda's Runtime API: whatever comes, the job is answered."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .answers import Taken, taking
from .lambdas import REQUEST, Function, binary, running

JOB = "11111111-abcd-1111-abcd-111111abcdef"
PARAMETERS = {
    "pipeline": "checkout",
    "release": "0f1e2d3c-0000-4000-8000-000000000000",
    "stage": "prod",
    "gate": "bake",
    "release_check": "off",
    "settings": {"for": "30m", "traffic": "not_measured", "alarms": ["errors"]},
}


def job(parameters: object = PARAMETERS) -> dict:
    """What CodePipeline sends."""
    return {
        "CodePipeline.job": {
            "id": JOB,
            "accountId": "111122223333",
            "data": {
                "actionConfiguration": {
                    "configuration": {"FunctionName": "f", "UserParameters": json.dumps(parameters)}
                },
                "inputArtifacts": [],
                "outputArtifacts": [],
                "artifactCredentials": {
                    "accessKeyId": "AKIAPLANTED",
                    "secretAccessKey": "planted-artifact-key",
                    "sessionToken": "planted-artifact-token",
                },
            },
        }
    }


@pytest.fixture
def aws() -> Iterator[Taken]:
    with taking() as taken:
        yield taken


@pytest.fixture
def bake(aws: Taken, tmp_path: Path) -> Iterator[Function]:
    with running([str(binary("sluice-bake"))], aws.url, tmp_path) as function:
        yield function


def test_a_gate_that_panics_is_answered_for(aws: Taken, tmp_path: Path) -> None:
    with running([str(binary("examples/panicking"))], aws.url, tmp_path) as function:
        answer = function.invoke(job())
        assert answer.succeeded, answer
        assert answer.body == {"handled": "ended"}
        # Unwound, not aborted: the same process serves the next event.
        assert function.invoke(job()).succeeded
        assert function.process.poll() is None
    [first, _] = aws.of("PutJobFailureResult")
    assert first["jobId"] == JOB
    assert first["failureDetails"]["type"] == "JobFailed"
    assert "(Crashed)" in first["failureDetails"]["message"]
    assert "panicked on purpose" in first["failureDetails"]["message"]


def test_an_event_that_is_no_job_is_survived(aws: Taken, bake: Function) -> None:
    for event in [{}, None, [1], {"CodePipeline.job": {"id": "no id"}}]:
        answer = bake.invoke(event)
        assert (answer.succeeded, answer.body) == (True, {"handled": "nobody to answer"})
    assert aws.calls == []


def test_settings_that_are_wrong_are_answered_with_what_to_write(aws: Taken, bake: Function) -> None:
    bake.invoke(job({**PARAMETERS, "settings": {"for": "soon"}}))
    [told] = aws.of("PutJobFailureResult")
    assert told["failureDetails"]["type"] == "ConfigurationError"
    assert "`soon`" in told["failureDetails"]["message"]


def test_an_answer_that_does_not_get_through_fails_the_invocation(aws: Taken, bake: Function) -> None:
    aws.refuses = True
    answer = bake.invoke(job({}))
    assert not answer.succeeded
    assert answer.body["errorType"] == "AnswerNotTaken"
    assert "codepipeline:PutJobFailureResult" in answer.body["errorMessage"]


def test_a_look_that_hangs_is_answered_before_the_function_is_killed(aws: Taken, bake: Function) -> None:
    aws.hangs = ("GetJobDetails",)
    parameters = {name: value for name, value in PARAMETERS.items() if name != "release"}
    answer = bake.invoke(job(parameters), lives=6.0)
    assert answer.succeeded, answer
    assert [name for name, _ in aws.calls] == ["PutJobSuccessResult"]
    [told] = aws.of("PutJobSuccessResult")
    assert "continuationToken" in told
    assert "looking again" in told["executionDetails"]["summary"]
    [line] = [json.loads(line) for line in bake.log() if '"message":"goes on"' in line]
    check_open(line)


def check_open(line: dict) -> None:
    """CloudWatch makes a metric of it: what its directive names is there, in the form that its documents ask for."""
    assert line["FunctionName"] == "f"
    # The first look began so long ago: it hung, and was answered before the six seconds of its function.
    assert 0 < line["OpenSeconds"] < 6
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Sluice",
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": "OpenSeconds", "Unit": "Seconds"}],
    }
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 60


def test_the_reaper_answers_for_a_function_that_died(aws: Taken, tmp_path: Path) -> None:
    record = {
        "requestContext": {
            "requestId": REQUEST,
            "functionArn": "arn:aws:lambda:eu-central-1:111122223333:function:sluice-bake:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": job(),
        "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "planted-in-a-panic"},
    }
    with running([str(binary("sluice-reaper"))], aws.url, tmp_path) as function:
        assert function.invoke(record).body == {"handled": "reaped"}
        check_log(function)
    [told] = aws.of("PutJobFailureResult")
    assert told["jobId"] == JOB
    assert "`sluice-bake` did not answer: its process ended" in told["failureDetails"]["message"]
    assert "planted" not in json.dumps(told)


def check_log(function: Function) -> None:
    """Each line is JSON about a request, and none holds a secret."""
    lines = function.log()
    assert lines
    for text in lines:
        line = json.loads(text)
        assert line["level"] in {"INFO", "WARN", "ERROR"}
        assert line["requestId"] == REQUEST
        assert line["timestamp"]
        assert "planted" not in text.lower()


def test_every_line_of_the_log_says_what_it_is_about(aws: Taken, bake: Function) -> None:
    bake.invoke(job())
    check_log(bake)
    [ended] = [json.loads(line) for line in bake.log() if '"message":"ended"' in line]
    about = {name: ended[name] for name in ("pipeline", "release", "stage", "gate", "job", "look")}
    assert about == {
        "pipeline": "checkout",
        "release": PARAMETERS["release"],
        "stage": "prod",
        "gate": "bake",
        "job": JOB,
        "look": 1,
    }


@pytest.mark.parametrize("name", ["sluice-bake", "sluice-override", "sluice-reaper"])
def test_outside_of_lambda_a_function_says_how_to_run_it(name: str) -> None:
    done = subprocess.run([str(binary(name))], env={}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    line = json.loads(done.stdout)
    assert line["level"] == "FATAL"
    assert "cargo lambda watch" in line["message"]


def test_without_a_region_a_function_says_what_to_set(aws: Taken, tmp_path: Path) -> None:
    command = [str(binary("sluice-bake"))]
    with running(command, aws.url, tmp_path, AWS_REGION="") as function:
        assert function.process.wait(timeout=30) == 1
        assert "AWS_REGION" in json.loads(function.log()[-1])["message"]
