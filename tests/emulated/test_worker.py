"""Pipelines of custom actions: the worker's real binary polls a simulated CodePipeline, has the gate's real binary look
through Lambda's API, and gives its answers."""

import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from .emulator import Emulator, Release, emulating
from .lambdas import WAIT, Function, binary, running
from .serving import Quiet, served

PLAN = """
service: checkout
stages:
  prod:
    gates:
      - clear: { alarms: [errors], quiet: 1m }
      - bake: { for: 10s, settle: 0s, traffic: not_measured, alarms: [errors] }
"""
ONLY_BAKE = PLAN.replace("      - clear: { alarms: [errors], quiet: 1m }\n", "")
QUIET = """
about: nothing happens
alarms: [ { name: errors, period: 10s, states: [ { at: -2h, state: OK } ] } ]
tables: { sluice-leases: { key: id, sort: part }, sluice-claims: {} }
pipeline: { deploys: { prod: 1s } }
"""
FIRES = QUIET.replace("state: OK }", "state: OK }, { at: prod + 4s, state: ALARM }")

WORKER = {
    "SLUICE_LEASES_TABLE": "sluice-leases",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "simulated",
    "AWS_SESSION_TOKEN": "",
}
SERVED = ("--custom-actions", "--worker", "sluice-worker", "--worker-every", "2s")
"""A world that has the worker invoked when an action starts, and more often than each minute."""
LIVES = "90s"
"""Lambda's limit in the world, for a worker that waits for gates as for these."""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with emulating(tmp_path, ("sluice-bake",), **WORKER) as own:
        yield own


def answers(release: Release) -> tuple[int, int]:
    """How many jobs there were, and how many answers were given."""
    calls = release.calls()
    given = (calls.get(f"codepipeline:PutJob{kind}Result", 0) for kind in ("Success", "Failure"))
    return sum(event["event"] == "job" for event in release.events), sum(given)


def test_a_pipeline_of_custom_actions_passes(emulator: Emulator, tmp_path: Path) -> None:
    release = Release(emulator, tmp_path, PLAN, QUIET, LIVES, SERVED)
    assert release.end() == 0, release.timeline()
    timeline = release.timeline()
    assert "clear Succeeded: pass" in timeline
    assert "bake Succeeded: pass: alarm `errors` stayed quiet" in timeline
    # One for `clear`, and for `bake` one for each look.
    jobs, given = answers(release)
    assert jobs == given >= 3
    # Two workers never have the same job.
    assert release.calls()["codepipeline:AcknowledgeJob"] == jobs


def test_an_alarm_that_fires_fails_the_action_with_the_gates_message(emulator: Emulator, tmp_path: Path) -> None:
    release = Release(emulator, tmp_path, PLAN, FIRES, LIVES, SERVED)
    assert release.end() == 1
    timeline = release.timeline()
    assert "clear Succeeded: pass" in timeline
    assert "bake Failed: fail: alarm `errors`" in timeline
    assert release.calls()["codepipeline:PutJobFailureResult"] == 1
    jobs, given = answers(release)
    assert jobs == given


@dataclass
class Held:
    """A way to the emulator that keeps back the first look of a custom action."""

    url: str = ""
    asked: list[dict] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)


@contextmanager
def holding(emulator: Emulator) -> Iterator[Held]:
    """Stands between a world and its functions."""
    held = Held()

    class Way(Quiet):
        def do_POST(self) -> None:
            body = self.body()
            held.asked.append(json.loads(body))
            held.came.set()
            held.goes_on.wait(WAIT)
            request = urllib.request.Request(emulator.url + self.path, body, method="POST")
            with urllib.request.urlopen(request, timeout=WAIT) as response:
                self.reply(200, response.read())

    with served(Way) as port:
        held.url = f"http://127.0.0.1:{port}"
        yield held
        held.goes_on.set()


@contextmanager
def a_worker(emulator: Emulator, folder: Path) -> Iterator[Function]:
    """A process of the worker, whose events are handed to it here."""
    folder.mkdir()
    with running([str(binary("sluice-worker"))], f"http://127.0.0.1:{emulator.aws_port}", folder, **WORKER) as own:
        yield own


LIFE = 25.0
"""Seconds after which Lambda would end a worker: 20 in which it takes no more jobs, and some to take one."""
FOUND_WITHIN = LIFE + 30 + WAIT
"""Seconds until the job of a dead worker is found: it may live until its end, and half a minute of clocks apart."""


def test_the_job_of_a_killed_worker_is_found_by_a_later_run_and_answered_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    with holding(emulator) as held:
        way = replace(emulator, url=held.url)
        release = Release(way, tmp_path, ONLY_BAKE, QUIET, LIVES, ("--custom-actions",))
        release.until("bake begins")
        with a_worker(emulator, tmp_path / "first") as first:
            until = time.monotonic() + WAIT
            # The job can be polled a moment after the action begins.
            while not held.came.wait(0.5):
                assert time.monotonic() < until, first.log()
                first.events.put(({}, LIFE))
            killed = time.monotonic()
            os.kill(first.process.pid, signal.SIGKILL)
        # The gate looks to its end, and nobody hears of it.
        held.goes_on.set()
        with a_worker(emulator, tmp_path / "second") as second:
            found = None
            while release.process.poll() is None:
                assert time.monotonic() < killed + FOUND_WITHIN + 60, second.log()
                worked = second.invoke({}, LIFE)
                # With the release's end the world ends, and with it the table of leases.
                gone = "Connection refused" in worked.body.get("errorMessage", "")
                assert worked.succeeded or gone, worked.body
                if found is None and (gone or worked.body["asked"]):
                    found = time.monotonic() - killed
                time.sleep(0.5)
        assert release.end() == 0, release.timeline()
    # While the first may still live the second leaves its job alone.
    assert 30 < found < FOUND_WITHIN
    asked = [event["sluice.job"]["id"] for event in held.asked]
    assert asked[0] == asked[1]
    jobs, given = answers(release)
    assert jobs == given
    assert release.timeline().count("bake Succeeded: pass") == 1
