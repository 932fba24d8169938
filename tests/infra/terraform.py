"""What an example for Terraform comes to, as far as that can be told without Terraform.

It evaluates what the example uses: texts, variables, locals, and `jsonencode` of them. Anything else is an error.
"""

import json
import re

import hcl2

from infra.template import ROOT

PATH = ROOT / "infra" / "examples" / "terraform" / "main.tf"
REFERENCE = r"(?:var|local)\.\w+"
TEXT = r'"(?:[^"\\]|\\.)*"'


def load(text):
    """The blocks of a file. The parser leaves notes of its own between them."""
    return cleaned(hcl2.loads(text))


def cleaned(value):
    """Without the parser's notes, and with names as they are."""
    if isinstance(value, list):
        return [cleaned(own) for own in value]
    if isinstance(value, dict):
        return {name.strip('"'): cleaned(own) for name, own in value.items() if not name.startswith("__")}
    return value


def known(own, given):
    """What references stand for: variables as given or by default, and locals."""
    declared = {name: one for block in own["variable"] for name, one in block.items()}
    values = {f"var.{name}": literal(one["default"]) for name, one in declared.items() if "default" in one}
    values |= {f"var.{name}": value for name, value in given.items() if name in declared}
    return values | {f"local.{name}": literal(one) for block in own["locals"] for name, one in block.items()}


def literal(text):
    """What stands in quotes, which Terraform escapes as JSON does."""
    return json.loads(text)


def evaluate(value, names):
    """A value with its expressions evaluated."""
    if isinstance(value, list):
        return [evaluate(own, names) for own in value]
    if isinstance(value, dict):
        return {name: evaluate(own, names) for name, own in value.items()}
    if not isinstance(value, str):
        return value
    if re.fullmatch(TEXT, value):
        return re.sub(rf"\$\{{({REFERENCE})\}}", lambda found: names[found[1]], literal(value))
    inside = re.fullmatch(r"\$\{(.*)\}", value, re.DOTALL)
    if inside is None:
        raise ValueError(f"neither a text nor an expression: {value}")
    return expression(inside[1], names)


def expression(text, names):
    """A reference, or JSON made of references and texts."""
    if re.fullmatch(REFERENCE, text):
        return names[text]
    pair = rf"(\w+) = ({REFERENCE}|{TEXT})"
    whole = re.fullmatch(rf"jsonencode\(\{{({pair}(?:, {pair})*)\}}\)", text)
    if whole is None:
        raise ValueError(f"an expression that is not known here: {text}")
    pairs = re.findall(pair, whole[1])
    return json.dumps({name: names.get(one) or literal(one) for name, one in pairs})


def pipeline(text, **given):
    """The pipeline of a file as `create-pipeline` takes it."""
    own = load(text)
    [block] = own["resource"]
    resource = evaluate(block["aws_codepipeline"]["pipeline"], known(own, given))
    [store] = resource.pop("artifact_store")
    stages = [stage(one) for one in resource.pop("stage")]
    return {**camel(resource), "artifactStore": store, "stages": stages}


def camel(own):
    """The names of a block as the API spells them."""
    return {re.sub(r"_(\w)", lambda found: found[1].upper(), name): value for name, value in own.items()}


def stage(own):
    """A stage."""
    ends = {"onFailure": own["on_failure"][0]} if "on_failure" in own else {}
    return {"name": own["name"], **ends, "actions": [action(one) for one in own["action"]]}


def action(own):
    """An action."""
    kind = {name: own.pop(name) for name in ("category", "owner", "provider", "version")}
    artifacts = {name: own.pop(name) for name in ("input_artifacts", "output_artifacts") if name in own}
    listed = {name: [{"name": one} for one in value] for name, value in artifacts.items()}
    return {**camel(own), "actionTypeId": kind, **camel(listed)}
