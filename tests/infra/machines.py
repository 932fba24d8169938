"""What the state machines call, by their definitions, and what that needs."""

import json
import re

import botocore.session

from infra.calls import IN_BOTOCORE
from infra.rights import listed, statements
from infra.template import MACHINES, definition, properties

# Where a definition calls a service otherwise than a policy does.
IN_POLICIES = {"sfn": "states"}
# What a call in a definition needs that is named otherwise, or more than itself.
NEEDS = {
    "lambda:invoke": {"lambda:InvokeFunction"},
    # To be told of the end by a rule that Step Functions keeps, to ask after it, and to stop what nobody waits for.
    "states:startExecution.sync:2": {
        "events:DescribeRule",
        "events:PutRule",
        "events:PutTargets",
        "states:DescribeExecution",
        "states:StartExecution",
        "states:StopExecution",
    },
    # What CodeDeploy asks for on behalf of who makes a deployment.
    "codedeploy:createDeployment": {
        "codedeploy:CreateDeployment",
        "codedeploy:GetApplicationRevision",
        "codedeploy:GetDeploymentConfig",
        "codedeploy:RegisterApplicationRevision",
    },
}
SUBSTITUTION = re.compile(r"\$\{(\w+)\}")


def states(text):
    """All states of a definition, those within others included, by their names."""
    found = {}

    def walk(own):
        found.update(own["States"])
        for state in own["States"].values():
            for inner in (*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])):
                walk(inner)

    walk(json.loads(text))
    return found


def tasks(text):
    """The states that call something."""
    return {name: own for name, own in states(text).items() if own["Type"] == "Task"}


def ends(text):
    """The errors that a definition ends in by itself."""
    return {own["Error"] for own in states(text).values() if own["Type"] == "Fail"}


def actions(resource):
    """What a policy has to allow for a task's `Resource`."""
    call = resource.removeprefix("arn:aws:states:::").removeprefix("aws-sdk:")
    service, operation = call.split(":", 1)
    return NEEDS.get(call) or {f"{IN_POLICIES.get(service, service)}:{known(service, operation)}"}


def known(service, operation):
    """The operation as AWS calls it; an error where AWS has none of the name."""
    # As a call of its own a machine is `states`, through the SDK `sfn`.
    service = "sfn" if service == "states" else service
    model = botocore.session.get_session().get_service_model(IN_BOTOCORE.get(service, service))
    name = operation[0].upper() + operation[1:]
    return model.operation_model(name).name


def needed(text):
    """All that a policy has to allow for a definition."""
    return set().union(*(actions(own["Resource"]) for own in tasks(text).values()))


def substituted(text):
    """The names that are filled in into a definition."""
    return set(SUBSTITUTION.findall(text))


def problems(template):
    """What is wrong with the machines and their roles, in words."""
    return [found for name in MACHINES for found in of_machine(template, name)]


def of_machine(template, name):
    """What is wrong with a machine."""
    found = []
    settings = properties(template, f"{name}Machine")
    if settings.get("StateMachineType") != "STANDARD":
        found.append(f"{name} ends after five minutes")
    logging = settings.get("LoggingConfiguration", {})
    group = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [f"{name}Logs", "Arn"]}}}
    if (logging.get("Level"), logging.get("Destinations")) != ("ERROR", [group]):
        found.append(f"{name} does not write what failed into its log")
    if logging.get("IncludeExecutionData") is not False:
        found.append(f"{name} writes what plans and tests say into its log")
    if settings["RoleArn"] != {"Fn::GetAtt": [f"{name}Role", "Arn"]}:
        found.append(f"{name} has the role of another")
    text, filled = definition(name), settings.get("DefinitionSubstitutions", {})
    found.extend(f"{name} is not told its {own}" for own in sorted(substituted(text) - set(filled)))
    found.extend(f"{name} is told {own} and does not ask" for own in sorted(set(filled) - substituted(text)))
    return found + unreached(template, name, text, filled)


def unreached(template, name, text, filled):
    """Which calls of a definition to what is filled in its role does not allow."""
    found = []
    for state, own in tasks(text).items():
        for asked in sorted(SUBSTITUTION.findall(json.dumps(own["Arguments"]))):
            target = filled.get(asked)
            if target and not any(allows(template, name, action, target) for action in actions(own["Resource"])):
                found.append(f"{name} may not {state} with {asked}")
    return found


def allows(template, name, action, target):
    """Whether a machine's role allows an action on a resource of the stack, or on its executions."""
    resource = target.get("Ref") or target["Fn::GetAtt"][0]
    named = ({"Ref": resource}, {"Fn::GetAtt": [resource, "Arn"]})
    return any(
        one in named or f":execution:${{{resource}.Name}}:*" in json.dumps(one)
        for own in statements(template, f"{name}Role")
        if action in listed(own["Action"])
        for one in listed(own["Resource"])
    )


def lambda_seconds(name):
    """How long a machine's tasks wait for functions."""
    calls = [own for own in tasks(definition(name)).values() if own["Resource"] == "arn:aws:states:::lambda:invoke"]
    return [own["TimeoutSeconds"] for own in calls]
