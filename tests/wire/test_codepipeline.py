"""Releases, jobs and their errors.

moto has none of the job calls, no GetPipelineState, and runs nothing: only
what it says of pipelines that do not exist is compared."""

import uuid

import pytest
from botocore.exceptions import ClientError

from .releases import PIPELINE, Started, check_refused


@pytest.fixture
def codepipeline(world):
    return world.client("codepipeline")


class Release(Started):
    """A release whose gate is at its first job."""

    def __init__(self, codepipeline, functions):
        super().__init__(codepipeline)
        self.functions = functions
        self.event = functions.next()

    @property
    def job(self):
        return self.event.job["id"]

    def succeed(self, **more):
        self.codepipeline.put_job_success_result(jobId=self.job, **more)

    def fail(self, **more):
        details = {"type": "JobFailed", "message": "no"} | more
        self.codepipeline.put_job_failure_result(jobId=self.job, failureDetails=details)

    def actions(self):
        answer = self.codepipeline.list_action_executions(
            pipelineName=PIPELINE, filter={"pipelineExecutionId": self.id}
        )
        return {one["actionName"]: one for one in answer["actionExecutionDetails"]}


@pytest.fixture
def release(codepipeline, functions):
    """Ends with the test, so that the next one finds the stage free."""
    release = Release(codepipeline, functions)
    yield release
    release.event.end()
    release.abandon()


def test_a_pipeline_that_does_not_exist_is_not_found(aws):
    own = aws.client("codepipeline")
    code = "PipelineNotFoundException"
    check_refused(code, lambda: own.start_pipeline_execution(name="nope"))
    check_refused(code, lambda: own.list_pipeline_executions(pipelineName="nope"))
    execution = str(uuid.uuid4())
    get = {"pipelineName": "nope", "pipelineExecutionId": execution}
    check_refused(code, lambda: own.get_pipeline_execution(**get))


def test_an_execution_that_does_not_exist_is_not_found(codepipeline):
    get = {"pipelineName": PIPELINE, "pipelineExecutionId": str(uuid.uuid4())}
    code = "PipelineExecutionNotFoundException"
    check_refused(code, lambda: codepipeline.get_pipeline_execution(**get))


def test_the_function_gets_the_event_of_a_lambda_action(release):
    assert release.event.function == "sluice-bake"
    job = release.event.job
    assert set(release.event.payload) == {"CodePipeline.job"}
    assert uuid.UUID(job["id"])
    assert job["accountId"] == "111122223333"
    configuration = job["data"]["actionConfiguration"]["configuration"]
    assert configuration["FunctionName"] == "sluice-bake"
    assert release.id in configuration["UserParameters"]
    [artifact] = job["data"]["inputArtifacts"]
    location = artifact["location"]["s3Location"]
    assert set(location) == {"bucketName", "objectKey"}
    keys = {"accessKeyId", "secretAccessKey", "sessionToken"}
    assert keys <= set(job["data"]["artifactCredentials"])
    assert "continuationToken" not in job["data"]


def test_artifact_credentials_read_the_artifact_and_call_nothing(world, other, release):
    keys = release.event.job["data"]["artifactCredentials"]
    holder = other(
        world,
        aws_access_key_id=keys["accessKeyId"],
        aws_secret_access_key=keys["secretAccessKey"],
        aws_session_token=keys["sessionToken"],
    )
    location = release.event.job["data"]["inputArtifacts"][0]["location"]["s3Location"]
    got = holder.client("s3").get_object(
        Bucket=location["bucketName"], Key=location["objectKey"]
    )
    assert got["Body"].read().startswith(b"PK")
    with pytest.raises(ClientError) as refused:
        holder.client("s3").list_objects_v2(Bucket="sluice-evidence")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    call = holder.client("codepipeline").get_pipeline_state
    check_refused("AccessDeniedException", lambda: call(name=PIPELINE))


def test_a_job_that_goes_on_comes_again_with_its_token(release, functions):
    first = release.job
    details = {"summary": "half way", "percentComplete": 50}
    release.succeed(continuationToken="token-1", executionDetails=details)
    release.event.end()
    release.event = functions.next()
    assert release.job != first
    assert release.event.job["data"]["continuationToken"] == "token-1"
    gate = release.actions()["bake"]
    assert gate["status"] == "InProgress"
    result = gate["output"]["executionResult"]
    assert result["externalExecutionSummary"] == "half way"
    release.succeed()
    assert release.ended() == "Succeeded"


