"""The checks of a stage with nothing scripted: the state machines run in the bed, their tasks invoke the real binaries
under cargo-lambda's emulator, and a simulated CodePipeline runs the releases.

Everything is started once. What no release needs is asked of `stage-checks` directly, at once and for services of
their own, while the first release runs.
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from emulated.lambdas import ROOT

from .bed import Run, shipped
from .definitions import states_of
from .events import mistakes_in
from .whole import PLANS, Whole, answers, given_to, of_release, whole

EXAMPLE = ROOT / "examples" / "stage-checks"
SCENARIO = """
about: alarms that the test sets, and some that stay as they are
alarms:
  - { name: network-errors, period: 10s, states: [ { at: -2h, state: OK } ] }
  - { name: checkout-p99, period: 10s, states: [ { at: -2h, state: OK } ] }
  - { name: checkout-5xx, period: 10s, states: [ { at: -2h, state: OK } ] }
  - { name: always-red, period: 10s, states: [ { at: -2h, state: ALARM } ] }
  - { name: never-told, period: 10s, states: [ { at: -2h, state: INSUFFICIENT_DATA } ] }
pipeline: { look_every: 2s, deploys: { prod: 1s } }
"""
STAGE = "lab"
"""No layer of the example is for it."""

GATES = {
    "unsure": "clear: { alarms: [never-told], release_check: off }",
    "mistaken": "clear: { alarms: [nobody-made], release_check: off }",
    "orphaned": 'validate: { http: [ { get: "https://one-box.example/health" } ], release_check: off }',
    "waived": "clear: { alarms: [always-red], release_check: off }",
    "watched": "clear: { alarms: [always-red], release_check: off, mode: watch_only }",
    "hasty": "\n      - ".join(
        [
            "bake: { for: 1h, traffic: not_measured, alarms: [network-errors], release_check: off }",
            "clear: { alarms: [always-red], release_check: off }",
        ]
    ),
}
"""The gates of services that are asked for without a pipeline."""

ELSEWHERE = "stages: { other: { gates: [ clear: { alarms: [always-red] } ] } }"
INNER = set(shipped("stage-checks")["States"]["RunGates"]["ItemProcessor"]["States"])
LONG = 240
"""Seconds after which something hangs; none of it takes a quarter of that on an idle machine."""

TO_GATES = "TakeRelease IsReleaseNamed LoadPlan IsPlanUsable RunGates AreAllGatesThrough"
TO_PEOPLE = "SayWhatFollows PublishVerdict ArePeopleTold TellPeople WriteCause IsEndKnown"
GOES = f"{TO_GATES} PublishVerdict ArePeopleTold LetReleaseGo"
HELD = f"{TO_GATES} IsRollbackWanted {TO_PEOPLE}"
NO_PLAN = f"TakeRelease IsReleaseNamed LoadPlan {TO_PEOPLE} ReportPlanError"


@dataclass
class Shown:
    """What was seen of a release of the pipeline, and afterwards."""

    release: str
    status: str
    action: dict
    run: Run
    progress: list[dict] = field(default_factory=list)


def layer(service: str, gates: str) -> str:
    """What a service needs."""
    stop = "\n    stop_others: true" if service == "hasty" else ""
    return f"pipelines: [{service}]\nstages:\n  {STAGE}:\n    gates:\n      - {gates}\n    on_fail: {{ roll_back: no }}{stop}\n"


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("whole")
    with whole(folder, (EXAMPLE / "sluice.yaml").read_text(), SCENARIO, time_scale=5) as started:
        started.push_all(EXAMPLE / "layers", folder)
        for service, gates in GATES.items():
            started.push(f"service:{service}", layer(service, gates), folder)
        started.push("service:planless", f"pipelines: [planless]\n{ELSEWHERE}\n", folder)
        started.push("service:broken", f"pipelines: [broken]\n{ELSEWHERE}\n", folder)
        spoil(started, "service:broken")
        gate = json.dumps(shipped("gate")).replace("${ValidateFunctionArn}", "${BakeFunctionArn}-that-nobody-made")
        started.bed.deploy(gate=json.loads(gate))
        yield started


def spoil(own: Whole, scope: str) -> None:
    """Makes a layer in the table one that nobody can read."""
    (item,) = own.tables.query(
        TableName=PLANS, KeyConditionExpression="#s = :s", ExpressionAttributeNames={"#s": "scope"},
        ExpressionAttributeValues={":s": {"S": scope}}, ScanIndexForward=False, Limit=1,
    )["Items"]  # fmt: skip
    own.tables.put_item(TableName=PLANS, Item={**item, "document": {"S": "stages: [this is: no plan"}})


@pytest.fixture(scope="module")
def asked(own) -> dict[str, str]:
    """The releases for which `stage-checks` was started directly, by service."""
    started = {}
    for service in [*GATES, "planless", "broken"]:
        release = str(uuid.uuid4())
        if service == "waived":
            waive(own, service, release)
        own.check({"pipeline": service, "release": release, "stage": STAGE, "service": service})
        started[service] = release
    return started


def waive(own: Whole, pipeline: str, release: str) -> None:
    """Writes a waiver as `functions/override` does."""
    now = int(time.time())
    text = {
        "release": f"{pipeline}/{release}", "gate": f"{STAGE}/clear", "by": "arn:aws:iam::123456789012:user/alice",
        "reason": "the alarm watches a host that is gone", "at": moment(now), "expires_at": moment(now + 3600),
    }  # fmt: skip
    item = {key: {"S": value} for key, value in text.items()}
    item |= {"expires": {"N": str(now + 7 * 86400)}, "covers_gate_errors": {"BOOL": False}}
    own.tables.put_item(TableName="sluice-waivers", Item=item)


def moment(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


@pytest.fixture(scope="module")
def passed(own, asked) -> Shown:
    """A release in which every gate passes."""
    release, seen = own.release(), []
    status = own.ended(release, LONG, also=lambda: seen.append(own.action()))
    return Shown(release, status, own.action(), own.ran("stage-checks", release, LONG), seen)


@pytest.fixture(scope="module")
def failed(own, passed) -> Shown:
    """The next one: an alarm fires in its bake."""
    release = own.release()
    until(lambda: looks_of(own, release, "bake") > 0)
    own.alarm("checkout-5xx", "ALARM")
    status = own.ended(release, LONG)
    return Shown(release, status, own.action(), own.ran("stage-checks", release, LONG))


@pytest.fixture(scope="module")
def rolled_back(own, failed) -> Shown:
    """What follows: the rollback runs the checks again, under an alarm that is red and then OK."""
    until(lambda: own.releases()[0].get("executionType") == "ROLLBACK")
    rollback = own.releases()[0]["pipelineExecutionId"]
    until(lambda: looks_of(own, rollback, "bake") > 0)
    own.alarm("checkout-5xx", "OK")
    status = own.ended(rollback, LONG)
    own.ran("rollback", failed.release, LONG)
    return Shown(rollback, status, own.action(), own.ran("stage-checks", rollback, LONG))


def until(holds) -> None:
    """Waits for it."""
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.2)


def looks_of(own: Whole, release: str, gate: str) -> int:
    """How often a gate has looked."""
    found = [e for e in own.seen()["executions"] if e["machine"] == "gate"]
    return sum(len(answers(e)) for e in found if (given := given_to(e))["gate"] == gate and given["release"] == release)


def own_words(shown: Shown) -> str:
    """What the action told people."""
    return shown.action.get("errorDetails", {}).get("message") or shown.action.get("summary", "")


def path(run: Run) -> str:
    """The path of `stage-checks`, without what happens for each gate."""
    return " ".join(state for state in run.one("stage-checks").path if state not in INNER)


def gates_of(run: Run) -> dict[str, dict]:
    """What each gate's execution gave."""
    return {execution.output["gate"]: execution.output for execution in map(parsed, run.of("gate"))}


