"""Pipelines of templates as CodePipeline's API takes them, and what its model says of them."""

import json
import re

import botocore.session
from botocore.validate import ParamValidator
from samtranslator.yaml_helper import yaml_parse

from infra.template import REGION, ROOT, of_type

FOLDER = ROOT / "infra" / "examples"
ACCOUNT = "123456789012"
PARTITION = "aws"
PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Partition": PARTITION, "AWS::Region": REGION, "AWS::StackName": "example"}
# What a parameter without a default is given.
GIVEN = {
    "ConnectionArn": f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/1b2c3d4e",
    "TaskRoles": f"arn:aws:iam::{ACCOUNT}:role/checkout-task,arn:aws:iam::{ACCOUNT}:role/checkout-execution",
}
ARNS = {
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::CodeBuild::Project": "arn:aws:codebuild:{region}:{account}:project/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
}


def load(name):
    """An example as written."""
    return yaml_parse((FOLDER / f"{name}.yaml").read_text())


def plan(name):
    """Where the plan of an example is."""
    return FOLDER / f"{name}.sluice.yaml"


def values(template, **given):
    """What references come to: parameters, and what CloudFormation itself knows."""
    declared = {name: own.get("Default") for name, own in template.get("Parameters", {}).items()}
    return {**PSEUDO, **declared, **GIVEN, **given}


def resolve(value, template, known):
    """A value with its references resolved; resources are called by their logical names."""
    if isinstance(value, list):
        return [resolve(own, template, known) for own in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("Ref", name)]:
            return known.get(name, name)
        case [("Fn::GetAtt", [name, "Arn"])]:
            return arn(template, name, known)
        case [("Fn::Sub", str(text))]:
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: named(found[1], template, known), text)
        case [("Fn::Join", [between, parts])]:
            return between.join(resolve(parts, template, known))
    return {key: resolve(own, template, known) for key, own in value.items()}


def named(name, template, known):
    """What a name in a text stands for."""
    resource, _, attribute = name.partition(".")
    return arn(template, resource, known) if attribute else known.get(name, name)


def arn(template, name, known):
    """The ARN of a resource, called by its own name where it has one."""
    own = template["Resources"][name]
    called = resolve(own["Properties"].get("FunctionName", name), template, known)
    return ARNS[own["Type"]].format(account=ACCOUNT, region=REGION, name=called)


def pipeline(template, **given):
    """The pipeline of a template as `create-pipeline` takes it."""
    [own] = of_type(template, "AWS::CodePipeline::Pipeline").values()
    return spelled(resolve(own["Properties"], template, values(template, **given)))


def spelled(value):
    """CloudFormation's names as the API spells them; those of an action's settings are the same in both."""
    if isinstance(value, list):
        return [spelled(own) for own in value]
    if not isinstance(value, dict):
        return value
    return {
        key[0].lower() + key[1:]: own if key == "Configuration" else spelled(own)
        for key, own in value.items()
        if key not in ("Tags", "RestartExecutionOnUpdate")
    }


def actions(own):
    """All actions of a pipeline, each with its stage."""
    return [(stage, action) for stage in own["stages"] for action in stage["actions"]]


def provider(action):
    """What kind of action it is, such as `Invoke/Lambda`."""
    kind = action["actionTypeId"]
    return f"{kind['category']}/{kind['provider']}"


def said(action):
    """What an action tells Sluice; None of others."""
    setting = {"Invoke/Lambda": "UserParameters", "Invoke/StepFunctions": "Input"}.get(provider(action))
    return json.loads(action["configuration"][setting]) if setting else None


def mistakes(own):
    """What is wrong with a pipeline by the model of CodePipeline's API, in words."""
    service = botocore.session.get_session().get_service_model("codepipeline")
    shape = service.operation_model("CreatePipeline").input_shape.members["pipeline"]
    report = ParamValidator().validate(own, shape)
    if report.has_errors():
        return [report.generate_report()]
    return list(beyond(own, shape, "pipeline"))


def beyond(value, shape, path):
    """What botocore does not check by itself: patterns, lengths and fixed words."""
    limits = shape.metadata
    if shape.type_name == "structure":
        for name, own in value.items():
            yield from beyond(own, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
            yield f"{path} has {len(value)}"
        for index, own in enumerate(value):
            yield from beyond(own, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, own in value.items():
            yield from beyond(key, shape.key, path)
            yield from beyond(own, shape.value, f"{path}.{key}")
    elif shape.type_name == "string":
        fits = limits.get("min", 0) <= len(value) <= limits.get("max", len(value))
        known = value in limits.get("enum", [value])
        if not (fits and known and re.fullmatch(limits.get("pattern", ".*"), value, re.DOTALL)):
            yield f"{path} is `{value}`"
