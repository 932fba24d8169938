"""The gate `canary` as a real binary: to harm and to safe, over HTTP, in real time and periods of a second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .emulator import Emulator, Release, emulating

PLAN = """
service: checkout
stages:
  prod:
    gates:
      - canary:
          namespace: Shop
          groups: { baseline: { dimensions: { V: old } }, canary: { dimensions: { V: new } } }
          traffic: { count: Requests, canary_share: 10% }
          metrics:
            - { name: errors, count: Errors, of: Requests }
            - { name: latency, series: Latency, stat: p99 }
          period: 1s
          closed_after: 1s
          at_least: 6s
          horizon: 40s
"""

# The world's metrics: name, version, mean, noise, measurements behind a datapoint.
METRICS = (
    ("Requests", "old", 9000, 90, 1),
    ("Requests", "new", 1000, 10, 1),
    ("Errors", "old", 18, 3, 1),
    ("Errors", "new", 2, 1, 1),
    ("Latency", "old", 0.4, 0.02, 9000),
    ("Latency", "new", 0.4, 0.02, 1000),
)


def scenario(about: str, **more: str) -> str:
    """A world of both versions; `more` adds a layer to a metric of the new one."""
    lines = [f"about: {about}", "alarms: []", "pipeline: { look_every: 2s, deploys: { prod: 1s } }", "metrics:"]
    for name, version, mean, noise, samples in METRICS:
        layer = more.get(name, "") if version == "new" else ""
        lines.append(
            f"  {name.lower()}-{version}: {{ namespace: Shop, name: {name}, dimensions: {{ V: {version} }}, every: 1s, "
            f"late: 0s, samples: {samples}, floor: 0, "
            f"values: [ {{ constant: {mean} }}, {{ noise: {{ sd: {noise} }} }}{layer} ] }}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One for both, because the gate keeps nothing from one release for the next."""
    with emulating(tmp_path_factory.mktemp("emulator")) as own:
        yield own


def test_a_new_version_that_is_as_good_passes(emulator: Emulator, tmp_path: Path) -> None:
    release = Release(emulator, tmp_path, PLAN, scenario("nothing is wrong"))
    assert release.end() == 0, release.timeline()
    timeline = release.timeline()
    assert "canary Succeeded: pass" in timeline
    assert "errors" in timeline and "latency" in timeline
    calls = release.calls()
    # Nothing passes before six periods, which are more than one look.
    assert calls["cloudwatch:GetMetricData"] >= 2
    assert calls["codepipeline:PutJobSuccessResult"] >= 2
    assert "cloudwatch:DescribeAlarms" not in calls
    # The record, the evidence and its page.
    assert calls["s3:PutObject"] == 3


def test_a_new_version_that_is_slower_fails_before_the_horizon(emulator: Emulator, tmp_path: Path) -> None:
    # From its first period on: a step in the middle of a period is read as noise, and takes longer than these 40 s.
    slower = ", { constant: 0.4 }"
    release = Release(emulator, tmp_path, PLAN, scenario("p99 is twice that of the old version", Latency=slower))
    assert release.end() == 1, release.timeline()
    timeline = release.timeline()
    assert "canary Failed: fail" in timeline, timeline
    assert "latency" in timeline
    assert release.calls()["codepipeline:PutJobFailureResult"] == 1
