"""The gate `validate` as a real binary, its build and its execution answered by moto: another reading of AWS's pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from .emulator import emulating
from .recording import recording
from .test_validate import Came

CODEBUILD = {
    "name": "smoke",
    "source": {"type": "S3", "location": "sources/smoke.zip"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"},
    "serviceRole": "arn:aws:iam::123456789012:role/service-role/builds",
}
MACHINE = {"StartAt": "Ask", "States": {"Ask": {"Type": "Succeed"}}}

TESTS = """
          codebuild: [{ name: build, project: smoke, variables: { RELEASE: "${release.id}" } }]
          state_machine: [{ name: machine, machine: "MACHINE" }]
"""


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, dict[str, Any]]]:
    """A port at which moto answers, and clients of it."""
    # Of executions moto knows no other end than this: they do not run, and stay as they began.
    monkeypatch.setenv("SF_EXECUTION_HISTORY_TYPE", "FAILURE")
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}
    yield port, {
        name: boto3.client(name, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}", **keys)
        for name in ("codebuild", "stepfunctions")
    }
    server.stop()


def test_a_build_and_an_execution_are_started_once_and_followed(
    moto: tuple[int, dict[str, Any]], tmp_path: Path
) -> None:
    port, clients = moto
    clients["codebuild"].create_project(**CODEBUILD)
    machine = clients["stepfunctions"].create_state_machine(
        name="smoke", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::123456789012:role/machines"
    )["stateMachineArn"]
    with recording() as recorder, emulating(tmp_path, AWS_ENDPOINT_URL=recorder.url) as emulator:
        recorder.world = emulator.aws_port
        recorder.instead = {"CodeBuild_": port, "AWSStepFunctions.": port}
        log = tmp_path / "emulator.log"
        came = Came((emulator, recorder, log), tmp_path, 1, TESTS.replace("MACHINE", machine))
    assert came.code == 1, came.timeline
    assert came.results() == {"build": "passed", "machine": "failed"}
    assert "test `machine` failed: the execution failed" in came.timeline
    [build] = clients["codebuild"].list_builds_for_project(projectName="smoke")["ids"]
    [execution] = clients["stepfunctions"].list_executions(stateMachineArn=machine)["executions"]
    assert execution["name"].startswith("prod-validate-machine-")
    [followed, _] = came.evidence["facts"]["tests"]
    assert build.rpartition(":")[2] in followed["link"]
    # The world was asked for neither.
    assert not {name for name in came.calls if name.startswith(("codebuild:", "states:"))}
