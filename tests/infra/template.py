"""Reads the template, and translates it as CloudFormation's Serverless transform does."""

import copy
import os
from pathlib import Path

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
PATH = ROOT / "infra" / "template.yaml"
REGION = "eu-west-1"
CODE_BUCKET = "code"
# What functions are called in names: those of the gates; all that CodePipeline calls; those whose caller waits for the
# answer; that which takes jobs of custom actions; and with the reaper all there are.
GATES = ("Bake", "Canary", "Validate")
ACTIONS = (*GATES, "Checks", "Notify")
WAITED_FOR = ("Plan", "Override")
# And those that CodeDeploy calls, whose names have to begin as its own policy says.
HOOKS = ("Hook",)
NAMES = (*ACTIONS, *WAITED_FOR, *HOOKS, "Worker", "Reaper")
FUNCTIONS = tuple(f"{name}Function" for name in NAMES)
# What state machines are called in names, and their folders.
MACHINES = {"StageChecks": "stage-checks", "Gate": "gate", "Rollback": "rollback", "DeployHook": "hook"}

# The translator asks boto3 for the region, and boto3 the environment.
os.environ["AWS_DEFAULT_REGION"] = REGION


def load():
    """The template as written, with CloudFormation's short tags spelled out."""
    return yaml_parse(PATH.read_text())


def translate(template):
    """The template as CloudFormation carries it out, its code in a bucket."""
    template = copy.deepcopy(template)
    for name in FUNCTIONS:
        template["Resources"][name]["Properties"]["CodeUri"] = f"s3://{CODE_BUCKET}/{name}.zip"
    for name in MACHINES:
        template["Resources"][f"{name}Machine"]["Properties"]["DefinitionUri"] = f"s3://{CODE_BUCKET}/{name}.asl.json"
    # No managed policies are used, so none are loaded from AWS.
    return Translator({}, Parser()).translate(template, {})


def translated(change=lambda template: None):
    """The translated template after a change to what is written."""
    template = load()
    change(template)
    return translate(template)


def definition(name):
    """The definition of a state machine, as it is written."""
    folder = MACHINES[name]
    return (ROOT / "statemachines" / folder / f"{folder}.asl.json").read_text()


def properties(template, name):
    """The properties of a resource."""
    return template["Resources"][name]["Properties"]


def of_type(template, kind):
    """The resources of a type, by name."""
    return {name: own for name, own in template["Resources"].items() if own["Type"] == kind}