def parsed(execution):
    """Outputs may still be text."""
    if isinstance(execution.output, str):
        execution.output = json.loads(execution.output)
    return execution


def event(run: Run, state: str = "PublishVerdict") -> dict:
    """The only event that was published, which has to be of the documented shape."""
    (made,) = run.made(state)
    (told,) = run.published(state)
    assert mistakes_in(made["Entries"][0]["DetailType"], told) == []
    return told


def test_a_release_that_every_gate_lets_go_succeeds(passed):
    assert passed.status == "Succeeded", (own_words(passed), path(passed.run))
    assert path(passed.run) == GOES
    gates = gates_of(passed.run)
    assert {gate: (said["look"], said["decided_by"]) for gate, said in gates.items()} == dict.fromkeys(
        ["network", "bake", "latency"], ("pass", "verdict")
    )
    told = event(passed.run)
    assert (told["outcome"], told["result"], told["follows"]) == ("go", "passed", "goes_on")
    assert all(gate["evidence"].startswith("s3://sluice-evidence/") for gate in told["gates"])
    assert passed.run.made("TellPeople") == []


def test_the_console_shows_how_far_it_is_and_then_what_each_gate_said(passed):
    running = [shown for shown in passed.progress if "gates answered" in shown.get("summary", "")]
    assert any("of 3 gates answered: " in shown["summary"] and "bake looks on" in shown["summary"] for shown in running)
    assert all(0 <= shown["percentComplete"] < 100 for shown in running)
    execution = passed.run.one("stage-checks").arn
    assert passed.action["summary"] == (
        "every gate of this stage lets the release go on: network pass, bake pass, latency pass"
    )
    assert {shown["externalExecutionId"] for shown in [*running, passed.action]} == {execution}
    assert passed.action["percentComplete"] == 100


