"""docs/deploy.md says what the template has, and what AWS would accept."""

import json
import re

import botocore.session
import pytest
from botocore.validate import ParamValidator

from infra import rights
from infra.template import PATH, ROOT, load, translated

TEXT = (ROOT / "docs" / "deploy.md").read_text()
README = (ROOT / "README.md").read_text()


def blocks(language):
    """The blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def parameters(text):
    """Names and defaults in the table of parameters."""
    return re.findall(r"^\| `([A-Z]\w+)` \| (.*?) \|", text, re.MULTILINE)


def written(default):
    """A default as the table writes it."""
    return "empty" if default == "" else f"`{default}`"


def unknown(text):
    """Resources, outputs and parameters that a text names and the template lacks."""
    template = load()
    known = {name for part in ("Resources", "Outputs", "Parameters") for name in template[part]}
    named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", text)
    return {name for name in named if name not in known}


def test_the_table_has_every_parameter_with_its_default():
    expected = [(name, written(own["Default"])) for name, own in load()["Parameters"].items()]
    assert parameters(TEXT) == expected


# What the page names in backticks beside parts of the template.
OTHERS = {"SourceArtifact", "UserParameters", "StepFunctionsGetEventsForStepFunctionsExecutionRule"}


def test_what_the_page_names_is_in_the_template():
    assert unknown(TEXT) == OTHERS
    assert unknown(TEXT.replace("GateDiedAlarm", "GateDeadAlarm")) == {"GateDeadAlarm", *OTHERS}


# What CloudFormation takes of a template in a request; what is longer has to come from a bucket.
IN_A_REQUEST = 51_200


def test_the_template_goes_by_a_bucket_where_it_is_too_long_for_a_request():
    [command] = re.findall(r"^aws cloudformation deploy .*$", TEXT, re.MULTILINE)
    assert len(PATH.read_bytes()) < IN_A_REQUEST or "--s3-bucket" in command


def model():
    """The shape of an action in CodePipeline's API."""
    return botocore.session.get_session().get_service_model("codepipeline").shape_for("ActionDeclaration")


def test_codepipeline_would_accept_the_action():
    action = json.loads(blocks("json")[0])
    assert not ParamValidator().validate(action, model()).has_errors()
    assert ParamValidator().validate({**action, "runOrder": "2"}, model()).has_errors()
    assert len(action["configuration"]["UserParameters"]) <= 1000


def test_codepipeline_would_accept_the_action_of_step_functions():
    action = json.loads(blocks("json")[1])
    assert not ParamValidator().validate(action, model()).has_errors()
    given = json.loads(action["configuration"]["Input"])
    assert set(given) == {"pipeline", "release", "service", "stage"}
    assert len(action["configuration"]["Input"]) <= 1000


def test_the_parameters_of_the_action_are_those_of_the_readme():
    action = json.loads(blocks("json")[0])
    shown = re.search(r"^\{\"pipeline\".*$", README, re.MULTILINE)
    assert action["configuration"]["UserParameters"] == shown.group(0)


def test_a_role_of_another_account_may_read_what_the_gates_own_may():
    own = next(o for o in rights.statements(translated(), "BakeRole") if o["Sid"] == "ReadAlarmsAndMetrics")
    other = json.loads(blocks("json")[2])["Statement"]
    assert other == [{key: own[key] for key in ("Effect", "Action", "Resource")}]


def test_the_page_names_what_each_parameter_for_tests_allows():
    rows = re.findall(r"^\| an? .*?\| `(Test\w+)` \| (.*?) \|$", TEXT, re.MULTILINE)
    named = {(action, parameter) for parameter, text in rows for action in re.findall(r"`(\w+:\w+)`", text)}
    assert named == set(rights.ONLY_IF_NAMED["ValidateRole"].items())


def test_the_page_names_what_each_parameter_for_rollbacks_allows():
    rows = re.findall(r"^\| `\w+` \| `((?:Deploy|Rollback)\w+)` \| (.*?) \|$", TEXT, re.MULTILINE)
    named = {(action, parameter) for parameter, text in rows for action in re.findall(r"`(\w+:\w+)`", text)}
    roles = (rights.ONLY_IF_NAMED[name] for name in ("StageChecksRole", "RollbackRole"))
    assert named == {own for role in roles for own in role.items()}


@pytest.mark.parametrize("text", [TEXT, README], ids=["deploy.md", "README.md"])
def test_both_pages_say_that_no_account_was_used(text):
    assert "AWS account was used" in text
