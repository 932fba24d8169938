"""CodePipeline would take the action types of the template: by botocore's validation, and by the limits of its model.

botocore's own validation knows types, names and least lengths. Most lengths, patterns and words stand in the model as well,
and only the service looks at them: here `beyond` does. What neither says is in the tests of `shared/core/src/actions`.
"""

import copy
import re

import botocore.session
import pytest
from botocore.validate import ParamValidator

from infra.template import PATH, REGION, load, of_type, properties
from infra.test_lint import lint

KIND = "AWS::CodePipeline::CustomActionType"
HOSTS = load()["Mappings"]["Consoles"]
# As long as such names get, or longer.
FILLED = {"AWS::Region": REGION, "PlansTable": "t" * 255, "EvidenceBucket": "b" * 63, "Console": HOSTS["aws"]["Host"]}


def shape():
    """What `CreateCustomActionType` takes."""
    model = botocore.session.get_session().get_service_model("codepipeline")
    return model.operation_model("CreateCustomActionType").input_shape


def filled(value):
    """A value in the words of the API: names begin small, and places are filled in."""
    if isinstance(value, dict) and set(value) == {"Fn::Sub"}:
        text, places = value["Fn::Sub"]
        assert places == {"Console": {"Fn::FindInMap": ["Consoles", {"Ref": "AWS::Partition"}, "Host"]}}
        return re.sub(r"\$\{([\w:]+)\}", lambda match: FILLED[match[1]], text)
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: filled(own) for name, own in value.items()}
    return [filled(own) for own in value] if isinstance(value, list) else value


def action_types():
    """The resources, by name, as the API takes them."""
    resources = {name: copy.deepcopy(properties(load(), name)) for name in of_type(load(), KIND)}
    for own in resources.values():
        own["Tags"][0]["Value"] = "sluice"
    return {name: filled(own) for name, own in resources.items()}


def beyond(value, shape, path=""):
    """Where a value is beyond the limits of its shape."""
    limits, found = shape.metadata, []
    size = value if isinstance(value, int) else len(value)
    if not limits.get("min", size) <= size <= limits.get("max", size):
        found.append(f"{path}: {size}")
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        found.append(f"{path}: {value}")
    if "enum" in limits and value not in limits["enum"]:
        found.append(f"{path}: {value}")
    if isinstance(value, dict):
        for name, own in value.items():
            found += beyond(own, shape.members[name], f"{path}.{name}")
    if isinstance(value, list):
        for index, own in enumerate(value):
            found += beyond(own, shape.member, f"{path}[{index}]")
    return found


def mistakes(own):
    """All that is wrong with a definition."""
    report = ParamValidator().validate(own, shape())
    if report.has_errors():
        return [report.generate_report()]
    found = beyond(own, shape())
    names = [name["name"] for name in own["configurationProperties"]]
    found += ["a name twice"] if len(set(names)) < len(names) else []
    found += ["queryable"] if any(name.get("queryable") for name in own["configurationProperties"]) else []
    links = "".join(own["settings"].values())
    found += [f"a link names {name}" for name in re.findall(r"\{(?!ExternalExecutionId\})([^}]*)\}", links)]
    return found


@pytest.mark.parametrize("name", action_types())
def test_codepipeline_would_take_it(name):
    assert mistakes(action_types()[name]) == []


def change(*path, to):
    """A change of one part of a definition."""

    def doctor(own):
        *way, last = path
        for step in way:
            own = own[step]
        own[last] = to

    return doctor


def more(own):
    """One property too many."""
    own["configurationProperties"].append({**own["configurationProperties"][0], "name": "More"})


@pytest.mark.parametrize(
    ("doctor", "said"),
    [
        (change("configurationProperties", 0, "required", to="no"), "Invalid type"),
        (change("configurationProperties", 0, "label", to="Gate"), "Unknown parameter"),
        (change("configurationProperties", 0, "name", to=""), "Invalid length"),
        (lambda own: own.pop("outputArtifactDetails"), "Missing required parameter"),
        (more, ".configurationProperties: 11"),
        (change("configurationProperties", 1, "name", to="Gate"), "a name twice"),
        (change("configurationProperties", 0, "name", to="N" * 51), ".configurationProperties[0].name: 51"),
        (change("configurationProperties", 0, "description", to="d" * 161), "[0].description: 161"),
        (change("configurationProperties", 0, "type", to="Text"), "[0].type: Text"),
        (change("configurationProperties", 0, "queryable", to=True), "queryable"),
        (change("category", to="Gate"), ".category: Gate"),
        (change("provider", to="Sluice Bake"), ".provider: Sluice Bake"),
        (change("version", to="1.0"), ".version: 1.0"),
        (change("version", to="1234567890"), ".version: 10"),
        (change("inputArtifactDetails", "maximumCount", to=6), ".inputArtifactDetails.maximumCount: 6"),
        (change("settings", "entityUrlTemplate", to="h" * 2049), ".settings.entityUrlTemplate: 2049"),
        (change("settings", "entityUrlTemplate", to="{Config:Service}"), "a link names Config:Service"),
    ],
)
def test_a_doctored_definition_is_red(doctor, said):
    own = action_types()["BakeActionTypeV1"]
    doctor(own)
    assert said in "\n".join(mistakes(own))


def test_only_who_owns_them_makes_them_and_nobody_takes_them_away():
    template = load()
    assert template["Conditions"]["OwnsActionTypes"] == {"Fn::Equals": [{"Ref": "CustomActions"}, "create"]}
    assert template["Parameters"]["CustomActions"]["Default"] == "none"
    own = of_type(template, KIND)
    assert len(own) == 4
    for resource in own.values():
        assert resource["Condition"] == "OwnsActionTypes"
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
        [tag] = resource["Properties"]["Tags"]
        assert tag["Value"] == {"Ref": "AWS::StackName"}


def test_a_resource_is_called_after_its_version():
    for name, own in action_types().items():
        assert name == f"{own['provider'].removeprefix('Sluice')}ActionTypeV{own['version']}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Provider: SluiceBake\n", "Provider: Sluice Bake\n"),
        ("OutputArtifactDetails: { MinimumCount: 0, MaximumCount: 1 }", "OutputArtifactDetails: { MinimumCount: 0 }"),
        ("Console: !FindInMap [Consoles, !Ref AWS::Partition, Host]", "Console: !Ref NoSuchParameter"),
    ],
)
def test_cfn_lint_looks_at_them(tmp_path, old, new):
    text = PATH.read_text()
    assert old in text
    doctored = tmp_path / "template.yaml"
    doctored.write_text(text.replace(old, new, 1))
    assert lint(doctored)[0] != 0
