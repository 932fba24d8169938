"""The whole of the stage checks on this machine: a simulated CodePipeline runs releases, its Lambda action starts the
state machine in the bed, the machine's tasks invoke the real binaries, and these read the simulated AWS.

Time is real here: bakes take seconds, and so do waits.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import boto3

from emulated.emulator import Emulator, emulating
from emulated.lambdas import ROOT, binary

from .bed import Bed, Execution, Run, running

FUNCTIONS = ("sluice-bake", "sluice-canary", "sluice-validate", "sluice-reaper", "sluice-checks")
PLANS, WAIVERS = "sluice-plans", "sluice-waivers"
ACCOUNT = "arn:aws:states:us-east-1:123456789012:stateMachine"
REGION = "us-east-1"
KEYS = dict(region_name=REGION, aws_access_key_id="AKIAFUNCTION0000000", aws_secret_access_key="simulated")
TERMINAL = {"Succeeded", "Failed", "Stopped", "Cancelled", "Superseded"}


class Whole:
    """Everything, running."""

    def __init__(self, bed: Bed, emulator: Emulator, service: str) -> None:
        self.bed = bed
        self.emulator = emulator
        self.service = service
        self.world = f"http://127.0.0.1:{emulator.aws_port}"
        self.own = f"http://127.0.0.1:{bed.port}"
        self.pipelines = boto3.client("codepipeline", endpoint_url=self.world, **KEYS)
        self.alarms = boto3.client("cloudwatch", endpoint_url=self.world, **KEYS)
        self.tables = boto3.client("dynamodb", endpoint_url=self.own, **KEYS)

    def prepare(self) -> None:
        """Lets the bed's tasks reach what really runs, and makes the tables."""
        self.bed.ask("script", {"forward": {"lambda": self.emulator.url, "codepipeline": self.world}})
        for table, key, sort, kind in ((PLANS, "scope", "version", "N"), (WAIVERS, "release", "gate", "S")):
            self.tables.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}],
                AttributeDefinitions=[
                    {"AttributeName": key, "AttributeType": "S"},
                    {"AttributeName": sort, "AttributeType": kind},
                ],
            )

    def push(self, scope: str, document: str, folder: Path) -> str:
        """Puts a layer of plans into the table, with the command that people type."""
        file = folder / f"{scope.replace(':', '-').replace('*', '')}.yaml"
        file.write_text(document)
        command = [binary("sluice"), "plan", "push", scope, file, "--why", "as the example has it", "--table", PLANS]
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": self.own,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "AKIAENGINEER000000",
            "AWS_SECRET_ACCESS_KEY": "simulated",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def push_all(self, layers: Path, scratch: Path) -> list[str]:
        """Pushes every layer of a folder, and gives what the command said of each."""
        said = []
        for file in sorted(layers.glob("*.yaml")):
            kind, _, rest = file.stem.partition("-")
            scope = f"{kind}:{rest}{'*' if kind == 'stage' else ''}" if rest else kind
            said.append(self.push(scope, file.read_text(), scratch).strip().splitlines()[0])
        return said

    def alarm(self, name: str, state: str) -> None:
        """Sets the state of an alarm."""
        self.alarms.set_alarm_state(AlarmName=name, StateValue=state, StateReason="set by hand")

    def check(self, given: dict) -> str:
        """Starts `stage-checks` without a pipeline's action, and gives the execution's name."""
        start = Bed.start_of("stage-checks", given)
        self.bed.ask("start", start)
        return start["name"]

    def run_of(self, release: str) -> Run:
        """All that was seen of one release: its executions, and the calls that they made."""
        seen = self.bed.seen()
        own = [execution for execution in seen.executions if of_release(execution, release)]
        arns = {execution.arn for execution in own}
        return replace(seen, executions=own, calls=[call for call in seen.calls if call["execution"] in arns])

    def ran(self, machine: str, release: str, within: float = 120) -> Run:
        """Waits until a release's execution of a machine ended, and gives what was seen of that release."""
        until = time.monotonic() + within
        while True:
            run = self.run_of(release)
            found = run.of(machine)
            if found and all(execution.status != "RUNNING" for execution in found):
                return run
            assert time.monotonic() < until, f"{machine} has not ended after {within} s: {found}"
            time.sleep(0.3)

    def release(self) -> str:
        """Starts a release of the service, and gives its id."""
        return self.pipelines.start_pipeline_execution(name=self.service)["pipelineExecutionId"]

    def status(self, release: str) -> str:
        """CodePipeline's word for a release."""
        found = self.pipelines.get_pipeline_execution(pipelineName=self.service, pipelineExecutionId=release)
        return found["pipelineExecution"]["status"]

    def releases(self) -> list[dict]:
        """All releases, the newest first."""
        return self.pipelines.list_pipeline_executions(pipelineName=self.service)["pipelineExecutionSummaries"]

    def action(self) -> dict:
        """What the console shows of the action `checks` of the last stage; nothing before it began."""
        state = self.pipelines.get_pipeline_state(name=self.service)["stageStates"][-1]
        action = next(action for action in state["actionStates"] if action["actionName"] == "checks")
        return action.get("latestExecution", {})

    def said(self) -> str:
        """What that action told people."""
        latest = self.action()
        return latest.get("errorDetails", {}).get("message") or latest.get("summary", "")

    def ended(self, release: str, within: float = 120, also=lambda: None) -> str:
        """Waits for the end of a release, and gives its status."""
        until = time.monotonic() + within
        while (status := self.status(release)) not in TERMINAL:
            assert time.monotonic() < until, f"release {release} is {status} after {within} s"
            also()
            time.sleep(0.3)
        also()
        return status

    def settled(self, within: float = 120, also=lambda: None) -> dict:
        """Waits until no execution runs any more, and gives all that was seen."""
        until = time.monotonic() + within
        while runs(seen := self.seen()):
            assert time.monotonic() < until, f"an execution still runs after {within} s"
            also()
            time.sleep(0.3)
        also()
        return seen

    def seen(self) -> dict:
        """Executions, calls and items so far."""
        return self.bed.ask("seen", {})