def test_a_release_that_a_gate_fails_is_failed_in_the_machines_words(failed):
    assert failed.status == "Failed"
    assert path(failed.run) == (
        f"{TO_GATES} IsRollbackWanted WriteRollbackOrder StartRollback {TO_PEOPLE} ReportGateFailed"
    )
    machine = failed.run.one("stage-checks")
    assert (machine.status, machine.error) == ("FAILED", "GateFailed")
    assert machine.cause.startswith("gate `bake`: fail: alarm `checkout-5xx`")
    assert failed.action["errorDetails"]["message"].startswith(machine.cause.split("hint:")[0])
    assert failed.action["externalExecutionId"] == machine.arn
    assert gates_of(failed.run)["bake"]["code"] == "Fired"
    told = event(failed.run)
    assert (told["result"], told["follows"], told["notify"]) == ("failed", "rollback_ordered", ["release-desk"])
    assert len(failed.run.made("TellPeople", "stage-checks")) == 1


def test_the_rollback_is_ordered_in_the_table_once(own, failed, rolled_back):
    orders = [item for item in own.seen()["items"] if item["id"]["S"].startswith("rollback/")]
    (order,) = orders
    (execution,) = own.run_of(failed.release).of("rollback")
    assert order["by"]["S"] == "stage"
    assert order["execution"]["S"] == failed.run.one("stage-checks").arn
    assert given_to(execution)["order"]["id"] == order["id"]["S"]
    assert int(order["expires"]["N"]) > time.time()


def test_the_rollback_waits_until_the_stage_has_failed_and_is_then_carried_out(own, passed, failed, rolled_back):
    run = own.run_of(failed.release)
    rollback = run.one("rollback")
    assert (rollback.status, rollback.end) == ("SUCCEEDED", "ReportRolledBack")
    seen = [stage for stage in stages_read(rollback) if stage["PipelineExecutionId"] == failed.release]
    assert {stage["Status"] for stage in seen[:-1]} <= {"InProgress"}
    assert seen[-1]["Status"] == "Failed"
    assert rollback.path.count("WaitForStage") == len(seen) - 1
    (made,) = run.made("RollBackStage")
    assert (made["pipelineName"], made["stageName"]) == ("checkout", "prod")
    assert made["targetPipelineExecutionId"] == passed.release
    told = event(run, "PublishRollback")
    assert (told["result"], told["target"]) == ("rolled_back", passed.release)
    assert told["rollback_release"] == rolled_back.release


def stages_read(rollback) -> list[dict]:
    """What CodePipeline said of the stage `prod`, read after read."""
    told = [json.loads(d["output"]) for e in rollback.events if (d := e.get("taskSucceededEventDetails")) and d.get("output")]
    states = [stage for answer in told for stage in answer.get("StageStates", []) if stage["StageName"] == "prod"]
    return [stage["LatestExecution"] for stage in states]


