"""docs/examples.md says what is in the examples."""

import re
import subprocess

import pytest

from infra import pipelines, test_read_role
from infra.pipelines import actions, pipeline, provider, said
from infra.template import ROOT
from infra.test_examples import EXAMPLES
from wire.command import binary

TEXT = (ROOT / "docs" / "examples.md").read_text()
ASKED_BY = {
    "one Lambda action, `sluice-checks`": "Invoke/Lambda",
    "CodePipeline's Step Functions action, `sluice-stage-checks`": "Invoke/StepFunctions",
    "a Lambda action": "Invoke/Lambda",
    "a Lambda action each": "Invoke/Lambda",
}


def rows():
    """The table of stages: one of each example, gates, who asks, the way back."""
    found = re.findall(r"^\| `([\w-]+)` \| `([\w-]+)` \| (.*?) \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE)
    assert len(found) == 4
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_table_has_every_stage_that_gates_judge(name):
    own = {stage["name"]: stage for stage in pipeline(pipelines.load(name))["stages"]}
    stages = {row[EXAMPLES.index(name)]: row for row in rows()}
    assert set(stages) == {stage["name"] for stage, action in actions({"stages": own.values()}) if said(action)}
    for stage, (_, _, gates, asked, back) in stages.items():
        asking = [action for action in own[stage]["actions"] if said(action)]
        assert {provider(action) for action in asking} == {ASKED_BY[asked]}
        named = sorted(said(action).get("gate", "all") for action in asking)
        whole = gates.startswith("all of the plan")
        assert named == (["all"] if whole else sorted(re.findall(r"`(\w+)`", gates)))
        assert ("onFailure" in own[stage]) == back.startswith("`OnFailure: ROLLBACK`")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_plan_that_is_pushed_by_the_command_of_the_page_holds_for_the_machine(name, tmp_path):
    [command] = re.findall(r"^sed .*$", TEXT, re.MULTILINE)
    (tmp_path / "sluice.yaml").write_text(pipelines.plan(name).read_text())
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    own = actions(pipeline(pipelines.load(name)))
    [stage] = [stage["name"] for stage, action in own if provider(action) == "Invoke/StepFunctions"]
    show = [binary(), "plan", "show", "checkout", stage, "--layers", tmp_path]
    done = subprocess.run(show, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"# service checkout, stage {stage}, from service:checkout\ngates:\n  - bake:")


def test_the_stages_shown_are_those_of_the_app():
    [shown] = re.findall(r"```ts\n(.*?)```", TEXT, re.DOTALL)
    app = (ROOT / "infra" / "cdk" / "lib" / "lambda-service.ts").read_text()
    lines = [line.strip() for line in app.splitlines()]
    places = [lines.index(line.strip()) for line in shown.splitlines()[:4]]
    assert places == sorted(places)
    assert all(line.strip() in lines for line in shown.splitlines())


def test_the_commands_give_every_parameter_that_has_no_default_and_those_exist():
    lines = re.findall(r"--parameter-overrides \"?(.*)$", TEXT, re.MULTILINE)
    given = {name for line in lines for name in re.findall(r"(\w+)=", line)}
    needed = {
        name
        for own in (pipelines.load("lambda-service"), test_read_role.template())
        for name, one in own["Parameters"].items()
        if "Default" not in one
    }
    assert given == needed == {"ConnectionArn", "GateRoles"}


def test_the_page_trusts_the_roles_that_the_tests_do():
    [given] = re.findall(r"GateRoles=([^\"]+)\"", TEXT)
    assert given.split(",") == test_read_role.GATES


def test_the_page_says_what_was_not_run():
    assert "None of them was run on AWS" in TEXT and "Terraform itself was not run" in TEXT


def test_every_file_that_the_page_links_is_there():
    links = re.findall(r"\]\((\.\./[^)#]+)\)", TEXT)
    assert len(links) >= 7
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
