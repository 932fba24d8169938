"""The largest look that a plan may ask of the gate `canary`: its time, its memory, its calls.

The release build runs as Lambda runs it. Nobody waits for 22 hours: after the first look its token and its record are
moved that far into the past, and the second look, in a new process, reads all there is. What is measured is the process
of the function alone; the time includes that of the simulated AWS behind its socket.

After that, more than a plan may ask for: 500 series of 24 hours, by the gate without its host (`whole_day.rs`).
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import boto3
from botocore.config import Config
from emulated.lambdas import ROOT, running
from emulated.serving import Quiet, served

from .functions import PACKAGES, WORLD, memory, unpacked

# As many as a plan may have (`CANARY_METRICS_MAX`). A percentile reads its value and how many samples it has, of both.
METRICS = 100
# The longest horizon that fits into an action of CodePipeline, in periods of a minute.
HORIZON = timedelta(hours=22, minutes=15)
WHOLE_DAY = ROOT / "target" / "release" / "examples" / "whole_day"
WHOLE_DAY_METRICS = 125
WHOLE_DAY_POINTS = 500 * 1440
MEMORY_MIB_MAX = 64
LOOK_SECONDS_MAX = 60
"""Half of the function's timeout."""
BUCKET = "sluice-evidence"
VARIABLES = {"SLUICE_EVIDENCE_BUCKET": BUCKET, "AWS_REGION": "us-east-1"}


def plan(metrics: int) -> str:
    """A comparison of so many percentiles, none of which can be proven within a minute of it."""
    lines = [f"- {{ name: m{i}, series: M{i}, stat: p99, tolerance: 0.1% }}" for i in range(metrics)]
    indented = "\n".join(f"            {line}" for line in lines)
    return f"""
service: checkout
stages:
  prod:
    gates:
      - canary:
          namespace: Shop
          groups: {{ baseline: {{ dimensions: {{ V: old }} }}, canary: {{ dimensions: {{ V: new }} }} }}
          traffic: {{ count: Requests, canary_share: 50% }}
          horizon: {int(HORIZON.total_seconds()) // 60}m
          metrics:
{indented}
"""


def scenario(metrics: int) -> str:
    """Noise for each series, the same in both versions."""
    lines = ["about: a large comparison", "alarms: []", "pipeline: { look_every: 1s, deploys: { prod: 0s } }", "metrics:"]
    names = [("Requests", 1000, 10)] + [(f"M{i}", 0.4, 0.2) for i in range(metrics)]
    for name, mean, noise in names:
        lines += [
            f"  {name}-{version}: {{ namespace: Shop, name: {name}, dimensions: {{ V: {version} }}, samples: 1000, "
            f"floor: 0.01, values: [ {{ constant: {mean} }}, {{ noise: {{ sd: {noise} }} }} ] }}"
            for version in ("old", "new")
        ]
    return "\n".join(lines) + "\n"


def earlier(moment: str) -> str:
    """The same moment, a horizon and what a period needs to close earlier."""
    then = datetime.fromisoformat(moment) - HORIZON - timedelta(minutes=4)
    return then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moved(token: str, url: str) -> str:
    """A token whose gate began that much earlier, with the record that says so in the bucket."""
    content = json.loads(token)
    del content["sum"]
    content["first"] = earlier(content["first"])
    content.pop("until", None)
    content.pop("not_before", None)
    stored = content["record"]["stored"]
    s3 = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIAFUNCTION0000000",
        aws_secret_access_key="simulated",
        config=Config(s3={"addressing_style": "path"}),
    )
    where = {"Bucket": BUCKET, "Key": stored["key"]}
    record = json.load(s3.get_object(**where)["Body"])
    begun = record["begun"]
    begun["began"], begun["start"] = earlier(begun["began"]), earlier(begun["start"])[:16] + ":00Z"
    body = json.dumps(record, separators=(",", ":")).encode()
    s3.put_object(**where, Body=body)
    stored["sha256"] = hashlib.sha256(body).hexdigest()
    rest = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return f'{{"sum":"{hashlib.sha256(rest.encode()).hexdigest()[:16]}",' + rest[1:]


