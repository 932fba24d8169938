"""The stack of `sluice probe`: its roles allow what its function and its pipeline do, and nothing of it outlives it."""

import copy
import re

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.template import ROOT

# What the calls of boto3 need that the function makes.
NEEDS = {
    "codepipeline.get_job_details": "codepipeline:GetJobDetails",
    "codepipeline.put_job_failure_result": "codepipeline:PutJobFailureResult",
    "codepipeline.put_job_success_result": "codepipeline:PutJobSuccessResult",
    "s3.get_object": "s3:GetObject",
    "s3.put_object": "s3:PutObject",
}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
INLINE_MAX = 4096


def load():
    return yaml_parse((ROOT / "infra" / "probe.yaml").read_text())["Resources"]


def code(resources):
    return resources["Function"]["Properties"]["Code"]["ZipFile"]


def statements(resources, role):
    [policy] = resources[role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def actions(statement):
    own = statement["Action"]
    return [own] if isinstance(own, str) else own


def wrong(resources):
    """What is wrong with the stack, in words."""
    called = set(re.findall(r"\b(?:codepipeline|s3)\.[a-z_]+(?=[(,])", code(resources)))
    needed = {NEEDS.get(call, call) for call in called} | LOGGING
    allowed = {own for statement in statements(resources, "FunctionRole") for own in actions(statement)}
    found = [f"the function may not {own}" for own in sorted(needed - allowed)]
    found += [f"the function need not {own}" for own in sorted(allowed - needed)]
    for role in ("FunctionRole", "PipelineRole"):
        for statement in statements(resources, role):
            of_all = statement["Resource"] == "*"
            answers = all(own.startswith("codepipeline:") for own in actions(statement))
            found += [f"{own} is for all resources" for own in actions(statement) if of_all and not answers]
            found += [f"{own} has a star" for own in actions(statement) if "*" in own]
    found += [f"{name} stays" for name, own in resources.items() if own.get("DeletionPolicy", "Delete") != "Delete"]
    if len(code(resources)) > INLINE_MAX:
        found.append("the code is too long to stand in a template")
    return found


def test_the_stack_keeps_the_rules():
    assert wrong(load()) == []
    compile(code(load()), "index.py", "exec")


def spare(resources):
    statements(resources, "FunctionRole")[0]["Action"].append("codepipeline:PollForJobs")


def lacking(resources):
    statements(resources, "FunctionRole")[0]["Action"].remove("codepipeline:GetJobDetails")


def wide(resources):
    statements(resources, "PipelineRole")[-1]["Resource"] = "*"


def starred(resources):
    statements(resources, "PipelineRole")[1]["Action"] = "s3:*"


def retained(resources):
    resources["Bucket"]["DeletionPolicy"] = "Retain"


def long(resources):
    resources["Function"]["Properties"]["Code"]["ZipFile"] += "#" * INLINE_MAX


@pytest.mark.parametrize(
    ("doctored", "said"),
    [
        (spare, "the function need not codepipeline:PollForJobs"),
        (lacking, "the function may not codepipeline:GetJobDetails"),
        (wide, "lambda:InvokeFunction is for all resources"),
        (starred, "s3:* has a star"),
        (retained, "Bucket stays"),
        (long, "the code is too long to stand in a template"),
    ],
)
def test_a_template_that_breaks_a_rule_is_red(doctored, said):
    resources = copy.deepcopy(load())
    doctored(resources)
    assert said in wrong(resources)
