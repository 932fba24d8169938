"""What the functions may do."""

import json

from infra.template import GATES, PATH, of_type, properties

# What AWS gives only for all resources, and why.
FOR_ALL = {
    "cloudwatch:DescribeAlarms": "leaves out composite alarms for who may not read all",
    "cloudwatch:DescribeAlarmHistory": "the same",
    "cloudwatch:GetMetricData": "metrics are no resources",
    "codepipeline:GetJobDetails": "jobs are no resources",
    "codepipeline:PutJobFailureResult": "jobs are no resources; a pipeline's ARN is not enough",
    "codepipeline:PutJobSuccessResult": "jobs are no resources; a pipeline's ARN is not enough",
}

# What a gate's role has beside what the source calls, and why.
NOT_CALLED = {
    "lambda:InvokeFunction": "Lambda itself sends the record of a failure to the reaper in the function's name",
    "logs:CreateLogStream": "Lambda itself writes the log in the function's name",
    "logs:PutLogEvents": "Lambda itself writes the log in the function's name",
    "s3:ListBucket": "without it S3 says that an absent object is forbidden",
}

REAPER = {
    "codepipeline:PutJobFailureResult",
    "codepipeline:PutJobSuccessResult",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
}


# What a plan may have only where somebody named what it is for: an action, and the parameter that names it.
ONLY_IF_NAMED = {
    "codebuild:BatchGetBuilds": "TestProjects",
    "codebuild:ListBuildsForProject": "TestProjects",
    "codebuild:StartBuild": "TestProjects",
    "codebuild:StopBuild": "TestProjects",
    "lambda:InvokeFunction": "TestFunctions",
    "secretsmanager:GetSecretValue": "TestSecrets",
    "states:DescribeExecution": "TestMachines",
    "states:StartExecution": "TestMachines",
    "states:StopExecution": "TestMachines",
}

# What all gates share, as it stands in a role's list of policies.
SHARED = {"Ref": "GatePolicy"}


def statements(template, role):
    """All statements of a role, its own first, those under conditions included."""
    return [given(own) for own in as_written(template, role)]


def as_written(template, role):
    """The same with their conditions."""
    documents = [policy["PolicyDocument"] for policy in properties(template, role)["Policies"]]
    if SHARED in properties(template, role).get("ManagedPolicyArns", []):
        documents.append(properties(template, "GatePolicy")["PolicyDocument"])
    return [own for document in documents for own in document["Statement"]]


def given(own):
    """A statement that stands under a condition, as it is where the condition holds."""
    return own["Fn::If"][1] if "Fn::If" in own else own


def listed(value):
    """A list, also of one."""
    return value if isinstance(value, list) else [value]


def actions(template, role):
    """All that a role may do to anything."""
    return {action for own in statements(template, role) for action in listed(own["Action"])}


def for_all(template):
    """What some role may do to all resources."""
    return {
        action
        for role in of_type(template, "AWS::IAM::Role")
        for own in statements(template, role)
        if "*" in listed(own["Resource"])
        for action in listed(own["Action"])
    }


def problems(template):
    """What is wrong with the roles, in words."""
    found = []
    roles = set(of_type(template, "AWS::IAM::Role"))
    if roles != {f"{name}Role" for name in (*GATES, "Reaper")}:
        found.append(f"roles {sorted(roles)}")
    for role in sorted(roles):
        shared = [] if role == "ReaperRole" else [SHARED]
        if properties(template, role).get("ManagedPolicyArns", []) != shared:
            found.append(f"{role} has a policy of others")
        for own in statements(template, role):
            found.extend(f"{role} may {action}" for action in listed(own["Action"]) if "*" in action)
            if own["Effect"] != "Allow" or "NotAction" in own or "NotResource" in own:
                found.append(f"{role} has a statement that does not say what it allows")
    found += unnamed(template)
    for action in sorted(for_all(template) ^ set(FOR_ALL)):
        found.append(f"{action} is for all resources in the template or in the list of reasons, not in both")
    for role in sorted(roles):
        logs = role.replace("Role", "Logs")
        written = [own["Resource"] for own in statements(template, role) if "logs:PutLogEvents" in listed(own["Action"])]
        if written != [{"Fn::GetAtt": [logs, "Arn"]}]:
            found.append(f"{role} writes to {json.dumps(written)}")
    return found


def unnamed(template):
    """What may be started or read by who merges a plan although nobody named it."""
    found = []
    for own in as_written(template, "ValidateRole"):
        if given(own)["Resource"] == {"Fn::GetAtt": ["ReaperFunction", "Arn"]}:
            continue
        for action in listed(given(own)["Action"]):
            parameter = ONLY_IF_NAMED.get(action)
            if parameter and not names(template, own, parameter):
                found.append(f"a plan may {action} where {parameter} is empty")
    return found


def names(template, own, parameter):
    """Whether a statement is there only where a parameter is not empty, and for what it names."""
    condition = own.get("Fn::If", [None])[0]
    is_set = {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    resources = [resource["Fn::Sub"] for resource in listed(given(own)["Resource"])]
    named = all(f"${{{parameter}}}" in resource for resource in resources)
    return named and template["Conditions"].get(condition) == is_set


def unexplained():
    """Lines of the template that give all resources without a comment right above."""
    lines = PATH.read_text().splitlines()
    stars = [number for number, line in enumerate(lines) if line.strip() == 'Resource: "*"']
    return [number + 1 for number in stars if not lines[number - 1].strip().startswith("#")], len(stars)
