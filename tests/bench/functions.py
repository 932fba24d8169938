"""Measures each function's release build, and a function in Python beside it, in the same run.

Local process starts against a stand-in for Lambda's Runtime API and a simulated AWS, over plain HTTP: what they show
is the difference between the rows, not the cold start that Lambda will have.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulated.lambdas import ROOT, Function, running
from emulated.serving import Quiet, served

PACKAGES = ROOT / "out" / "package"
WORLD = ROOT / "target" / "release" / "sluice"

STARTS = 30
LOOKS = 9
ZIP_MB_AIM, ZIP_MB_MAX_OTHERS = 3.0, 4.0
# It speaks to seven services more than the others, and holds bodies to JSON Schemas and regular expressions.
ZIP_MB_MAX = {"sluice-validate": 6.0}
START_RATIO_AIM, MEMORY_RATIO_AIM = 30, 5

PLAN = """
service: checkout
stages:
  prod:
    gates:
      - bake: { for: 1h, traffic: not_measured, alarms: [errors] }
"""
CANARY_PLAN = """
service: checkout
stages:
  prod:
    gates:
      - canary:
          namespace: Shop
          groups: { baseline: { dimensions: { V: old } }, canary: { dimensions: { V: new } } }
          metrics: [ { name: errors, count: Errors, of: Requests } ]
"""
VALIDATE_PLAN = """
service: checkout
stages:
  prod:
    gates:
      - validate: { codebuild: [ { name: build, project: smoke } ] }
"""
SCENARIO = """
about: nothing happens
alarms: [ { name: errors, states: [ { at: -2h, state: OK } ] } ]
projects: { smoke: {} }
machines: { stage-checks: { takes: 10m } }
tables: { sluice-claims: {}, sluice-leases: { key: id, sort: part }, sluice-waivers: { key: release, sort: gate } }
pipeline: { deploys: { prod: 0s } }
"""


VARIABLES = {
    "SLUICE_EVIDENCE_BUCKET": "sluice-evidence",
    "SLUICE_CLAIMS_TABLE": "sluice-claims",
    "SLUICE_LEASES_TABLE": "sluice-leases",
    "SLUICE_NOTICES_TABLE": "sluice-notices",
    "SLUICE_WAIVERS_TABLE": "sluice-waivers",
    "SLUICE_HOOK_ARN": "arn:aws:states:us-east-1:111122223333:stateMachine:hook",
    "SLUICE_STAGE_CHECKS_ARN": "arn:aws:states:us-east-1:111122223333:stateMachine:stage-checks",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass
class Row:
    """What was measured of one function. Milliseconds, and MB of 1,000,000 bytes for files, MiB for memory."""

    name: str
    zip_mb: float | None
    start_ms: float
    start_mib: float
    look_ms: float
    peak_mib: float


def memory(process: subprocess.Popen, field: str) -> float:
    """Resident memory in MiB, now (`VmRSS`) or at most so far (`VmHWM`)."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {field}")


def first_poll(function: Function) -> float:
    """Waits until the function asks for its first event; when that was."""
    while not function.polls:
        assert function.process.poll() is None, "it ended: " + "\n".join(function.log())
        time.sleep(0.0005)
    return function.polls[0]


@contextmanager
def job_for(url_of_aws: list[str], handle: Callable[[dict], None], folder: Path, plan: str) -> Iterator[None]:
    """A release in a simulated AWS whose gate's first job is handed over."""

    class Functions(Quiet):
        def do_POST(self) -> None:
            event = json.loads(self.body())
            handle(event)
            self.reply(200, b"{}")

    (folder / "sluice.yaml").write_text(plan)
    (folder / "scenario.yaml").write_text(SCENARIO)
    with served(Functions) as port:
        command = [
            *(str(WORLD), "world", "--release", "--json", "--port", "0"),
            *("--plan", str(folder / "sluice.yaml"), "--scenario", str(folder / "scenario.yaml")),
            *("--functions", f"http://127.0.0.1:{port}"),
        ]
        world = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with world.stdout as lines:
            url_of_aws.append(json.loads(next(lines))["url"])
            yield
            world.kill()
            world.wait()


def look(
    command: list[str], wrap: Callable[[dict], dict], folder: Path, plan: str, **more: str
) -> tuple[float, float]:
    """One first look in a new process: milliseconds from event to answer, and the peak of memory."""
    got: list[tuple[float, float]] = []
    failed: list[str] = []
    url: list[str] = []

    def handle(event: dict) -> None:
        while not url:
            time.sleep(0.001)
        with running(command, url[0], folder, **more) as function:
            first_poll(function)
            began = time.perf_counter()
            answer = function.invoke(wrap(event))
            took = (time.perf_counter() - began) * 1e3
            if not answer.succeeded:
                failed.append(f"{answer.body}\n" + "\n".join(function.log()))
            got.append((took, memory(function.process, "VmHWM")))

    with job_for(url, handle, folder, plan):
        until = time.monotonic() + 60
        while not got and time.monotonic() < until:
            time.sleep(0.005)
    assert not failed, failed[0]
    return got[0]


