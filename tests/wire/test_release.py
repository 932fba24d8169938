"""`sluice world --release`: one release, and a code that says how it ended."""

import pytest

from .clients import Aws
from .command import Command
from .stand_in import Functions

# Beside the world of the other tests, which counts on its own functions.


@pytest.fixture
def own():
    functions = Functions()
    yield functions
    functions.close()


def answered(functions, answer):
    """What a release comes to whose gate's job is answered like this."""
    command = Command(functions, "--release")
    event = functions.next()
    aws = Aws("world", **command.settings())
    answer(aws.client("codepipeline"), event.job["id"])
    aws.close()
    event.end()
    return command.ended()


def texts(lines):
    return [line["text"] for line in lines if line["event"] == "line"]


def test_a_release_that_succeeds_ends_with_0(own):
    code, lines = answered(own, lambda client, job: client.put_job_success_result(jobId=job))
    assert (code, lines[-1]["status"]) == (0, "Succeeded")
    assert lines[-1]["calls"] == {"codepipeline:PutJobSuccessResult": 1}
    assert texts(lines)[0] == "release begins"
    assert texts(lines)[-1] == "release Succeeded"


def test_a_release_that_fails_ends_with_1(own):
    failure = {"type": "JobFailed", "message": "alarm `a` fired"}
    code, lines = answered(
        own,
        lambda client, job: client.put_job_failure_result(jobId=job, failureDetails=failure),
    )
    assert (code, lines[-1]["status"]) == (1, "Failed")
    assert "bake Failed: alarm `a` fired" in texts(lines)


def test_a_release_that_is_interrupted_did_not_succeed(own):
    command = Command(own, "--release")
    event = own.next()
    code, lines = command.interrupt()
    event.end()
    assert (code, lines[-1]["status"]) == (1, None)


def test_a_gate_that_never_answers_fails_at_the_reply_limit(own):
    command = Command(own, "--release", "--reply-limit", "2s")
    own.next().end()
    code, lines = command.ended()
    assert (code, lines[-1]["status"]) == (1, "Failed")
    assert any("failed to return a result" in text for text in texts(lines))
