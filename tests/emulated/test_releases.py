"""Whole releases: a simulated CodePipeline invokes the real binaries through cargo-lambda's emulator, in real time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .emulator import Emulator, Release, emulating

PLAN = """
service: checkout
stages:
  prod:
    gates:
      - clear: { alarms: [errors], quiet: 1m }
      - bake: { for: 10s, settle: 0s, traffic: not_measured, alarms: [errors] }
"""

QUIET = """
about: nothing happens
alarms: [ { name: errors, period: 10s, states: [ { at: -2h, state: OK } ] } ]
pipeline: { look_every: 2s, deploys: { prod: 1s } }
"""

FIRES = """
about: an alarm fires in the middle of the bake
alarms:
  - name: errors
    period: 10s
    states: [ { at: -2h, state: OK }, { at: prod + 4s, state: ALARM } ]
pipeline: { look_every: 2s, deploys: { prod: 1s } }
"""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with emulating(tmp_path) as own:
        yield own


def test_a_quiet_release_goes_through_all_its_looks_to_success(emulator: Emulator, tmp_path: Path) -> None:
    release = Release(emulator, tmp_path, PLAN, QUIET)
    assert release.end() == 0, release.timeline()
    timeline = release.timeline()
    assert "clear Succeeded: pass" in timeline
    assert "bake Succeeded: pass: alarm `errors` stayed quiet" in timeline
    assert timeline.count("bake ") > 4, timeline
    calls = release.calls()
    # One job each for `clear` and the first look; each later look has its own.
    assert calls["codepipeline:PutJobSuccessResult"] >= 5
    assert "codepipeline:PutJobFailureResult" not in calls
    # A record, evidence and its page for both gates.
    assert calls["s3:PutObject"] == 6


def test_an_alarm_that_fires_fails_the_release(emulator: Emulator, tmp_path: Path) -> None:
    release = Release(emulator, tmp_path, PLAN, FIRES)
    assert release.end() == 1
    timeline = release.timeline()
    assert "clear Succeeded: pass" in timeline
    assert "bake Failed: fail: alarm `errors`" in timeline
    assert release.calls()["codepipeline:PutJobFailureResult"] == 1


def test_a_function_that_is_killed_is_answered_for_by_the_reaper(emulator: Emulator, tmp_path: Path) -> None:
    release = Release(emulator, tmp_path, PLAN, QUIET)
    release.until("baking")
    emulator.kill("sluice-bake")
    assert release.end() == 1
    timeline = release.timeline()
    # The emulator starts no second process, so that both of Lambda's attempts run out of their time.
    assert "sluice-bake failed (attempt 2)" in timeline
    assert "bake Failed: could not answer (FunctionDied)" in timeline
    assert "the function `sluice-bake` did not answer" in timeline
    # Where the machine is busy Lambda may run the reaper twice; one answer counts.
    assert timeline.count("bake Failed") == 1
    assert release.calls()["codepipeline:PutJobFailureResult"] >= 1