def test_a_success_ends_the_release_and_is_told_everywhere(release, codepipeline):
    assert release.execution()["status"] == "InProgress"
    release.succeed(
        executionDetails={"summary": "fine", "externalExecutionId": "x-1"},
        outputVariables={"verdict": "pass"},
    )
    assert release.ended() == "Succeeded"
    gate = release.actions()["bake"]
    assert gate["status"] == "Succeeded"
    assert gate["output"]["outputVariables"] == {"verdict": "pass"}
    assert gate["output"]["executionResult"]["externalExecutionId"] == "x-1"
    listed = codepipeline.list_pipeline_executions(pipelineName=PIPELINE)
    newest = listed["pipelineExecutionSummaries"][0]
    assert (newest["pipelineExecutionId"], newest["status"]) == (release.id, "Succeeded")
    state = codepipeline.get_pipeline_state(name=PIPELINE)
    [prod] = [one for one in state["stageStates"] if one["stageName"] == "prod"]
    latest = prod["latestExecution"]
    assert (latest["pipelineExecutionId"], latest["status"]) == (release.id, "Succeeded")


def test_a_failure_ends_the_release_with_its_message(release, codepipeline):
    release.fail(type="ConfigurationError", message="alarm `a` is not there")
    assert release.ended() == "Failed"
    state = codepipeline.get_pipeline_state(name=PIPELINE)
    [prod] = [one for one in state["stageStates"] if one["stageName"] == "prod"]
    [gate] = [one for one in prod["actionStates"] if one["actionName"] == "bake"]
    details = gate["latestExecution"]["errorDetails"]
    assert details["message"] == "alarm `a` is not there"


def test_a_job_is_answered_once(release):
    release.succeed()
    check_refused("InvalidJobStateException", release.succeed)
    check_refused("InvalidJobStateException", release.fail)


def test_a_job_that_never_was_is_not_found(codepipeline):
    job = str(uuid.uuid4())
    code = "JobNotFoundException"
    check_refused(code, lambda: codepipeline.put_job_success_result(jobId=job))
    check_refused(code, lambda: codepipeline.get_job_details(jobId=job))
    details = {"type": "JobFailed", "message": "no"}
    check_refused(
        code, lambda: codepipeline.put_job_failure_result(jobId=job, failureDetails=details)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"executionDetails": {"summary": "s" * 2049}},
        {"executionDetails": {"externalExecutionId": "x" * 1501}},
        {"executionDetails": {"percentComplete": 101}},
        {"continuationToken": "t" * 2049},
        {"outputVariables": {"not a name": "v"}},
    ],
)
def test_an_answer_beyond_its_limits_is_refused_and_changes_nothing(release, wrong):
    check_refused("ValidationException", lambda: release.succeed(**wrong))
    longest = {"executionDetails": {"summary": "s" * 2048, "percentComplete": 100}}
    release.succeed(**longest)
    assert release.ended() == "Succeeded"


def test_a_message_of_a_failure_has_5000_characters_at_most(release):
    check_refused("ValidationException", lambda: release.fail(message="m" * 5001))
    check_refused("ValidationException", lambda: release.fail(type="Broken"))
    release.fail(message="m" * 5000)
    assert release.ended() == "Failed"


def test_a_job_id_that_is_none_is_refused(codepipeline):
    put = codepipeline.put_job_success_result
    check_refused("ValidationException", lambda: put(jobId="not-a-uuid"))


def check_failure_record(event, release, error_type, attempts=2):
    assert event.function == "sluice-reaper"
    record = event.payload
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == attempts
    assert record["requestContext"]["functionArn"].endswith(":sluice-bake:$LATEST")
    assert record["requestPayload"]["CodePipeline.job"]["id"] == release.job
    assert record["responsePayload"]["errorType"] == error_type
    assert record["responsePayload"]["errorMessage"]


@pytest.mark.parametrize("way", ["error", "death", "hang"])
def test_a_function_that_fails_runs_again_and_then_the_reaper_is_told(release, functions, way):
    error = {"errorType": "AnswerNotTaken", "errorMessage": "no"}
    expected = {
        "error": "AnswerNotTaken",
        "death": "Runtime.ExitError",
        "hang": "Sandbox.Timedout",
    }
    first = release.event
    for _ in range(2):
        assert release.event.payload == first.payload
        if way == "error":
            release.event.end(500, error)
        elif way == "death":
            release.event.die()
        current = release.event
        release.event = functions.next()
        current.end()
    reaper = release.event
    release.event = first
    check_failure_record(reaper, release, expected[way])
    reaper.end()
    release.fail(message="the function died")
    assert release.ended() == "Failed"


def test_the_same_token_starts_one_release(release, codepipeline, functions):
    release.succeed()
    assert release.ended() == "Succeeded"
    release.event.end()
    start = {"name": PIPELINE, "clientRequestToken": str(uuid.uuid4())}
    first = codepipeline.start_pipeline_execution(**start)["pipelineExecutionId"]
    assert codepipeline.start_pipeline_execution(**start)["pipelineExecutionId"] == first
    release.event = functions.next()
    release.id = first
    release.succeed()
    assert release.ended() == "Succeeded"
    assert functions.events.empty()
