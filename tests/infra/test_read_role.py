"""The role that other accounts give: what it allows, whom, and what becomes of it in an emulated AWS."""

import ast
import copy
import fnmatch
import json
import re

import boto3
import pytest
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from infra import calls, rights
from infra.template import REGION, ROOT, load, of_type, properties
from infra.test_lint import lint

PATH = ROOT / "infra" / "read-role.yaml"
ACCOUNT = "123456789012"
GATES = [f"arn:aws:iam::111122223333:role/sluice-{name}-*" for name in ("BakeRole", "CanaryRole")]
# The gates that only read; what tests start elsewhere is a role of its own.
READERS = ("bake", "clear", "alarms", "canary")


def template():
    """The template as written."""
    return yaml_parse(PATH.read_text())


def allowed(own):
    """What the role of a template may do."""
    return rights.actions(own, "ReadRole")


def deployed(**parameters):
    """The role that a stack made, and the stack's outputs."""
    cloudformation, iam = (boto3.client(name, region_name=REGION) for name in ("cloudformation", "iam"))
    given = {"GateRoles": ",".join(GATES), **parameters}
    cloudformation.create_stack(
        StackName="reading",
        TemplateBody=json.dumps(template()),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    [stack] = cloudformation.describe_stacks(StackName="reading")["Stacks"]
    name = given.get("RoleName", "sluice-read")
    return iam.get_role(RoleName=name)["Role"], {own["OutputKey"]: own["OutputValue"] for own in stack["Outputs"]}


def test_it_is_clean():
    assert lint(PATH) == (0, "")


def test_it_allows_exactly_what_gates_read_with_a_role_of_the_plan():
    assert allowed(template()) == calls.called_elsewhere(READERS)


def test_what_gates_read_with_a_role_of_the_plan_is_told_from_the_rest():
    assert "cloudwatch:DescribeAlarmHistory" in calls.called_elsewhere(("bake",))
    assert "codebuild:StartBuild" in calls.called_elsewhere(("validate", "claims"))
    own = calls.called_by(READERS) - calls.called_elsewhere(READERS)
    assert {"codepipeline:GetPipelineState", "s3:PutObject", "sts:AssumeRole"} <= own


@pytest.mark.parametrize("action", sorted(allowed(template())))
def test_a_role_that_lacks_a_call_is_red(action):
    own = template()
    for statement in properties(own, "ReadRole")["Policies"][0]["PolicyDocument"]["Statement"]:
        statement["Action"] = [name for name in rights.listed(statement["Action"]) if name != action]
    assert calls.called_elsewhere(READERS) - allowed(own) == {action}


def test_it_reads_alarms_as_the_bakes_own_role_does():
    own = {statement["Sid"]: statement for statement in rights.statements(template(), "ReadRole")}
    gates = {statement["Sid"]: statement for statement in rights.statements(load(), "BakeRole")}
    assert own["ReadAlarmsAndMetrics"] == gates["ReadAlarmsAndMetrics"]


def test_a_stack_makes_the_role_with_its_policy():
    with mock_aws():
        role, outputs = deployed()
        policy = boto3.client("iam").get_role_policy(RoleName="sluice-read", PolicyName="read")["PolicyDocument"]
    assert role["Arn"] == outputs["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/sluice/sluice-read"
    # moto keeps a stack's policy as the text that Python prints.
    [reading, aliases] = ast.literal_eval(policy)["Statement"]
    assert set(reading["Action"]) | {aliases["Action"]} == allowed(template())
    assert aliases["Resource"] == f"arn:aws:lambda:*:{ACCOUNT}:function:*"


def trusts(**parameters):
    """The statements that say whom the role trusts, with what tags."""
    with mock_aws():
        return deployed(**parameters)[0]["AssumeRolePolicyDocument"]["Statement"]


def trust(**parameters):
    """The statement that says whom the role trusts."""
    statement, tags = trusts(**parameters)
    assert (statement["Action"], tags["Action"]) == ("sts:AssumeRole", "sts:TagSession")
    return statement


def test_it_trusts_the_gates_and_nobody_else():
    statement = trust()
    assert statement["Principal"] == {"AWS": "111122223333"}
    assert statement["Condition"] == {"ArnLike": {"aws:PrincipalArn": GATES}}


def test_it_cannot_trust_every_role():
    pattern = template()["Parameters"]["GateRoles"]["AllowedPattern"]
    assert all(re.fullmatch(pattern, own) for own in [*GATES, "arn:aws:iam::111122223333:role/gates/bake"])
    refused = [f"arn:aws:iam::{own}" for own in ("111122223333:role/*", "111122223333:role/sluice/*", "*:role/bake")]
    assert not any(re.fullmatch(pattern, own) for own in (*refused, "111122223333", "*"))


def test_an_external_id_is_asked_for_where_one_is_given():
    assert trust(ExternalIds="sluice:checkout,sluice:shop-*")["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": GATES},
        "StringLike": {"sts:ExternalId": ["sluice:checkout", "sluice:shop-*"]},
    }


def test_an_external_id_is_one_that_the_gates_send():
    pattern = template()["Parameters"]["ExternalIds"]["AllowedPattern"]
    [prefix] = re.findall(r'format!\("([^"]*)\{service\}"\)', (calls.AWS / "src" / "sts.rs").read_text())
    assert re.fullmatch(pattern, f"{prefix}checkout") and re.fullmatch(pattern, "")
    assert not any(re.fullmatch(pattern, own) for own in ("checkout", f"x{prefix}checkout", prefix))


def test_sessions_may_have_the_tags_that_the_gates_give_and_no_others():
    statement = trusts()[1]
    given = re.findall(r'^            \("(\w+)", .*\),$', (calls.AWS / "src" / "sts.rs").read_text(), re.MULTILINE)
    tags = {"ForAllValues:StringEquals": {"aws:TagKeys": [f"sluice:{key}" for key in given]}}
    assert statement["Action"] == "sts:TagSession"
    assert statement["Condition"] == {"ArnLike": {"aws:PrincipalArn": GATES}} | tags


def test_the_gates_roles_have_names_that_the_example_matches():
    roles = of_type(load(), "AWS::IAM::Role")
    # CloudFormation calls a role that has no name after stack and resource.
    assert all("RoleName" not in own["Properties"] for own in roles.values())
    made = {f"sluice-{name}-1A2B3C4D5E6F" for name in roles}
    patterns = [arn.rpartition("/")[2] for arn in GATES]
    assert {name.split("-")[1] for name in made if any(fnmatch.fnmatch(name, own) for own in patterns)} == {
        "BakeRole",
        "CanaryRole",
    }


def test_a_plan_may_name_it_by_default():
    pattern = load()["Parameters"]["ReadRoles"]["Default"]
    own = template()
    name = properties(own, "ReadRole")["Path"] + own["Parameters"]["RoleName"]["Default"]
    assert fnmatch.fnmatch(f"role{name}", pattern)


def problems(own):
    """What would hinder a stack set, in words."""
    text = json.dumps(own)
    found = [f"it uses {word}" for word in ("Fn::ImportValue", "AWS::StackName", "Transform") if word in text]
    resources = json.dumps(own["Resources"])
    found += ["it names an account"] if any(part.isdigit() and len(part) == 12 for part in resources.split(":")) else []
    return found


def test_nothing_in_it_is_of_one_account():
    assert problems(template()) == []
    doctored = copy.deepcopy(template())
    statement = properties(doctored, "ReadRole")["Policies"][0]["PolicyDocument"]["Statement"][1]
    statement["Resource"] = "arn:aws:lambda:*:111122223333:function:*"
    assert problems(doctored) == ["it names an account"]
