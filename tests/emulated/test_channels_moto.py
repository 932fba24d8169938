"""Notices for SNS, EventBridge and a signed webhook, with moto in the place of AWS: another reading of AWS's pages."""

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from .lambdas import ROOT, binary
from .serving import Quiet, served

KEYS = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}
KEY = "of our own webhook"
# A message as a snapshot has it is the notice itself.
NOTICE = json.loads((ROOT / "tests/channels/snapshots/broken.json").read_text())["eventbridge"]


class Account:
    """An account of moto's, and a queue that sees what is sent in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        client = lambda name: boto3.client(name, region_name="us-east-1", endpoint_url=url, **KEYS)  # noqa: E731
        self.sns, self.sqs, self.events, self.secrets = map(client, ("sns", "sqs", "events", "secretsmanager"))
        self.queue = self.sqs.create_queue(QueueName="seen")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        self.queue_arn = attributes["Attributes"]["QueueArn"]

    def tell(self, channel: dict[str, Any], notice: dict[str, Any] = NOTICE) -> str:
        """What came of telling it, in the words of the program."""
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEYS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"],
        }
        asked = json.dumps({"channel": channel, "notice": notice})
        command = [binary("examples/deliver_notice")]
        ran = subprocess.run(command, input=asked, env=os.environ | variables, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def seen(self) -> list[dict[str, Any]]:
        """What came into the queue."""
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def account() -> Iterator[Account]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    # What one server of moto's has, the next one of the same process has, too.
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
    yield Account(url)
    server.stop()


def test_a_topic_is_told_and_its_subscriptions_filter_by_attributes(account: Account) -> None:
    topic = account.sns.create_topic(Name="desk")["TopicArn"]
    policy = json.dumps({"severity": ["critical"], "pipeline": ["checkout"]})
    account.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=account.queue_arn, Attributes={"FilterPolicy": policy}
    )
    assert account.tell({"sns": {"topic": topic}}) == "Told { remarks: [] }"
    assert account.tell({"sns": {"topic": topic}}, NOTICE | {"severity": "info"}) == "Told { remarks: [] }"
    [message] = account.seen()
    assert message["Subject"] == "checkout/prod-one-box is broken: gate `bake` failed and 1 more"
    assert json.loads(message["Message"]) == NOTICE
    assert {name: own["Value"] for name, own in message["MessageAttributes"].items()} == {
        "pipeline": "checkout",
        "stage": "prod-one-box",
        "kind": "broken",
        "severity": "critical",
    }


def test_a_topic_takes_the_longest_notice(account: Account) -> None:
    topic = account.sns.create_topic(Name="desk")["TopicArn"]
    account.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=account.queue_arn)
    long = NOTICE | {"reason": '"é😀' * 200_000, "remarks": ["x" * 5_000] * 100}
    assert account.tell({"sns": {"topic": topic}}, long) == "Told { remarks: [] }"
    [message] = account.seen()
    assert "shortened" in json.loads(message["Message"])["remarks"][0]


def test_a_topic_that_is_not_there_is_given_up(account: Account) -> None:
    topic = account.sns.create_topic(Name="desk")["TopicArn"].replace("desk", "gone")
    told = account.tell({"sns": {"topic": topic}})
    assert told.startswith("Never { why: ") and "sns:Publish" in told, told


def test_a_bus_is_told_in_an_event_that_a_rule_can_match(account: Account) -> None:
    bus = account.events.create_event_bus(Name="ops")["EventBusArn"]
    pattern = {"source": ["sluice"], "detail-type": ["Sluice Notice"], "detail": {"kind": ["broken"]}}
    account.events.put_rule(Name="seen", EventBusName="ops", EventPattern=json.dumps(pattern))
    account.events.put_targets(
        Rule="seen", EventBusName="ops", Targets=[{"Id": "queue", "Arn": account.queue_arn}]
    )
    assert account.tell({"eventbridge": {"bus": bus}}) == "Told { remarks: [] }"
    assert account.tell({"eventbridge": {"bus": "ops"}}) == "Told { remarks: [] }"
    assert account.tell({"eventbridge": {"bus": "ops"}}, NOTICE | {"kind": "passed"}) == "Told { remarks: [] }"
    events = account.seen()
    assert [event["detail"] for event in events] == [NOTICE, NOTICE]


def verifier() -> dict[str, Any]:
    """The example of the documents, as people copy it."""
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/notifications.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    return names


def test_a_webhook_proves_itself_to_the_example_of_the_documents(account: Account) -> None:
    account.secrets.create_secret(Name="sluice/notify/hmac", SecretString=json.dumps({"ours": KEY}))
    came: list[tuple[str, str, bytes]] = []

    class Receiver(Quiet):
        def do_POST(self) -> None:
            body = self.body()
            came.append((self.headers["Sluice-Signature"], self.headers["Sluice-Notice"], body))
            self.reply(204)

    with served(Receiver) as port:
        secret = {"secret": "sluice/notify/hmac", "key": "ours"}
        channel = {"webhook": {"url": f"http://127.0.0.1:{port}/sluice", "signing_key": secret}}
        assert account.tell(channel) == "Told { remarks: [] }"
    [(signature, notice, body)] = came
    assert notice == NOTICE["id"]
    assert json.loads(body) == NOTICE
    is_from_sluice = verifier()["is_from_sluice"]
    assert is_from_sluice(KEY.encode(), signature, body)
    assert not is_from_sluice(KEY.encode(), signature, body + b" ")
    assert not is_from_sluice(b"another key", signature, body)
    assert not is_from_sluice(KEY.encode(), "", body)
    assert not is_from_sluice(KEY.encode(), signature, body, now=time.time() + 600)


def test_a_secret_is_needed_and_a_rotated_one_is_used(account: Account) -> None:
    channel = {"slack": {"webhook": {"secret": "sluice/notify/slack"}}}
    missing = account.tell(channel)
    assert missing.startswith("Never { why: \"secret `sluice/notify/slack` cannot be read: "), missing
    created = account.secrets.create_secret(Name="sluice/notify/slack", SecretString="https://evil.example/x")
    by_arn = {"slack": {"webhook": {"secret": created["ARN"]}}}
    for own in (channel, by_arn):
        assert "its host is none of hooks.slack.com, hooks.slack-gov.com" in account.tell(own)
    account.secrets.put_secret_value(SecretId="sluice/notify/slack", SecretString="no address")
    assert "it is no address" in account.tell(channel)
