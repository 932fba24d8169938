"""What `sluice init` writes, and how it asks in a terminal."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import termios
import textwrap

import hcl2
import pytest
import yaml

from infra import pipelines
from infra.pipelines import ACCOUNT, spelled
from infra.terraform import cleaned, evaluate
from infra.test_lint import CFN_LINT, lint
from wire.command import WAIT, binary

ALL = ["--service=checkout", "--gate=bake", "--gate=canary", "--gate=validate", "--alarm=checkout-5xx"]
ALL += ["--traffic=lambda", "--canary=lambda-alias", "--function=checkout", f"--account={ACCOUNT}"]
ALL += ["--health-url=https://checkout.example/health", "--yes"]
# What pipelines have around the actions that `init` writes.
AROUND = """
Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: checkout
      PipelineType: V2
      RoleArn: arn:aws:iam::123456789012:role/pipeline
      ArtifactStore: { Type: S3, Location: artifacts }
      Stages:
        - Name: source
          Actions:
            - Name: source
              ActionTypeId: { Category: Source, Owner: AWS, Provider: S3, Version: "1" }
              Configuration: { S3Bucket: code, S3ObjectKey: code.zip }
              OutputArtifacts: [{ Name: source }]
        - Name: prod
          Actions:
            - Name: deploy
              RunOrder: 1
              ActionTypeId: { Category: Deploy, Owner: AWS, Provider: CodeDeploy, Version: "1" }
              Configuration: { ApplicationName: checkout, DeploymentGroupName: prod }
              InputArtifacts: [{ Name: source }]
"""


def init(folder, *flags):
    """What it prints, having ended well."""
    done = subprocess.run([binary(), "init", "--folder", folder, *flags], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def check(folder, own):
    """The exit code of `sluice check --pipeline`, and what it says."""
    path = folder / "pipeline.json"
    path.write_text(json.dumps({"pipeline": own}))
    command = [binary(), "check", folder / "sluice.yaml", "--pipeline", path]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout


def around(actions):
    """A template with a pipeline in which these actions follow a deployment."""
    return AROUND + textwrap.indent(actions, " " * 12)


def test_its_role_is_clean(tmp_path):
    init(tmp_path, *ALL)
    assert lint(tmp_path / "sluice-role.yaml") == (0, "")


def test_its_actions_make_a_template_that_is_clean_and_a_pipeline_that_is_right(tmp_path):
    init(tmp_path, *ALL)
    whole = tmp_path / "whole.yaml"
    whole.write_text(around((tmp_path / "sluice-pipeline.yaml").read_text()))
    assert lint(whole) == (0, "")
    own = spelled(yaml.safe_load(whole.read_text())["Resources"]["Pipeline"]["Properties"])
    assert pipelines.mistakes(own) == []
    code, said = check(tmp_path, own)
    assert code == 0 and "0 mistakes, 0 warnings" in said, said
    assert [action["runOrder"] for action in own["stages"][1]["actions"]] == [1, 2, 4, 4]


def test_its_actions_for_terraform_are_the_same(tmp_path):
    init(tmp_path, *ALL, "--for=terraform")
    init(tmp_path, *ALL, "--force")
    blocks = cleaned(hcl2.loads((tmp_path / "sluice-pipeline.tf").read_text()))["action"]
    found = [evaluate(block, {}) for block in blocks]
    expected = yaml.safe_load((tmp_path / "sluice-pipeline.yaml").read_text())
    for own, other in zip(found, expected, strict=True):
        assert (own["name"], int(own["run_order"])) == (other["Name"], other["RunOrder"])
        assert own["configuration"]["FunctionName"] == other["Configuration"]["FunctionName"]
        assert pipelines.said(action(own)) == pipelines.said(spelled(other))
        assert own["input_artifacts"] == [one["Name"] for one in other["InputArtifacts"]]


def action(own):
    """A block of Terraform as far as it says what an action is told."""
    kind = {"category": own["category"], "provider": own["provider"]}
    return {"actionTypeId": kind, "configuration": own["configuration"]}


def test_its_stage_for_the_cdk_has_the_construct_and_the_gates_in_order(tmp_path):
    init(tmp_path, *ALL, "--for=cdk")
    text = (tmp_path / "sluice-pipeline.ts").read_text()
    assert "import { SafeStage } from './safe-stage';" in text
    assert "steps: [deploy, 'canary', promote, ['validate', 'bake']]," in text


def test_the_lint_of_these_tests_sees_a_mistake(tmp_path):
    init(tmp_path, *ALL)
    path = tmp_path / "sluice-role.yaml"
    path.write_text(path.read_text().replace("RoleName:", "Name:"))
    done = subprocess.run([CFN_LINT, path], capture_output=True, text=True)
    assert done.returncode != 0


def at_a_terminal():
    """As a shell starts what somebody types, wherever this test runs: in the background Ctrl-C would be ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.close(os.open(os.ttyname(0), os.O_RDWR))


