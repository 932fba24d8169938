"""The pipeline that the CDK makes is that of the example in YAML."""

import json
import os
import subprocess

import pytest

from infra import pipelines
from infra.pipelines import GIVEN, pipeline, resolve, values
from infra.template import ROOT, of_type, properties
from infra.test_examples import check, installed, pairs
from infra.test_lint import CFN_LINT

FOLDER = ROOT / "infra" / "cdk"
APP = FOLDER / "dist" / "bin" / "lambda-service.js"
# The CDK writes dependencies of which cfn-lint says that they are there already.
IGNORED = "W3005"


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """The file that the app writes, without a network or an account."""
    assert APP.exists(), f"{APP} is not there: run `make test-python`, which builds it"
    folder = tmp_path_factory.mktemp("cdk")
    context = json.dumps({"connectionArn": GIVEN["ConnectionArn"]})
    known = {"PATH": os.environ["PATH"], "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": context}
    subprocess.run(["node", APP], env=known, check=True)
    return folder / "checkout-pipeline.template.json"


@pytest.fixture(scope="module")
def template(output):
    """What is in it."""
    return json.loads(output.read_text())


def written():
    """The example in YAML."""
    return pipelines.load("lambda-service")


def compared(own, template):
    """The stages of a pipeline, with what projects do in the place of their names."""
    text = json.dumps(own["stages"])
    for name, project in of_type(template, "AWS::CodeBuild::Project").items():
        kind = "shift" if "BuildSpec" in project["Properties"]["Source"] else "build"
        text = text.replace(f'"ProjectName": "{name}"', f'"ProjectName": "{kind}"')
    return json.loads(text)


def test_cfn_lint_has_nothing_to_say(output):
    done = subprocess.run([CFN_LINT, "--ignore-checks", IGNORED, "--", output], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_codepipelines_model_has_nothing_to_say(template):
    assert pipelines.mistakes(pipeline(template)) == []


def test_stages_actions_run_orders_and_settings_are_those_of_the_example(template):
    own, other = pipeline(template), pipeline(written())
    assert compared(own, template) == compared(other, written())
    for name in ("name", "pipelineType", "executionMode"):
        assert own[name] == other[name]


def test_another_order_would_be_seen(template):
    own = pipeline(template)
    own["stages"][-1]["actions"][-1]["runOrder"] += 1
    assert compared(own, template) != compared(pipeline(written()), written())


def test_sluice_check_finds_no_mistake(template, tmp_path):
    code, found = check("lambda-service", pipeline(template), tmp_path)
    assert (code, found["status"]) == (0, "ok")


def test_a_version_gets_a_part_by_the_same_commands(template):
    [own] = [own["BuildSpec"] for own in sources(template) if "BuildSpec" in own]
    [other] = [own["BuildSpec"] for own in sources(written()) if "BuildSpec" in own]
    assert json.loads(own) == pipelines.yaml_parse(other) | {"version": "0.2"}


def sources(template):
    """Where the projects of a template have what they run."""
    return [own["Properties"]["Source"] for own in of_type(template, "AWS::CodeBuild::Project").values()]


def statements(template):
    """What the pipeline's role may do."""
    [role] = [name for name in of_type(template, "AWS::IAM::Role") if name.startswith("PipelineRole")]
    policies = [own["Properties"] for own in of_type(template, "AWS::IAM::Policy").values()]
    [own] = [one["PolicyDocument"]["Statement"] for one in policies if {"Ref": role} in one["Roles"]]
    return resolve(own, template, values(template))


def test_the_role_may_ask_sluice_for_what_the_installed_stack_says(template):
    own = pairs(statements(template))
    of_sluice = {pair for pair in own if "sluice" in pair[1] or pair[0] == "lambda:ListFunctions"}
    # The CDK gives no more than the executions that the action itself begins.
    begun = {(action, arn.replace(":checks*", ":*")) for action, arn in of_sluice}
    assert begun == pairs(installed()) and begun != of_sluice


def test_the_role_may_deploy_and_fetch_as_the_examples_role(template):
    same = {"codeconnections:UseConnection", "codestar-connections:UseConnection", "lambda:UpdateFunctionCode"}
    policy = properties(written(), "PipelinePolicy")["PolicyDocument"]["Statement"]
    others = pairs(resolve(policy, written(), values(written())))
    assert {pair for pair in pairs(statements(template)) if pair[0] in same} == {
        pair for pair in others if pair[0] in same
    }