def measure(
    name: str,
    command: list[str],
    zip_path: Path | None,
    wrap: Callable[[dict], dict] = dict,
    plan: str = PLAN,
    **more: str,
) -> Row:
    """All figures of one function."""
    starts, resident, looks, peaks = [], [], [], []
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        more = {**VARIABLES, **more}
        for _ in range(STARTS):
            with running(command, "http://127.0.0.1:9", folder, **more) as function:
                starts.append((first_poll(function) - function.started) * 1e3)
                resident.append(memory(function.process, "VmRSS"))
        for _ in range(LOOKS):
            took, peak = look(command, wrap, folder, plan, **more)
            looks.append(took)
            peaks.append(peak)
    median = statistics.median
    size = zip_path.stat().st_size / 1e6 if zip_path else None
    return Row(name, size, median(starts), median(resident), median(looks), median(peaks))


def died(event: dict) -> dict:
    """What the reaper gets: the record of an event that no function handled."""
    return {
        "requestContext": {
            "requestId": "r",
            "functionArn": "arn:aws:lambda:us-east-1:111122223333:function:sluice-bake:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": event,
        "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "exit status 101"},
    }


def of_the_stage(event: dict) -> dict:
    """The same action, which asks for all gates of its stage."""
    configuration = event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]
    parameters = json.loads(configuration["UserParameters"])
    del parameters["gate"]
    configuration["UserParameters"] = json.dumps(parameters)
    return event


def to_resolve(event: dict) -> dict:
    """What the state machine asks of a release whose artifact holds all of its plan."""
    del event
    bake = {"for": "1h", "traffic": "not_measured", "alarms": ["errors"]}
    return {
        **{"sluice_plan": 1, "pipeline": "checkout", "release": "r-1", "stage": "prod", "service": "checkout"},
        "plan": {"service": "checkout", "stages": {"prod": {"gates": [{"bake": bake}]}}},
        "execution": "arn:aws:states:us-east-1:111122223333:execution:stage-checks:e-1",
        "started": "2026-01-01T00:00:00Z",
    }


def of_no_news(event: dict) -> dict:
    """A change of a stage of which people are told nothing."""
    del event
    detail = {"pipeline": "checkout", "execution-id": "r-1", "stage": "prod", "state": "STARTED"}
    return {
        **{"source": "aws.codepipeline", "detail-type": "CodePipeline Stage Execution State Change"},
        **{"time": "2026-01-01T00:00:00Z", "region": "us-east-1", "detail": detail},
    }


def of_the_minute(event: dict) -> dict:
    """The schedule's, at which the worker looks for jobs. There are none."""
    del event
    return {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def of_no_deployment(event: dict) -> dict:
    """A call of whoever is not CodeDeploy. Scenarios have no deployments that could call."""
    del event
    return {}


def nobodys(event: dict) -> dict:
    """A request that nobody signed."""
    del event
    return {"requestContext": {"http": {"method": "POST"}}, "body": "{}"}


def unpacked(name: str, folder: Path) -> Path:
    """The binary that is in a function's package."""
    with zipfile.ZipFile(PACKAGES / f"{name}.zip") as package:
        package.extract("bootstrap", folder / name)
    path = folder / name / "bootstrap"
    path.chmod(0o755)
    return path


def shown(row: Row) -> str:
    size = f"{row.zip_mb:8.2f}" if row.zip_mb else f"{'-':>8}"
    return (
        f"{row.name:<26}{size}{row.start_ms:10.1f}{row.start_mib:10.1f}{row.look_ms:12.1f}{row.peak_mib:10.1f}"
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        rows = []
        print(f"{'function':<26}{'zip MB':>8}{'start ms':>10}{'MiB':>10}{'1st look ms':>12}{'peak MiB':>10}", flush=True)
        for name, wrap, plan in (
            ("sluice-bake", dict, PLAN),
            ("sluice-canary", dict, CANARY_PLAN),
            ("sluice-validate", dict, VALIDATE_PLAN),
            ("sluice-checks", of_the_stage, PLAN),
            ("sluice-plan", to_resolve, PLAN),
            ("sluice-override", nobodys, PLAN),
            ("sluice-notify", of_no_news, PLAN),
            ("sluice-worker", of_the_minute, PLAN),
            ("sluice-hook", of_no_deployment, PLAN),
            ("sluice-reaper", died, PLAN),
        ):
            command = [str(unpacked(name, folder))]
            rows.append(measure(name, command, PACKAGES / f"{name}.zip", wrap, plan))
            print(shown(rows[-1]), flush=True)
    peer = measure(
        f"Python {sys.version_info.major}.{sys.version_info.minor}, boto3",
        [sys.executable, "-m", "awslambdaric", "bench.peer.handler"],
        None,
        PYTHONPATH=str(ROOT / "tests"),
    )
    print(shown(peer))
    print(
        f"start: from exec to the first poll of the Runtime API, median of {STARTS}; first look: event to answer against "
        f"a simulated AWS without TLS, a new process each, median of {LOOKS}"
    )
    too_large = False
    for row in rows:
        size = "held" if row.zip_mb <= ZIP_MB_AIM else "missed"
        faster, smaller = peer.start_ms / row.start_ms, peer.peak_mib / row.peak_mib
        print(
            f"{row.name}: zip aim {ZIP_MB_AIM:.0f} MB {size}; starts {faster:.0f}x as fast (aim {START_RATIO_AIM}x), "
            f"peak memory 1/{smaller:.1f} (aim 1/{MEMORY_RATIO_AIM}) of Python's"
        )
        if row.zip_mb > (most := ZIP_MB_MAX.get(row.name, ZIP_MB_MAX_OTHERS)):
            print(f"{row.name}: its zip is over {most:.0f} MB")
            too_large = True
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