class Terminal:
    """The command in a terminal of 80 columns, and what it has shown so far."""

    def __init__(self, folder, *flags):
        self.shown = ""
        self.looked_until = 0
        self.typed = []
        own, other = pty.openpty()
        termios.tcsetwinsize(other, (24, 80))
        # A session of its own, whose terminal this is: Ctrl-C then reaches it.
        self.process = subprocess.Popen(
            [binary(), "init", "--folder", folder, *flags],
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=at_a_terminal,
        )
        os.close(other)
        self.own = own

    def read(self):
        """What else it shows; nothing once it has ended."""
        ready, _, _ = select.select([self.own], [], [], WAIT)
        assert ready, f"it shows nothing more after:\n{self.shown}"
        try:
            return os.read(self.own, 4096).decode()
        except OSError:
            return ""

    def until(self, text):
        """Reads on until it shows this."""
        while (found := self.shown.find(text, self.looked_until)) == -1:
            more = self.read()
            assert more, f"it ended without `{text}`:\n{self.shown}"
            self.shown += more
        self.looked_until = found + len(text)

    def type(self, text):
        self.typed.append(text.strip())
        os.write(self.own, text.encode())

    def answer(self, question, text):
        self.until(question)
        self.type(text + "\n")

    def ended(self):
        """Its exit code, once all is read."""
        while more := self.read():
            self.shown += more
        os.close(self.own)
        return self.process.wait(WAIT)


@pytest.fixture
def terminal(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    own = Terminal(folder)
    yield own
    if own.process.poll() is None:
        own.process.send_signal(signal.SIGKILL)
        own.process.wait(WAIT)


def test_in_a_terminal_it_asks_offers_defaults_and_asks_again(terminal, tmp_path):
    terminal.answer("Name of the service [checkout]: ", "")
    terminal.answer("Name of its pipeline [checkout]: ", "check out")
    terminal.until("are a name")
    terminal.answer("Name of its pipeline [checkout]: ", "")
    terminal.answer("[prod]: ", "one-box")
    terminal.answer("[cloudformation]: ", "terraform")
    terminal.answer("[bake]: ", "bake, cake")
    terminal.until("write one of bake, canary, validate")
    terminal.answer("[bake]: ", "bake, validate")
    terminal.answer("separated by commas: ", "")
    terminal.until("0 alarms")
    terminal.answer("separated by commas: ", "checkout-5xx, checkout-p99")
    terminal.answer("[1h]: ", "30m")
    terminal.answer("not-measured): ", "alb")
    terminal.answer("end of it: ", "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/checkout/9f")
    terminal.answer("[all]: ", "")
    terminal.answer("[100]: ", "")
    terminal.answer("is well: ", "https://checkout.example/health")
    terminal.answer("`none`: ", "none")
    for default in ("sluice", "source", "2"):
        terminal.answer(f"[{default}]: ", "")
    assert terminal.ended() == 0, terminal.shown
    folder = tmp_path / "checkout"
    assert sorted(path.name for path in folder.iterdir()) == ["sluice-pipeline.tf", "sluice.yaml"]
    plan = yaml.safe_load((folder / "sluice.yaml").read_text())
    validate, bake = (next(iter(gate.values())) for gate in plan["stages"]["one-box"]["gates"])
    assert bake["alarms"] == ["checkout-5xx", "checkout-p99"]
    assert bake["traffic"]["metric"]["dimensions"] == {"LoadBalancer": "app/checkout/9f"}
    assert [validate["mode"], bake["mode"]] == ["watch_only", "watch_only"]
    asked = re.split(r"\r?\nwrote ", terminal.shown)[0]
    for text in filter(None, terminal.typed):
        asked = asked.replace(f": {text}", ": ")
    assert all(len(line) <= 80 for line in asked.splitlines()), asked


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_leaving_in_the_middle_leaves_nothing_behind(terminal, tmp_path, keys):
    terminal.answer("Name of the service [checkout]: ", "")
    terminal.until("Name of its pipeline")
    terminal.type(keys)
    assert terminal.ended() in (64, -signal.SIGINT), terminal.shown
    assert list((tmp_path / "checkout").iterdir()) == []


def test_a_file_that_is_there_ends_it_before_the_first_question(tmp_path):
    (tmp_path / "sluice.yaml").write_text("mine\n")
    terminal = Terminal(tmp_path)
    assert terminal.ended() == 3
    assert "already there" in terminal.shown and "Name of" not in terminal.shown
    assert (tmp_path / "sluice.yaml").read_text() == "mine\n"