def test_the_rollback_runs_the_checks_again_and_is_green_once_the_alarm_is_ok(rolled_back):
    assert rolled_back.status == "Succeeded", own_words(rolled_back)
    assert path(rolled_back.run) == GOES
    bake = next(execution for execution in rolled_back.run.of("gate") if given_to(execution)["gate"] == "bake")
    assert "0 of 1 alarms OK" in answers(vars(bake))[0]["line"]
    assert gates_of(rolled_back.run)["bake"]["look"] == "pass"
    assert event(rolled_back.run)["outcome"] == "go"


@pytest.mark.parametrize(
    ("service", "gate", "look", "error", "end", "said"),
    [
        ("unsure", "clear", "inconclusive", None, "ReportGateInconclusive", "gate `clear`: inconclusive: "),
        ("mistaken", "clear", "error", "AlarmNotFound", "ReportGateError", "`nobody-made`"),
        ("orphaned", "validate", "error", "FunctionDied", "ReportGateError", "Lambda.ResourceNotFoundException"),
    ],
)
def test_a_gate_that_gives_no_pass_holds_the_release(own, asked, service, gate, look, error, end, said):
    run = own.ran("stage-checks", asked[service], LONG)
    assert path(run) == f"{HELD} {end}"
    assert run.one("stage-checks").error == end.removeprefix("Report")
    assert said in run.one("stage-checks").cause
    assert "Held: nothing is rolled back." in run.one("stage-checks").cause
    answer = gates_of(run)[gate]
    assert (answer["look"], answer["outcome"], answer["error"]) == (look, "stop", error)
    told = event(run)
    assert (told["outcome"], told["result"], told["follows"]) == ("stop", look, "held")
    assert len(run.made("TellPeople", "stage-checks")) == 1


@pytest.mark.parametrize(("service", "name"), [("planless", "PlanEmpty"), ("broken", "PlanUnreadable")])
def test_a_stage_without_a_usable_plan_starts_no_gate(own, asked, service, name):
    run = own.ran("stage-checks", asked[service], LONG)
    assert path(run) == NO_PLAN
    assert run.one("stage-checks").error == "PlanError"
    assert run.one("stage-checks").cause.startswith(f"{name}: ")
    assert run.of("gate") == []
    told = event(run)
    assert (told["outcome"], told["result"], told["gates"]) == ("stop", "plan_error", [])


@pytest.mark.parametrize(("service", "by"), [("waived", "waiver"), ("watched", "watch_only")])
def test_a_failing_gate_that_is_waived_or_only_watched_lets_the_release_go(own, asked, service, by):
    run = own.ran("stage-checks", asked[service], LONG)
    assert path(run) == GOES
    (gate,) = event(run)["gates"]
    assert (gate["verdict"], gate["outcome"], gate["decided_by"]) == ("fail", "go", by)
    assert run.made("TellPeople") == []


def test_a_gate_that_fails_ends_the_others_by_a_mark(own, asked):
    run = own.ran("stage-checks", asked["hasty"], LONG)
    assert path(run) == f"{HELD} ReportGateFailed"
    gates = gates_of(run)
    assert (gates["clear"]["look"], gates["clear"]["code"]) == ("fail", "InAlarm")
    assert (gates["bake"]["look"], gates["bake"]["code"]) == ("inconclusive", "StoppedBySibling")
    marks = {made["Item"]["id"]["S"] for made in run.made("PutStopMark")}
    kept = [item for item in own.seen()["items"] if item["id"]["S"] in marks]
    assert [item["by"]["S"] for item in kept] == ["clear"]


def test_no_call_is_one_that_aws_would_not_take_and_no_other_execution_ran(own, asked, passed, failed, rolled_back):
    seen = own.bed.seen()
    assert seen.problems == []
    releases = [*asked.values(), passed.release, failed.release, rolled_back.release]
    for execution in seen.executions:
        assert any(of_release(execution, release) for release in releases), execution.arn
        assert set(execution.path) <= set(states_of(shipped(execution.machine)))
