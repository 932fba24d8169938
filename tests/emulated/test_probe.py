"""`sluice probe --yes`: two accounts that behave in different ways are measured as two different ones.

Nothing here has run on AWS. The stack's pipeline, function and alarms are those of `infra/probe.yaml`.
"""

import json
import signal
import subprocess

import pytest

from wire.command import binary

from .probing import account

# What a world is made to do, and what has to be measured of it.
ONE = {
    "look_every": {"from_milliseconds": 500, "to_milliseconds": 500},
    "job_details": False,
    "closed_job": "invalid_state",
    "lengths": "characters",
    "rollback_while_running": False,
    "rollback_runs_gates": True,
    "rollback_type_shown": True,
    "history_delay_milliseconds": 0,
    "put_late_milliseconds": 0,
}
OTHER = {
    "look_every": {"from_milliseconds": 4000, "to_milliseconds": 4000},
    "job_details": True,
    "closed_job": "not_found",
    "lengths": "bytes",
    "rollback_while_running": True,
    "rollback_runs_gates": False,
    "rollback_type_shown": False,
    "history_delay_milliseconds": 4000,
    "put_late_milliseconds": 4000,
}
WORDS = [name for name in ONE if isinstance(ONE[name], (bool, str))]
# What a poll adds or takes away.
POLL = 1000


@pytest.fixture(scope="module", params=[ONE, OTHER], ids=["one", "other"])
def measured(request, tmp_path_factory):
    """What the command said and wrote of an account that behaves so."""
    with account(tmp_path_factory.mktemp("account"), request.param) as own:
        code, out, err = own.probe()
        assert code == 0, f"{out}\n{err}"
        return request.param, own.file(), out, err, own.left()


def test_what_the_world_does_is_what_is_measured(measured):
    assumed, file, *_ = measured
    found = file["world"]
    assert {name: found[name] for name in WORDS} == {name: assumed[name] for name in WORDS}
    assert all("not_told" not in own for own in file["measures"])


def test_times_are_told_apart(measured):
    assumed, file, *_ = measured
    found = file["world"]
    times = [
        (assumed["look_every"]["from_milliseconds"], found["look_every"]["from_milliseconds"]),
        (assumed["history_delay_milliseconds"], found["history_delay_milliseconds"]),
        (assumed["put_late_milliseconds"], found["put_late_milliseconds"]),
    ]
    for set_to, was in times:
        # The quick account's times are below those of the slow one, whatever the machine adds.
        assert was >= set_to - POLL if set_to >= 4000 else was < 4000 - POLL, (set_to, was)


def test_a_simulation_is_called_one_and_nothing_of_the_account_is_named(measured):
    _, file, out, *_ = measured
    assert file["against"] == "simulation"
    said = out.replace("\n  ", " ")
    assert "measured against a simulation" in said
    assert "it says nothing about AWS" in said
    assert "sluice-probe-" not in json.dumps(file)
    assert "arn:" not in json.dumps(file)


def test_nothing_is_left(measured):
    _, _, _, err, left = measured
    assert left == []
    assert "nothing is left of the stack" in err


def test_an_interrupted_probe_removes_its_stack_and_writes_nothing(tmp_path):
    with account(tmp_path, ONE) as own:
        process = own.start()
        assert own.made.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3, err
        assert "interrupted: nothing was written" in err
        assert own.left() == []
        assert not (tmp_path / "measured.json").exists()


def test_a_stack_that_cannot_be_removed_is_said_with_what_is_left(tmp_path):
    with account(tmp_path, ONE) as own:
        own.denied = {"DeleteStack"}
        code, _, err = own.probe("--only", "history", "--patience", "20s")
        assert code == 3, err
        assert "left in the account" in err
        assert "aws cloudformation delete-stack --stack-name sluice-probe-" in err
        assert "AWS::S3::Bucket" in err
        assert own.file()["world"].keys() == {"history_delay_milliseconds"}


def test_who_may_not_make_a_stack_is_told_which_right_lacks(tmp_path):
    with account(tmp_path, ONE) as own:
        own.denied = {"CreateStack"}
        code, _, err = own.probe()
        assert code == 3
        assert "cloudformation:CreateStack" in err
        assert own.left() == []


def test_without_yes_it_says_what_it_would_make_and_asks_nobody(tmp_path):
    # No credentials, no region, and no home to look for them in.
    done = subprocess.run([binary(), "probe"], env={}, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Nothing was done." in done.stdout
    assert list(tmp_path.iterdir()) == []
