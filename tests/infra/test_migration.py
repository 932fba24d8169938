"""What docs/migration.md shows as "before" is what AWS would take."""

import json
import re

import botocore.session
import pytest
from botocore.validate import ParamValidator

from infra.template import ROOT

TEXT = (ROOT / "docs" / "migration.md").read_text()


def before(heading):
    """The JSON of a part of the page."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return json.loads(re.search(r"```json\n(.*?)```", part, re.DOTALL)[1])


def problems(service, shape, value):
    """What a model of AWS has against a value; what is left out is no matter here."""
    model = botocore.session.get_session().get_service_model(service).shape_for(shape)
    report = ParamValidator().validate(value, model).generate_report()
    return [line for line in report.splitlines() if "Missing required" not in line]


def unknown(service, shape, value):
    """Names that a structure of AWS does not have."""
    model = botocore.session.get_session().get_service_model(service).shape_for(shape)
    return set(value) - set(model.members)


@pytest.mark.parametrize(
    ("heading", "service", "shape"),
    [
        ("From the rule `CloudWatchAlarm`", "codepipeline", "StageDeclaration"),
        ("From alarms of CodeDeploy", "codedeploy", "CreateDeploymentGroupInput"),
    ],
)
def test_aws_would_take_what_stands_before(heading, service, shape):
    value = before(heading)
    assert problems(service, shape, value) == []
    assert unknown(service, shape, value) == set()
    assert unknown(service, shape, {**value, "alarm": 1}) == {"alarm"}


def test_a_rule_that_codepipeline_would_refuse_is_seen():
    value = before("From the rule `CloudWatchAlarm`")
    value["onSuccess"]["conditions"][0]["rules"][0]["configuration"]["WaitTime"] = 60
    assert len(problems("codepipeline", "StageDeclaration", value)) == 1


def test_what_is_said_of_rules_is_what_codepipeline_allows():
    model = botocore.session.get_session().get_service_model("codepipeline")
    assert model.shape_for("RuleDeclarationList").metadata["max"] == 5
    assert "at most five rules for a condition" in TEXT
    declared = before("From the rule `CloudWatchAlarm`")
    results = {name: declared[name]["conditions"][0]["result"] for name in ("beforeEntry", "onSuccess")}
    assert set(results.values()) <= set(model.shape_for("Result").enum)
