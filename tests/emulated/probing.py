"""An account in which `sluice probe --yes` makes its stack, measures, and removes it.

CloudFormation, S3, IAM and Lambda's configuration are moto's; CodePipeline and CloudWatch are `sluice world`, a process
of its own. What moto's CloudFormation passes over is made in the world out of the same template, its references
resolved by moto. The function is the template's own Python, run here.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager

import boto3
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from samtranslator.yaml_helper import yaml_parse

from wire.command import ROOT, binary

from .serving import Quiet, served

TEMPLATE = ROOT / "infra" / "probe.yaml"
REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAFUNCTION0000000", "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_REGION": REGION}
WAIT = 100
"""Seconds after which a command that does not end is taken for stuck."""


def properties(stack, name):
    """The properties of a resource of the template, resolved as moto made the stack."""
    written = yaml_parse(TEMPLATE.read_text())["Resources"][name]["Properties"]
    stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
    return clean_json(written, next(own for own in stacks if own.name == stack).resource_map)


def in_api(value):
    """A pipeline of CloudFormation in the words of the API, which begin small; the keys of configurations stay."""
    if isinstance(value, list):
        return [in_api(own) for own in value]
    if not isinstance(value, dict):
        return value
    small = {key[0].lower() + key[1:]: own for key, own in value.items()}
    return {key: own if key == "configuration" else in_api(own) for key, own in small.items()}


LOOP = """
import sys
for line in sys.stdin:
    try:
        handler(json.loads(line), None)
        print(json.dumps(None), flush=True)
    except Exception as error:
        print(json.dumps(str(error)), flush=True)
"""


class Warm:
    """A function that Lambda keeps: its code in a process of its own, one event after the other."""

    def __init__(self, code, environment):
        command = [sys.executable, "-B", "-c", code + LOOP]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=environment, **pipes)
        self.lock = threading.Lock()

    def run(self, event):
        """What went wrong, if anything did."""
        with self.lock:
            print(json.dumps(event), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.communicate()


class Account:
    """Who answers for AWS."""

    def __init__(self, moto, folder):
        self.moto = moto
        self.folder = folder
        self.urls = {}
        self.function = None
        self.denied = set()
        self.made = threading.Event()

    def client(self, service):
        """A client of moto's service, or of the world's."""
        keys = {"aws_access_key_id": "AKIAFUNCTION0000000", "aws_secret_access_key": "simulated"}
        url = self.urls["world"] if service in ("codepipeline", "cloudwatch") else self.moto
        return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)

    def make_the_rest(self, stack):
        """Makes what moto passes over. Alarms are six times as quick as they are written."""
        self.deploy(stack)
        self.client("codepipeline").create_pipeline(pipeline=in_api(properties(stack, "Pipeline")) | {"version": 1})
        bucket = properties(stack, "Pipeline")["ArtifactStore"]["Location"]
        versions = properties(stack, "Bucket")["VersioningConfiguration"]
        self.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versions)
        for name in ("Fires", "Stays"):
            self.client("cloudwatch").put_metric_alarm(**properties(stack, name) | {"Period": 10})

    def deploy(self, stack):
        """Starts the function as it was deployed: its own code, with its own environment."""
        own = yaml_parse(TEMPLATE.read_text())["Resources"]["Function"]["Properties"]
        variables = properties(stack, "Function")["Environment"]["Variables"]
        urls = {"AWS_ENDPOINT_URL_S3": self.moto, "AWS_ENDPOINT_URL_CODEPIPELINE": self.urls["world"]}
        environment = os.environ | KEYS | urls | variables | {"AWS_DEFAULT_REGION": REGION}
        self.function = Warm(own["Code"]["ZipFile"], environment)

    def environment(self):
        """What tells the command where AWS is."""
        return KEYS | {
            "AWS_ENDPOINT_URL": self.urls["world"],
            "AWS_ENDPOINT_URL_S3": self.moto,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": self.urls["stacks"],
        }

    def start(self, *flags):
        """The command, running."""
        command = [binary(), "probe", "--yes", "--every", "1s", "--out", self.folder / "measured.json", *flags]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=self.environment(), **pipes)

    def probe(self, *flags):
        """The exit code, and what it printed."""
        process = self.start(*flags)
        out, err = process.communicate(timeout=WAIT)
        return process.returncode, out, err

    def file(self):
        """What was written."""
        return json.loads((self.folder / "measured.json").read_text())

    def left(self):
        """Stacks and buckets that are there."""
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        buckets = self.client("s3").list_buckets()["Buckets"]
        return [own["StackName"] for own in stacks] + [own["Name"] for own in buckets]


def stacks(account):
    """moto's CloudFormation, and the rest of the stack."""

    class Handler(Quiet):
        def do_POST(self):
            body = self.body()
            asked = dict(urllib.parse.parse_qsl(body.decode()))
            if asked["Action"] in account.denied:
                error = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
                return self.reply(403, error.encode(), Content_Type="text/xml")
            request = urllib.request.Request(account.moto, body, dict(self.headers))
            try:
                with urllib.request.urlopen(request) as answer:
                    status, told = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, told = error.code, error.read()
            if asked["Action"] == "CreateStack" and status == 200:
                account.make_the_rest(asked["StackName"])
                account.made.set()
            self.reply(status, told, Content_Type="text/xml")

    return Handler


def functions(account):
    """Lambda, as far as the world asks it."""

    class Handler(Quiet):
        def do_GET(self):
            self.reply(200)

        def do_POST(self):
            event = json.loads(self.body())
            said = account.function.run(event)
            if said is None:
                return self.reply(200, b"null")
            error = {"errorType": "Unhandled", "errorMessage": said}
            self.reply(200, json.dumps(error).encode(), X_Amz_Function_Error="Unhandled")

    return Handler


@contextmanager
def world(folder, assumed, port):
    """The world, which behaves so; gives its address."""
    scenario, file = folder / "scenario.yaml", folder / "assumed.json"
    scenario.write_text("about: an account that is measured\n")
    moment = "2026-03-03T09:00:00Z"
    file.write_text(json.dumps({
        "format": "sluice-probe/1", "sluice": "0.1.0", "against": "simulation", "region": REGION,
        "began": moment, "ended": moment, "measures": [], "world": assumed,
    }))
    command = [binary(), "world", "--port", "0", "--json", "--scenario", scenario, "--assumptions", file]
    # The template lets no event be tried again.
    command += ["--functions", f"http://127.0.0.1:{port}", "--retry-wait", "1h"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        first = json.loads(process.stdout.readline())
        # Whoever writes to a full pipe waits, so it is read all the time.
        reader = threading.Thread(target=process.stdout.read, daemon=True)
        reader.start()
        yield first["url"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        reader.join(timeout=30)
        process.stdout.close()


@contextmanager
def account(folder, assumed):
    """An account whose AWS behaves so."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
    own = Account(url, folder)
    try:
        with served(functions(own)) as lambdas, served(stacks(own)) as front:
            with world(folder, assumed, lambdas) as own.urls["world"]:
                own.urls["stacks"] = f"http://127.0.0.1:{front}"
                yield own
    finally:
        if own.function:
            own.function.close()
        server.stop()
