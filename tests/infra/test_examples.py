"""The example pipelines: what CodePipeline, Sluice and IAM say of them. None of them was run on AWS."""

import json
import os
import re
import subprocess

import boto3
import pytest
import yaml
from moto import mock_aws

from infra import pipelines, rights
from infra.pipelines import ACCOUNT, actions, pipeline, provider, resolve, said, values
from infra.template import GATES, REGION, of_type, properties, translated
from infra.template import load as sluice
from infra.test_lint import lint
from wire.command import binary

EXAMPLES = ("lambda-service", "ecs-service")
RELEASE = "#{codepipeline.PipelineExecutionId}"
every = pytest.mark.parametrize("name", EXAMPLES)

# What CodePipeline calls in the pipeline's name for each kind of action, and for the artifacts of all.
CALLS = {
    "": {
        *("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"),
        *("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
    },
    "Source/CodeStarSourceConnection": {"codeconnections:UseConnection", "codestar-connections:UseConnection"},
    "Build/CodeBuild": {"codebuild:BatchGetBuilds", "codebuild:StartBuild"},
    "Deploy/Lambda": {
        *("lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration"),
        *("lambda:GetProvisionedConcurrencyConfig", "lambda:PublishVersion"),
        *("lambda:UpdateAlias", "lambda:UpdateFunctionCode"),
    },
    "Deploy/ECS": {
        *("ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:DescribeTasks", "ecs:ListTasks"),
        *("ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UpdateService", "iam:PassRole"),
    },
    "Invoke/Lambda": {"lambda:InvokeFunction", "lambda:ListFunctions"},
    "Invoke/StepFunctions": {"states:DescribeExecution", "states:DescribeStateMachine", "states:StartExecution"},
}
# What AWS gives only for all resources.
FOR_ALL = {
    *("ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "ecs:DescribeTasks", "ecs:ListTasks"),
    *("ecs:RegisterTaskDefinition", "lambda:ListFunctions"),
}


def check(name, own, tmp_path):
    """What `sluice check --pipeline` says of a pipeline under the plan of an example."""
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps({"pipeline": own}))
    command = [binary(), "check", pipelines.plan(name), "--pipeline", path, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)["plans"][0]["pipeline"]


def policy(template):
    """The statements of the pipeline's role."""
    return resolve(properties(template, "PipelinePolicy")["PolicyDocument"]["Statement"], template, values(template))


def calls(statements):
    """What statements allow."""
    return {action for own in statements for action in rights.listed(own["Action"])}


def pairs(statements):
    """What statements allow on what."""
    return {
        (action, resource)
        for own in statements
        for action in rights.listed(own["Action"])
        for resource in rights.listed(own["Resource"])
    }


@every
def test_it_is_clean(name):
    assert lint(pipelines.FOLDER / f"{name}.yaml") == (0, "")


@every
def test_codepipelines_model_has_nothing_to_say(name):
    assert pipelines.mistakes(pipeline(pipelines.load(name))) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda own: own["stages"][-1].update(name="the last"), "name is `the last`"),
        (lambda own: own["stages"][-1].update(onFailure={"result": "BACK"}), "result is `BACK`"),
        (lambda own: own["stages"][-1]["actions"][0].update(runOrder="2"), "runOrder"),
        (lambda own: own["stages"][0]["actions"][0]["configuration"].update(BranchName="b" * 1001), "BranchName is `b"),
    ],
)
def test_what_the_model_refuses_is_found(change, expected):
    own = pipeline(pipelines.load("lambda-service"))
    change(own)
    [mistake] = pipelines.mistakes(own)
    assert expected in mistake


@every
def test_an_emulated_codepipeline_takes_it(name):
    own = pipeline(pipelines.load(name))
    with mock_aws():
        boto3.client("iam", region_name=REGION).create_role(
            RoleName="PipelineRole", AssumeRolePolicyDocument=json.dumps(trust_of(name))
        )
        client = boto3.client("codepipeline", region_name=REGION)
        client.create_pipeline(pipeline=own)
        read = client.get_pipeline(name=own["name"])["pipeline"]
    assert [stage["name"] for stage in read["stages"]] == [stage["name"] for stage in own["stages"]]
    for (_, kept), (_, given) in zip(actions(read), actions(own), strict=True):
        assert given.items() <= kept.items()


