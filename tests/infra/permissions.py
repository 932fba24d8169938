"""What functions were seen to ask of AWS, and what the template lets them."""

import json
import re
from fnmatch import translate as fnmatch

from infra import rights
from infra.template import NAMES, ROOT

FOLDER = ROOT / "tests" / "permissions"
CALLS = FOLDER / "calls.json"
POLICIES = FOLDER / "policies.json"

ACCOUNT = "111122223333"
REGION = "us-east-1"
# An installation as the recorded scenarios have it: a stack of this name, and what its owner let the service `checkout` do.
GIVEN = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "sluice",
    "PipelineNames": "checkout*",
    "TestProjects": "smoke*",
    "TestMachines": "smoke*",
    "TestFunctions": "smoke*",
    "TestSecrets": "shop*",
    "DeployApplications": "shop*",
    "RollbackMachines": "undo*",
    "RollbackFunctions": "undo*",
    "HookApplications": "shop*",
    "NotifyTopics": "desk*",
    "NotifyBuses": "audit*",
}
# The ARN of a resource of the stack, by its type; what it is called is in PROPERTIES, or follows from its logical name.
KINDS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{place}:table/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::Events::EventBus": "arn:aws:events:{place}:event-bus/{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{place}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{place}:{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{place}:function:{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{place}:stateMachine:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{place}:log-group:{name}:*",
}
PROPERTIES = ("FunctionName", "StateMachineName", "LogGroupName")
# What has another name there than follows.
NAMED = {"EventBus": "sluice"}

# Rights that no function is seen to use, because it is not the function that does, and why.
NOT_SEEN = {
    "logs:CreateLogStream": "Lambda itself writes the log in the function's name",
    "logs:PutLogEvents": "Lambda itself writes the log in the function's name",
    "lambda:InvokeFunction": "Lambda itself sends the record of a failure to the reaper in the function's name",
    "sqs:SendMessage": "Lambda itself sends what the reaper failed at to the queue in its name",
    "sts:TagSession": "no call of its own: `sts:AssumeRole` with tags needs it, where `SessionTags` says yes (tests/started/acting.rs)",
}
# Where each of these is excused; of the others, on groups of logs.
NOT_SEEN_ON = {"lambda:InvokeFunction": "function:sluice-reaper", "sqs:SendMessage": "sqs:", "sts:TagSession": ":role/"}
# Resources of rights that are used on others beside them, and why these are there.
BESIDE = {
    ("validate", "arn:aws:lambda:us-east-1:111122223333:function:smoke*:*"): "a plan may name a version or an alias",
    ("validate", "arn:aws:states:us-east-1:111122223333:stateMachine:smoke*:*"): "a plan may name a version or an alias",
    (
        "worker",
        "arn:aws:codepipeline:us-east-1:111122223333:actionType:?ustom/Test/Sluice*",
    ): "AWS's documents spell it in both ways",
}
# Rights that are asked for and not given, and why.
NOT_GIVEN = {
    ("notify", "arn:aws:secretsmanager:us-east-1:111122223333:secret:sluice/notify/none"): "a secret that is not there has no ending that the pattern could match",
    ("checks", "arn:aws:s3:::sluice-evidence"): "a plan that is not there yet and one that may not be read are the same to it",
}


def role_of(function):
    """The role of a function, by the function's name."""
    return f"{function.capitalize()}Role"


FUNCTIONS = tuple(sorted(name.lower() for name in NAMES))


def recorded():
    """What was recorded, as the tests in Rust wrote it down."""
    return json.loads(CALLS.read_text())


def resolved(value, template):
    """A value of the template with its functions carried out, all conditions met."""
    if isinstance(value, list):
        return [resolved(one, template) for one in value]
    if not isinstance(value, dict):
        return value
    [(function, own)] = value.items() if len(value) == 1 else [(None, None)]
    if function == "Ref":
        return parameter(own, template)
    if function == "Fn::GetAtt":
        return attribute(*own, template)
    if function == "Fn::Sub":
        return substituted(own, template)
    return {key: resolved(one, template) for key, one in value.items()}


def substituted(text, template):
    """A text with what stands in braces."""

    def filled(match):
        name, _, attribute_name = match[1].partition(".")
        return attribute(name, attribute_name, template) if attribute_name else parameter(name, template)

    return re.sub(r"\$\{([^}]+)\}", filled, text)


def parameter(name, template):
    """What a name stands for: a parameter, or a resource."""
    if name in GIVEN:
        return GIVEN[name]
    if name in template["Parameters"]:
        return template["Parameters"][name]["Default"]
    return arn(name, template)


def attribute(name, which, template):
    """The ARN or the name of a resource."""
    return arn(name, template) if which == "Arn" else called(name, template)


def arn(name, template):
    """The ARN of a resource of the stack."""
    kind = KINDS[template["Resources"][name]["Type"]]
    return kind.format(place=f"{REGION}:{ACCOUNT}", name=called(name, template))


def called(name, template):
    """What a resource is called in the account."""
    own = template["Resources"][name].get("Properties", {})
    told = [resolved(own[key], template) for key in PROPERTIES if key in own]
    words = re.findall(r"[A-Z][a-z]*", name)[:-1]
    return told[0] if told else NAMED.get(name, "-".join(["sluice", *words]).lower())


def policies(template):
    """What each function may do, as IAM would read it."""
    return {
        function: {
            "Version": "2012-10-17",
            "Statement": [resolved(own, template) for own in rights.statements(template, role_of(function))],
        }
        for function in FUNCTIONS
    }


def grants(policy):
    """Each action and resource that a policy allows, with the name of its statement."""
    return [
        (own["Sid"], action, resource)
        for own in policy["Statement"]
        if own["Effect"] == "Allow"
        for action in rights.listed(own["Action"])
        for resource in rights.listed(own["Resource"])
    ]


def matches(pattern, resource):
    """Whether a resource is one of a pattern of IAM's, in which brackets are only brackets."""
    return re.match(fnmatch(pattern.replace("[", "[[]")), resource) is not None


def gives(grant, call):
    """Whether it is this grant that allows a call."""
    _, action, resource = grant
    return action.lower() == call["action"].lower() and matches(resource, call["resource"])


def denied(policy, call):
    """Whether a policy forbids what it allows elsewhere."""
    forbidden = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    patterns = [
        pattern
        for one in forbidden
        if call["action"] in rights.listed(one["Action"])
        for pattern in rights.listed(one["Resource"])
    ]
    return any(matches(pattern, call["resource"]) for pattern in patterns)


def problems(template, calls=None):
    """How roles and calls differ, both ways, in words. A right that two statements give is spare in one of them."""
    calls = recorded() if calls is None else calls
    found, used = [], set()
    for function, policy in policies(template).items():
        given = grants(policy)
        own = [call for call in calls if call["function"] == function and call["with"] is None]
        needed = set()
        for call in own:
            by = [grant for grant in given if gives(grant, call)]
            if denied(policy, call) or not by:
                reason = NOT_GIVEN.get((function, call["resource"]))
                used.add((function, call["resource"]))
                found += [] if reason else [f"{function} may not {call['action']} on {call['resource']}"]
            if len(by) == 1:
                needed.add(by[0])
        if not own:
            found.append(f"nothing was recorded of {function}")
        for grant in sorted(set(given) - needed):
            excuse = excused(function, grant)
            used.add(excuse)
            found += [] if excuse else [f"{function} does not need {grant[1]} on {grant[2]} ({grant[0]})"]
        found += [f"{function} says {grant} twice" for grant in sorted(set(given)) if given.count(grant) > 1]
    return found + stale(used)


def excused(function, grant):
    """Which of the exceptions a right is that no call needs."""
    _, action, resource = grant
    if (function, resource) in BESIDE:
        return (function, resource)
    own = NOT_SEEN_ON.get(action, "log-group:")
    return action if action in NOT_SEEN and own in resource else None


def stale(used):
    """Exceptions that nothing is one of."""
    known = {*NOT_SEEN, *BESIDE, *NOT_GIVEN}
    return [f"the exception {own} is of nothing" for own in sorted(map(str, known - used))]
