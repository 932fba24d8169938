"""What resolving plans costs: 5,000 services at 20 stages, from a table that moto has.

The time of reading is mostly moto's own; the calls and the time of resolving are ours. moto looks at every item of a
table in each query, which here would be its whole time: it is given the queried partition only.
"""

import copy
import hashlib
import json
import logging
import os
import subprocess

import boto3
from emulated.lambdas import ROOT
from moto.dynamodb.models.table import Table
from moto.server import ThreadedMotoServer

SERVICES = int(os.environ.get("SLUICE_BENCH_SERVICES", "5000"))
STAGES = 20
TABLE = "sluice-plans"
RESOLVE = ROOT / "target" / "release" / "examples" / "resolve_plans"
KEYS = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}
BATCH = 25
RESOLVING_MILLISECONDS_MAX = 5
"""For one plan: a function has seconds, and most of them are for AWS."""

ORGANISATION = """
stages:
  "*": { gates: [{ bake: { for: 1h, traffic: { at_least: 100 } } }], on_inconclusive: { notify: [desk] } }
"""
STAGE = "stages: { prod-*: { gates: [{ clear: { alarms: [network] } }], on_fail: { roll_back: stage } } }"
SERVICE = """
pipelines: [NAME]
stages:
  prod-*:
    gates:
      - bake: { traffic: { metric: { namespace: Shop, name: Requests, dimensions: { Service: NAME } } }, alarms: [NAME-5xx, NAME-p99] }
      - validate: { http: [{ get: "https://NAME.example/health", expect: { status: 200 } }] }
  prod-7: { gates: [{ bake: { for: 12h } }], on_fail: { notify: [NAME] } }
"""


def item(scope: str, document: str) -> dict:
    """The first version of a scope."""
    texts = {"scope": scope, "by": "bench", "at": "2026-01-01T00:00:00Z", "why": "bench", "document": document}
    texts["sha256"] = hashlib.sha256(document.encode()).hexdigest()
    numbers = {"version": "1", "form": "1"}
    return {name: {"S": text} for name, text in texts.items()} | {name: {"N": n} for name, n in numbers.items()}


def items() -> list[dict]:
    """All layers."""
    names = [f"service-{index}" for index in range(SERVICES)]
    layers = [
        item("organisation", ORGANISATION),
        item("stage:prod-*", STAGE),
        item("stages", json.dumps({"stages": ["prod-*"]})),
    ]
    return layers + [item(f"service:{name}", SERVICE.replace("NAME", name)) for name in names]


def fill(url: str) -> None:
    """A table with all layers."""
    table = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=url, **KEYS)
    keys = [("scope", "HASH", "S"), ("version", "RANGE", "N")]
    table.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind, _ in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": of} for name, _, of in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    puts = [{"PutRequest": {"Item": own}} for own in items()]
    for begin in range(0, len(puts), BATCH):
        table.batch_write_item(RequestItems={TABLE: puts[begin : begin + BATCH]})


def query_one_partition() -> None:
    """Lets moto find a partition by its key, as DynamoDB does."""
    whole = Table.query

    def query(table: Table, hash_key, *others, **named):
        partition = copy.copy(table)
        partition.items = {hash_key: table.items.get(hash_key, {})}
        return whole(partition, hash_key, *others, **named)

    Table.query = query


def main() -> None:
    query_one_partition()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    fill(url)
    variables = {"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1"} | {name.upper(): key for name, key in KEYS.items()}
    ran = subprocess.run(
        [RESOLVE, TABLE, str(SERVICES), str(STAGES)], env=os.environ | variables, capture_output=True, text=True
    )
    server.stop()
    assert ran.returncode == 0, ran.stderr
    cost = json.loads(ran.stdout)
    each = cost["resolving"] / cost["plans"] * 1000
    print(f"plans: {SERVICES} services at {STAGES} stages, {cost['gates']} gates")
    print(f"  {cost['calls']} calls ({cost['calls'] / SERVICES:.0f} for a release at a stage), {cost['reading']:.1f} s in moto")
    print(f"  {cost['plans']} plans resolved in {cost['resolving']:.1f} s, {each:.3f} ms each")
    assert cost["plans"] == SERVICES * STAGES
    assert cost["gates"] == 3 * cost["plans"]
    assert each <= RESOLVING_MILLISECONDS_MAX, "resolving a plan takes too long"


if __name__ == "__main__":
    main()
