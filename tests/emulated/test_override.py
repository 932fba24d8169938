"""`sluice override` against the function's binary: signed by the one, checked as Lambda does, written by the other."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from .lambdas import binary, running
from .recording import recording
from .serving import Quiet, served
from .signed_url import ALICE, KEY, SECRET, TOKEN, signed_url

RELEASE = "0f1e2d3c-0000-4000-8000-000000000000"
OTHER = "0f1e2d3c-0000-4000-8000-000000000001"
GIVE = ("--stage", "prod", "--gate", "bake", "--reason", "the alarm watches a host that is gone")


class CodePipeline(Quiet):
    """A pipeline `check@out` with one failed release in its stage `prod`."""

    def do_POST(self) -> None:
        asked = json.loads(self.body())
        operation = self.headers["x-amz-target"].rpartition(".")[2]
        if operation == "GetPipelineExecution" and asked["pipelineExecutionId"] != RELEASE:
            status, answer = 400, {"__type": "PipelineExecutionNotFoundException", "message": "none"}
        elif operation == "GetPipelineExecution":
            status, answer = 200, {"pipelineExecution": {"status": "Failed", "executionMode": "SUPERSEDED"}}
        else:
            latest = {"pipelineExecutionId": RELEASE, "status": "Failed"}
            status, answer = 200, {"stageStates": [{"stageName": "prod", "latestExecution": latest}]}
        self.reply(status, json.dumps(answer).encode(), Content_Type="application/x-amz-json-1.1")


@dataclass
class Installed:
    """The function at its URL, and the table that it writes."""

    url: str
    table: Any

    def override(self, *arguments: str, release: str = RELEASE, **environment: str) -> subprocess.CompletedProcess:
        """Runs the command as Alice."""
        own = {
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SLUICE_OVERRIDE_URL": self.url,
            "HOME": "/nonexistent",
            **environment,
        }
        command = [str(binary("sluice")), "override", "--pipeline", "check@out", "--release", release, *arguments]
        own = {name: value for name, value in own.items() if value}
        return subprocess.run(command, env=own, capture_output=True, text=True, timeout=60)

    def items(self) -> list[dict]:
        return self.table.scan()["Items"]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, moto = server.get_host_and_port()
    keys = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}
    dynamodb = boto3.resource("dynamodb", region_name="eu-central-1", endpoint_url=f"http://127.0.0.1:{moto}", **keys)
    table = dynamodb.create_table(
        TableName="sluice-waivers",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("release", "gate")],
        KeySchema=[{"AttributeName": "release", "KeyType": "HASH"}, {"AttributeName": "gate", "KeyType": "RANGE"}],
    )
    with recording() as recorder, served(CodePipeline) as codepipeline:
        recorder.world = codepipeline
        recorder.instead = {"DynamoDB_": moto}
        command = [str(binary("sluice-override"))]
        with running(command, recorder.url, tmp_path, SLUICE_WAIVERS_TABLE="sluice-waivers") as function:
            with signed_url(function) as url:
                yield Installed(url, table)
    # Another server of the same process would have it still.
    table.delete()
    server.stop()


def test_a_waiver_is_given_by_whoever_signed_and_listed(installed: Installed) -> None:
    done = installed.override(*GIVE, "--hours", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["waiver"]["by"] == ALICE
    [item] = installed.items()
    assert item["release"] == f"check@out/{RELEASE}"
    assert (item["gate"], item["by"], item["covers_gate_errors"]) == ("prod/bake", ALICE, False)
    assert item["reason"] == GIVE[-1]
    assert item["expires_at"] == told["waiver"]["expires"]

    listed = installed.override("--list")
    assert listed.returncode == 0, listed.stderr
    for text in ("gate `bake` of stage `prod`", ALICE, GIVE[-1]):
        assert text in listed.stdout
    assert "no waivers" in installed.override("--list", release=OTHER).stdout


def test_the_same_twice_is_one_waiver_and_another_one_takes_its_place(installed: Installed) -> None:
    first = installed.override(*GIVE)
    again = installed.override(*GIVE)
    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    assert "given a moment ago already" in again.stdout
    longer = installed.override(*GIVE, "--hours", "8", "--covers-gate-errors")
    assert "in the place of one" in longer.stdout, longer.stdout + longer.stderr
    [item] = installed.items()
    assert item["covers_gate_errors"] is True


def test_text_says_what_to_do_next_in_80_columns(installed: Installed) -> None:
    done = installed.override(*GIVE)
    assert done.stdout.startswith("waived: gate `bake` of stage `prod`\n")
    assert "aws codepipeline retry-stage-execution --retry-mode FAILED_ACTIONS" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (GIVE, {"AWS_SECRET_ACCESS_KEY": "another"}, 3, "does not match the signature"),
        (GIVE, {"AWS_SESSION_TOKEN": "another"}, 3, "sign in again"),
        (GIVE, {"AWS_SECRET_ACCESS_KEY": "", "AWS_ACCESS_KEY_ID": ""}, 3, "no AWS credentials"),
        (GIVE, {"SLUICE_OVERRIDE_URL": ""}, 64, "--url or SLUICE_OVERRIDE_URL"),
        (GIVE, {"SLUICE_OVERRIDE_URL": "http://checkout.example/"}, 3, "`https://`"),
        (GIVE, {"SLUICE_OVERRIDE_URL": "http://127.0.0.1:1/"}, 3, "no connection"),
        (GIVE, {"AWS_REGION": ""}, 3, "AWS_REGION"),
        ((*GIVE[:-1], "it is ok"), {}, 3, "`reason` has 8 characters"),
        ((*GIVE, "--hours", "25"), {}, 3, "1 to 24 hours"),
        (("--stage", "prod", "--gate", "bake"), {}, 64, "--reason"),
        (("--list", "--stage", "prod"), {}, 64, "--list"),
    ],
)
def test_what_is_refused_is_told_and_nothing_is_written(
    installed: Installed, arguments: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    done = installed.override(*arguments, **environment)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert said in done.stderr
    assert installed.items() == []


def test_a_release_that_is_not_there_is_told(installed: Installed) -> None:
    done = installed.override(*GIVE, release=OTHER)
    assert done.returncode == 3
    assert f"has no execution `{OTHER}`" in done.stderr
    assert "hint: take the release from" in done.stderr
