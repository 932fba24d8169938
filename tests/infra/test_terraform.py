"""The pipeline of the example for Terraform is that of the example in YAML. Terraform itself was not run."""

import json

import pytest

from infra import pipelines, terraform
from infra.pipelines import ACCOUNT, GIVEN
from infra.template import REGION
from infra.test_examples import check
from infra.test_cdk import compared, written

TEXT = terraform.PATH.read_text()
VALUES = {
    "artifact_bucket": "Artifacts",
    "build_project": "build",
    "connection_arn": GIVEN["ConnectionArn"],
    "pipeline_role_arn": f"arn:aws:iam::{ACCOUNT}:role/PipelineRole",
    "shift_project": "shift",
    "stage_checks_machine_arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:sluice-stage-checks",
}


def pipeline(text=TEXT, **given):
    """The pipeline, with variables that have no default."""
    return terraform.pipeline(text, **VALUES, **given)


def plain(own):
    """Stages in a form in which the order of names in JSON does not count."""
    stages = json.loads(json.dumps(own))
    for _, action in pipelines.actions({"stages": stages}):
        for name, value in action.get("configuration", {}).items():
            action["configuration"][name] = json.loads(value) if value[0] in "{[" else value
    return stages


def test_it_is_the_pipeline_of_the_example():
    own, other = pipeline(), pipelines.pipeline(written())
    assert plain(own["stages"]) == plain(compared(other, written()))
    rest = {name for name in own if name != "stages"}
    assert {name: own[name] for name in rest} == {name: other[name] for name in rest}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('result = "ROLLBACK"', 'result = "FAIL"'),
        ('stage = "prod", gate = "bake"', 'stage = "beta", gate = "bake"'),
        ("run_order       = 3", "run_order       = 2"),
    ],
)
def test_what_differs_is_seen(old, new):
    assert TEXT.count(old) == 1
    expected = plain(compared(pipelines.pipeline(written()), written()))
    assert plain(pipeline(TEXT.replace(old, new))["stages"]) != expected


def test_codepipelines_model_has_nothing_to_say():
    assert pipelines.mistakes(pipeline()) == []


def test_sluice_check_finds_no_mistake(tmp_path):
    code, found = check("lambda-service", pipeline(), tmp_path)
    assert (code, found["status"]) == (0, "ok")


def test_names_are_variables():
    own = pipeline(sluice_stack="gates", pipeline_name="orders")
    asked = [action for _, action in pipelines.actions(own) if pipelines.said(action)]
    functions = {one["configuration"].get("FunctionName") for one in asked}
    assert functions == {"gates-bake", "gates-canary", "gates-checks", "gates-validate", None}
    assert {pipelines.said(one)["pipeline"] for one in asked} == {"orders"}


@pytest.mark.parametrize(
    ("old", "new"), [("var.build_project", "var.built_project"), ("jsonencode({ pipeline", "yamlencode({ pipeline")]
)
def test_what_cannot_be_told_is_an_error(old, new):
    with pytest.raises((KeyError, ValueError)):
        pipeline(TEXT.replace(old, new))