def trust_of(name):
    """Whom the pipeline's role trusts."""
    return properties(pipelines.load(name), "PipelineRole")["AssumeRolePolicyDocument"]


def test_only_codepipeline_has_the_pipelines_rights():
    for name in EXAMPLES:
        [own] = trust_of(name)["Statement"]
        assert (own["Principal"], own["Action"]) == ({"Service": "codepipeline.amazonaws.com"}, "sts:AssumeRole")


@every
def test_sluice_check_finds_no_mistake_in_plan_and_pipeline(name, tmp_path):
    code, found = check(name, pipeline(pipelines.load(name)), tmp_path)
    assert (code, found["status"]) == (0, "ok")
    # CodePipeline's own rollback does not tell a fail from the rest, and the example is to show it.
    [warning] = found["problems"]
    assert "rolls it back for every failed action" in warning["message"]


@every
def test_it_holds_with_other_names(name, tmp_path):
    given = {"SluiceStack": "gates", "PipelineName": "orders-eu"}
    own = pipeline(pipelines.load(name), **given)
    assert check(name, own, tmp_path)[0] == 0
    asked = [action for _, action in actions(own) if said(action)]
    assert {said(action)["pipeline"] for action in asked} == {"orders-eu"}
    assert all("gates-" in json.dumps(action["configuration"]) for action in asked)


@every
def test_a_gate_that_comes_before_its_deployment_is_a_mistake(name, tmp_path):
    own = pipeline(pipelines.load(name))
    moved = next(action for _, action in actions(own) if (said(action) or {}).get("gate") == "bake")
    moved["runOrder"] = 1
    code, found = check(name, own, tmp_path)
    assert code != 0
    assert "has not ended by then" in json.dumps(found["problems"])


@every
def test_every_gate_is_asked_by_an_action_of_its_own_and_stages_as_a_whole_both_ways(name):
    asked = [(provider(action), said(action)) for _, action in actions(pipeline(pipelines.load(name))) if said(action)]
    alone = {own["gate"] for _, own in asked if "gate" in own}
    whole = [kind for kind, own in asked if "gate" not in own]
    assert alone == {"clear", "bake", "canary", "validate"}
    assert sorted(whole) == ["Invoke/Lambda", "Invoke/StepFunctions"]


@every
def test_actions_tell_gates_what_the_readme_says(name):
    for stage, action in actions(pipeline(pipelines.load(name))):
        own = said(action)
        if own is None:
            continue
        rest = {key: value for key, value in own.items() if key != "gate"}
        assert rest == {"pipeline": "checkout", "release": RELEASE, "service": "checkout", "stage": stage["name"]}
        assert action["name"] == own.get("gate", "checks")
        if provider(action) == "Invoke/Lambda":
            assert action["inputArtifacts"] == [{"name": "source"}]


def test_functions_and_machines_are_called_as_the_stack_calls_them():
    template = translated()
    known = {**values(template), "AWS::StackName": "sluice"}
    functions = of_type(template, "AWS::Lambda::Function").values()
    made = {resolve(own["Properties"]["FunctionName"], template, known) for own in functions}
    machines = of_type(template, "AWS::StepFunctions::StateMachine").values()
    made |= {resolve(own["Properties"]["StateMachineName"], template, known) for own in machines}
    for name in EXAMPLES:
        asked = [action for _, action in actions(pipeline(pipelines.load(name))) if said(action)]
        for action in asked:
            own = action["configuration"]
            called = own.get("FunctionName") or own["StateMachineArn"].rpartition(":")[2]
            gate = said(action).get("gate")
            suffix = {"clear": "bake", None: "checks"}.get(gate, gate)
            suffix = "stage-checks" if "StateMachineArn" in own else suffix
            assert called == f"sluice-{suffix}" and called in made


