"""The command `sluice plan` with a table that moto has: another reading of AWS's pages."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from .lambdas import ROOT, binary

TABLE = "sluice-plans"
EXAMPLES = ROOT / "examples" / "plans"
KEYS = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}


class Store:
    """A table of moto's, and the command that uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.table = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=url, **KEYS)
        self.table.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "scope", "KeyType": "HASH"},
                {"AttributeName": "version", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "scope", "AttributeType": "S"},
                {"AttributeName": "version", "AttributeType": "N"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEYS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"],
            "SLUICE_PLANS_TABLE": TABLE,
            "USER": "ana",
        }
        command = [binary("sluice"), "plan", *arguments]
        return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, cwd=ROOT)

    def push(self, scope: str, file: Path, why: str = "a test", *more: str) -> subprocess.CompletedProcess[str]:
        return self.run("push", scope, str(file), "--why", why, *more)

    def items(self) -> list[dict[str, Any]]:
        return self.table.scan(TableName=TABLE)["Items"]


@pytest.fixture
def store() -> Iterator[Store]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    # What one server of moto's has, the next one of the same process has, too.
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
    yield Store(url)
    server.stop()


@pytest.fixture
def filled(store: Store) -> Store:
    layers = {
        "organisation": "organisation.yaml",
        "stage:*-one-box": "stage-one-box.yaml",
        "service:checkout": "service-checkout.yaml",
    }
    for scope, file in layers.items():
        pushed = store.push(scope, EXAMPLES / file, "begin")
        assert (pushed.stdout, pushed.returncode) == (f"{scope}@1 holds\n", 0), pushed.stderr
    return store


def test_what_is_pushed_holds_and_says_where_it_comes_from(filled: Store) -> None:
    shown = filled.run("why", "checkout", "prod-one-box", "--pipeline", "checkout")
    assert shown.returncode == 0, shown.stderr
    assert "organisation@1      bake.for: 1h\n" in shown.stdout
    assert "stage:*-one-box@1   clear.alarms[0]: network-errors\n" in shown.stdout
    assert "service:checkout@1  bake.alarms[0]: checkout-5xx\n" in shown.stdout
    assert "organisation@1: by ana@" in shown.stdout
    # In a folder the same holds, without versions.
    folder = filled.run("show", "checkout", "prod-one-box", "--layers", str(EXAMPLES))
    table = filled.run("show", "checkout", "prod-one-box")
    assert folder.stdout.partition("gates:")[2] == table.stdout.partition("gates:")[2] != ""


def test_every_change_is_a_version_and_what_loosens_is_not_written(filled: Store, tmp_path: Path) -> None:
    before = filled.items()
    refused = filled.push("service:checkout", EXAMPLES / "shorter.yaml", "faster")
    assert refused.returncode == 3
    assert "which `organisation@1` locks" in " ".join(refused.stderr.split())
    assert filled.items() == before
    longer = tmp_path / "longer.yaml"
    longer.write_text((EXAMPLES / "organisation.yaml").read_text().replace("for: 1h", "for: 2h"))
    diff = filled.run("diff", "organisation", str(longer))
    assert "- stages.prod*.gates[bake].bake.for: 1h\n+ stages.prod*.gates[bake].bake.for: 2h\n" in diff.stdout
    assert filled.push("organisation", longer, "nights are long", "--by", "ben").stdout == "organisation@2 holds\n"
    assert filled.push("organisation", longer).stdout == "organisation@2 holds already\n"
    history = filled.run("history", "organisation").stdout.splitlines()
    assert [line.split("  ")[0] for line in history] == ["2", "1"]
    assert history[0].endswith("ben: nights are long")


def test_of_writers_at_once_only_one_makes_each_version(filled: Store, tmp_path: Path) -> None:
    def push(hours: int) -> subprocess.CompletedProcess[str]:
        file = tmp_path / f"{hours}.yaml"
        file.write_text((EXAMPLES / "organisation.yaml").read_text().replace("for: 1h", f"for: {hours}h"))
        return filled.push("organisation", file, f"{hours} hours", "--over", "1")

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(push, range(2, 6)))
    assert sorted(ran.returncode for ran in came) == [0, 3, 3, 3]
    for ran in came:
        if ran.returncode == 3:
            assert "somebody else changed organisation: version 2 by ana@" in " ".join(ran.stderr.split())
            assert "then push again" in " ".join(ran.stderr.split())
    assert len(filled.run("history", "organisation").stdout.splitlines()) == 2


def test_an_item_that_is_not_whole_is_an_error(filled: Store) -> None:
    key = {"scope": {"S": "organisation"}, "version": {"N": "2"}}
    filled.table.put_item(TableName=TABLE, Item=key)
    shown = filled.run("show", "checkout", "prod")
    assert shown.returncode == 3
    assert shown.stdout == ""
    assert "PlanUnreadable: the plan cannot be read: item `organisation` version 2" in " ".join(shown.stderr.split())
    # The way out is the one that it names.
    assert filled.push("organisation", EXAMPLES / "organisation.yaml").stdout == "organisation@3 holds\n"
    assert filled.run("show", "checkout", "prod").returncode == 0