def given_to(execution: Execution | dict) -> dict:
    """What an execution was started with."""
    events = execution["events"] if isinstance(execution, dict) else execution.events
    return json.loads(events[0]["executionStartedEventDetails"]["input"])


def of_release(execution: Execution, release: str) -> bool:
    return given_to(execution)["release"] == release


def runs(seen: dict) -> bool:
    """Whether any execution still runs."""
    return any(execution["status"] == "RUNNING" for execution in seen["executions"])


@contextmanager
def whole(folder: Path, plan: str, scenario: str, time_scale: float = 1) -> Iterator[Whole]:
    """Everything until the block ends. `plan` gives the pipeline its stages and is the release's artifact."""
    (folder / "sluice.yaml").write_text(plan)
    (folder / "scenario.yaml").write_text(scenario)
    service = next(line.split(":")[1].strip() for line in plan.splitlines() if line.startswith("service:"))
    with running(time_scale) as bed:
        own = f"http://127.0.0.1:{bed.port}"
        variables = {
            "AWS_ENDPOINT_URL_DYNAMODB": own,
            "AWS_ENDPOINT_URL_SFN": own,
            "SLUICE_STAGE_CHECKS_ARN": f"{ACCOUNT}:stage-checks",
            "SLUICE_GATE_ARN": f"{ACCOUNT}:gate",
            "SLUICE_PLANS_TABLE": PLANS,
            "SLUICE_WAIVERS_TABLE": WAIVERS,
        }
        with emulating(folder, FUNCTIONS, **variables) as emulator:
            with world(folder, emulator):
                own = Whole(bed, emulator, service)
                own.prepare()
                yield own


@contextmanager
def world(folder: Path, emulator: Emulator) -> Iterator[None]:
    """The simulated AWS, with the pipeline in it."""
    command = [
        *(str(binary("sluice")), "world", "--checks", "--json", "--verbose", "--function-timeout", "30s"),
        *("--plan", str(folder / "sluice.yaml"), "--scenario", str(folder / "scenario.yaml")),
        *("--port", str(emulator.aws_port), "--functions", emulator.url, "--retry-wait", "1s"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
    reader.start()
    try:
        until = time.monotonic() + 30
        while not lines:
            assert process.poll() is None, "the simulated AWS ended"
            assert time.monotonic() < until, "the simulated AWS did not start"
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()
        reader.join(timeout=5)
        process.stdout.close()
        (folder / "world.log").write_text("".join(lines))


def answers(execution: dict) -> list[dict]:
    """What the function returned to each look of a gate."""
    told = (event.get("taskSucceededEventDetails") for event in execution["events"])
    found = []
    for details in told:
        if details and details.get("output"):
            payload = json.loads(details["output"]).get("Payload")
            found += [payload] if isinstance(payload, dict) and "look" in payload else []
    return found