def installed():
    """What the installed stack says that a pipeline's role needs."""
    template = sluice()
    machine = "sluice-stage-checks"
    known = {**values(template), "AWS::StackName": "sluice", "StageChecksMachine.Name": machine}
    known["StageChecksMachine"] = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine}"
    text = template["Outputs"]["StatementsForThePipelinesRole"]["Value"]["Fn::Sub"]
    # No action of the examples says anything of its own.
    assert ',"${NotifyFunction.Arn}"' in text
    text = text.replace(',"${NotifyFunction.Arn}"', "")
    for name in (*GATES, "Checks"):
        own = resolve(properties(template, f"{name}Function")["FunctionName"], template, known)
        text = text.replace(f"${{{name}Function.Arn}}", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{own}")
    return json.loads(re.sub(r"\$\{([\w:.]+)\}", lambda found: known[found[1]], text))


@every
def test_the_role_has_what_the_installed_stack_says_and_no_more_of_sluice(name):
    own = pairs(policy(pipelines.load(name)))
    of_sluice = {pair for pair in own if "sluice" in pair[1] or pair[0] == "lambda:ListFunctions"}
    assert of_sluice == pairs(installed())


def spare(template):
    """What the role has beside what its actions call, and what it lacks."""
    used = {"", *(provider(action) for _, action in actions(pipeline(template)))}
    return calls(policy(template)) ^ set().union(*(CALLS[kind] for kind in used))


@every
def test_the_role_allows_exactly_what_its_actions_call(name):
    assert spare(pipelines.load(name)) == set()


@every
def test_a_right_too_many_or_too_few_is_red(name):
    own = pipelines.load(name)
    statements = properties(own, "PipelinePolicy")["PolicyDocument"]["Statement"]
    statements[-1]["Action"] = "states:StopExecution"
    assert spare(own) == {"states:DescribeExecution", "states:StopExecution"}


@every
def test_only_what_aws_gives_for_nothing_less_is_for_all_resources(name):
    template = pipelines.load(name)
    roles = of_type(template, "AWS::IAM::Role")
    given = [own["Properties"].get("Policies", []) for own in roles.values()]
    documents = [one["PolicyDocument"]["Statement"] for own in given for one in own]
    for statements in [*documents, policy(template)]:
        for own in statements:
            assert all("*" not in action for action in rights.listed(own["Action"]))
            if "*" in rights.listed(own["Resource"]):
                assert set(rights.listed(own["Action"])) <= FOR_ALL


def blocked(own):
    """Stages that are rolled back by running again a gate that the red alarm stops."""
    kinds = [(stage, (said(action) or {}).get("gate")) for stage, action in actions(own)]
    return [stage["name"] for stage, gate in kinds if gate == "clear" and "onFailure" in stage]


@every
def test_no_rollback_has_to_get_past_the_gate_that_asks_for_quiet(name):
    own = pipeline(pipelines.load(name))
    assert blocked(own) == []
    next(stage for stage in own["stages"] if stage["name"] == "prod-clear")["onFailure"] = {"result": "ROLLBACK"}
    assert blocked(own) == ["prod-clear"]


def test_an_output_of_the_deployment_names_the_version_that_gets_a_part():
    prod = pipeline(pipelines.load("lambda-service"))["stages"][-1]["actions"]
    own = {action["name"]: action for action in prod}
    assert own["deploy"]["namespace"] == "deployed"
    for name, to in (("shift", "a-tenth"), ("promote", "all")):
        told = json.loads(own[name]["configuration"]["EnvironmentVariables"])
        assert {one["name"]: one["value"] for one in told} == {"VERSION": "#{deployed.FunctionVersion}", "TO": to}


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("a-tenth", "--routing-config AdditionalVersionWeights={8=0.1}"),
        ("all", "--function-version 8 --routing-config AdditionalVersionWeights={}"),
        ("half", None),
    ],
)
def test_a_version_gets_a_tenth_or_all(to, expected, tmp_path):
    project = properties(pipelines.load("lambda-service"), "ShiftProject")
    [command] = yaml.safe_load(project["Source"]["BuildSpec"])["phases"]["build"]["commands"]
    aws = tmp_path / "aws"
    aws.write_text('#!/bin/sh\necho "$@"\n')
    aws.chmod(0o755)
    known = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FUNCTION": "checkout", "VERSION": "8", "TO": to}
    done = subprocess.run(["sh", "-c", command], env=known, capture_output=True, text=True)
    if expected is None:
        assert done.returncode == 1
    else:
        assert done.stdout == f"lambda update-alias --function-name checkout --name live {expected}\n"
