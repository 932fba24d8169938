"""The same first look in Python: clients for the same services, made when the module is loaded, as is usual."""

import json
import os

import boto3
from botocore.config import Config

CONFIG = Config(s3={"addressing_style": "path"})
CLOUDWATCH, CODEPIPELINE, S3, STS = (
    boto3.client(name, config=CONFIG) for name in ("cloudwatch", "codepipeline", "s3", "sts")
)
BUCKET = os.environ["SLUICE_EVIDENCE_BUCKET"]


def handler(event: dict, _: object) -> dict:
    """Asks and says what the gate `bake` does at its first look."""
    job = event["CodePipeline.job"]
    parameters = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    pipeline, release = parameters["pipeline"], parameters["release"]
    S3.get_object(Bucket="artifacts", Key=job["data"]["inputArtifacts"][0]["location"]["s3Location"]["objectKey"])
    CODEPIPELINE.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=release)
    CODEPIPELINE.get_pipeline_state(name=pipeline)
    CODEPIPELINE.list_action_executions(pipelineName=pipeline)
    alarms = CLOUDWATCH.describe_alarms(
        AlarmNames=["errors"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )["MetricAlarms"]
    began = {"alarms": [{"name": alarm["AlarmName"], "state": alarm["StateValue"]} for alarm in alarms]}
    S3.put_object(Bucket=BUCKET, Key=f"begun/{job['id']}.json", Body=json.dumps(began))
    CODEPIPELINE.put_job_success_result(
        jobId=job["id"],
        continuationToken=json.dumps({"began": job["id"]}),
        executionDetails={"summary": "baking", "percentComplete": 0},
    )
    return {"handled": "continued"}
