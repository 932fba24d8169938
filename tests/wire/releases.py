"""Releases over the wire, and what they are refused."""

import time

import pytest
from botocore.exceptions import ClientError

PIPELINE = "checkout"


def check_refused(code, call):
    """Whether a call is refused with a code, as a mistake of the caller's."""
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


class Started:
    """A release that began."""

    def __init__(self, codepipeline):
        self.codepipeline = codepipeline
        self.id = codepipeline.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]

    def execution(self):
        """What CodePipeline says of it."""
        answer = self.codepipeline.get_pipeline_execution(pipelineName=PIPELINE, pipelineExecutionId=self.id)
        return answer["pipelineExecution"]

    def ended(self):
        """Its status, once it is over."""
        deadline = time.monotonic() + 30
        while (status := self.execution()["status"]) == "InProgress":
            assert time.monotonic() < deadline, "the release goes on"
            time.sleep(0.02)
        return status

    def abandon(self):
        """Ends it, so that the next one finds the stage free."""
        if self.execution()["status"] == "InProgress":
            self.codepipeline.stop_pipeline_execution(
                pipelineName=PIPELINE, pipelineExecutionId=self.id, abandon=True
            )