class Measured:
    """What came of the second look."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.command, self.folder, self.url = command, folder, ""
        self.seconds = self.mib = None
        self.log = ""
        self.failed = ""

    def handle(self, event: dict) -> None:
        """Runs the function on an event; a second look is moved, and measured."""
        while not self.url:
            time.sleep(0.001)
        data = event["CodePipeline.job"]["data"]
        if self.seconds is not None:
            return
        if is_second := "continuationToken" in data:
            data["continuationToken"] = moved(data["continuationToken"], self.url)
        with running(self.command, self.url, self.folder, **VARIABLES) as function:
            began = time.perf_counter()
            answer = function.invoke(event, lives=120.0)
            took = time.perf_counter() - began
            if is_second or not answer.succeeded:
                self.log = "\n".join(function.log())
                self.failed = "" if answer.succeeded else str(answer.body)
                self.mib, self.seconds = memory(function.process, "VmHWM"), took


class WholeDay:
    """What came of one look by the gate alone, in its own process."""

    def __init__(self) -> None:
        self.url, self.seconds, self.found = "", None, {}
        self.failed = ""

    def handle(self, event: dict) -> None:
        """Looks once, whatever the job."""
        while not self.url:
            time.sleep(0.001)
        if self.seconds is not None:
            return
        keys = {"AWS_ACCESS_KEY_ID": "AKIAFUNCTION0000000", "AWS_SECRET_ACCESS_KEY": "simulated"}
        variables = {**os.environ, **keys, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": self.url}
        began = time.perf_counter()
        done = subprocess.run([str(WHOLE_DAY)], env=variables, capture_output=True, text=True, timeout=300)
        took = time.perf_counter() - began
        self.failed = done.stderr if done.returncode else ""
        self.found = json.loads(done.stdout) if done.stdout else {}
        self.seconds = took


def measure(folder: Path, measured: Measured | WholeDay, metrics: int) -> dict[str, int]:
    """A release up to the look that is measured, and the calls until then."""
    (folder / "sluice.yaml").write_text(plan(min(metrics, METRICS)))
    (folder / "scenario.yaml").write_text(scenario(metrics))

    class Functions(Quiet):
        def do_POST(self) -> None:
            measured.handle(json.loads(self.body()))
            self.reply(200, b"{}")

    with served(Functions) as port:
        command = [
            *(str(WORLD), "world", "--release", "--json", "--port", "0"),
            *("--plan", str(folder / "sluice.yaml"), "--scenario", str(folder / "scenario.yaml")),
            *("--functions", f"http://127.0.0.1:{port}"),
        ]
        world = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with world.stdout as lines:
            measured.url = json.loads(next(lines))["url"]
            until = time.monotonic() + 300
            while measured.seconds is None and time.monotonic() < until:
                time.sleep(0.05)
            world.terminate()
            calls = [json.loads(line) for line in lines][-1]["calls"]
            world.wait()
    return calls


def listed(calls: dict[str, int]) -> str:
    """Calls with their numbers."""
    return ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))


def whole_day() -> bool:
    """Measures 500 series of 24 hours; whether it stays within the limits."""
    measured = WholeDay()
    with tempfile.TemporaryDirectory() as path:
        calls = measure(Path(path), measured, WHOLE_DAY_METRICS)
    found = measured.found
    if measured.failed or not measured.seconds or (found["periods"], found["metrics"]) != (1440, WHOLE_DAY_METRICS):
        print(f"the look over a whole day did not end: {measured.failed}\n{found}")
        return False
    print(f"canary, more than a plan may ask for: 500 series of 1440 minutes, {WHOLE_DAY_POINTS} points, without the host")
    print(f"  {measured.seconds:.1f} s, peak memory {found['peak_mib']:.1f} MiB (at most {MEMORY_MIB_MAX})")
    print(f"  calls: {listed(calls)}")
    print(f"  ended with {found['reason']}")
    return found["peak_mib"] <= MEMORY_MIB_MAX and measured.seconds <= LOOK_SECONDS_MAX


def main() -> int:
    with tempfile.TemporaryDirectory() as path:
        measured = Measured([str(unpacked("sluice-canary", Path(path)))], Path(path))
        calls = measure(Path(path), measured, METRICS)
    series, periods = METRICS * 4 + 2, int(HORIZON.total_seconds()) // 60
    if measured.failed or '"message":"ended"' not in measured.log:
        print(f"the look did not end: {measured.failed}\n{measured.log}")
        return 1
    [ended] = [json.loads(line) for line in measured.log.splitlines() if '"message":"ended"' in line]
    print(f"canary, the largest look of a plan: {series} series of {periods} minutes, {series * periods} points")
    print(f"  {measured.seconds:.1f} s, peak memory {measured.mib:.1f} MiB (at most {MEMORY_MIB_MAX})")
    print(f"  calls of this look and the first: {listed(calls)}")
    print(f"  ended with {ended['text'].split('`: ')[1].partition(':')[0]}")
    is_small = measured.mib <= MEMORY_MIB_MAX and measured.seconds <= LOOK_SECONDS_MAX
    return 0 if whole_day() and is_small else 1


if __name__ == "__main__":
    assert PACKAGES.exists(), "run `make package` first"
    sys.exit(main())
