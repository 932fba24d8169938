"""What the functions may do."""

import json
import re

from infra.template import GATES, MACHINES, NAMES, PATH, of_type, properties

# What AWS gives only for all resources, and why.
FOR_ALL = {
    "cloudwatch:DescribeAlarms": "leaves out composite alarms for who may not read all",
    "cloudwatch:DescribeAlarmHistory": "the same",
    "cloudwatch:GetMetricData": "metrics are no resources",
    "codedeploy:StopDeployment": "deployments are no resources, and AWS takes no deployment group's ARN for it",
    "codepipeline:AcknowledgeJob": "jobs are no resources",
    "codepipeline:GetJobDetails": "jobs are no resources",
    "codepipeline:ListPipelines": "a list of all is no single pipeline",
    "codepipeline:PutJobFailureResult": "jobs are no resources; a pipeline's ARN is not enough",
    "codepipeline:PutJobSuccessResult": "jobs are no resources; a pipeline's ARN is not enough",
}
# What a state machine that writes a log has, which AWS gives only for all resources.
LOG_DELIVERY = {
    f"logs:{name}"
    for name in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
}
FOR_ALL |= dict.fromkeys(LOG_DELIVERY, "deliveries of logs are no resources")

# What a function's role has beside what the source calls, and why.
LOG = {
    "logs:CreateLogStream": "Lambda itself writes the log in the function's name",
    "logs:PutLogEvents": "Lambda itself writes the log in the function's name",
}
RECORD = {"lambda:InvokeFunction": "Lambda itself sends the record of a failure to the reaper in the function's name"}
ABSENT = {"s3:ListBucket": "without it S3 says that an absent object is forbidden"}
TAGS = {"sts:TagSession": "no operation of its own: `sts:AssumeRole` with tags asks for it"}
NOT_CALLED = {
    **{f"{name}Role": LOG | RECORD | ABSENT | TAGS for name in GATES},
    "ChecksRole": LOG | RECORD,
    "PlanRole": LOG | ABSENT,
    "OverrideRole": LOG,
    "HookRole": LOG,
    "NotifyRole": LOG | RECORD,
    "WorkerRole": LOG,
}

REAPER = {
    "codepipeline:PutJobFailureResult",
    "codepipeline:PutJobSuccessResult",
    "events:PutEvents",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
}


# What a plan may have only where somebody named what it is for: an action, and the parameter that names it.
ONLY_IF_NAMED = {
    "ValidateRole": {
        "codebuild:BatchGetBuilds": "TestProjects",
        "codebuild:ListBuildsForProject": "TestProjects",
        "codebuild:StartBuild": "TestProjects",
        "codebuild:StopBuild": "TestProjects",
        "lambda:InvokeFunction": "TestFunctions",
        "secretsmanager:GetSecretValue": "TestSecrets",
        "states:DescribeExecution": "TestMachines",
        "states:StartExecution": "TestMachines",
        "states:StopExecution": "TestMachines",
    },
    "StageChecksRole": {
        "lambda:InvokeFunction": "RollbackFunctions",
        "states:StartExecution": "RollbackMachines",
    },
    "RollbackRole": {
        "codedeploy:BatchGetDeployments": "DeployApplications",
        "codedeploy:CreateDeployment": "DeployApplications",
        "codedeploy:GetApplicationRevision": "DeployApplications",
        "codedeploy:GetDeployment": "DeployApplications",
        "codedeploy:GetDeploymentConfig": "DeployApplications",
        "codedeploy:ListDeployments": "DeployApplications",
        "codedeploy:RegisterApplicationRevision": "DeployApplications",
        "codedeploy:StopDeployment": "DeployApplications",
    },
    "HookRole": dict.fromkeys(
        (
            "codedeploy:BatchGetDeploymentTargets",
            "codedeploy:GetDeployment",
            "codedeploy:ListDeploymentTargets",
            "codedeploy:PutLifecycleEventHookExecutionStatus",
        ),
        "HookApplications",
    ),
    "DeployHookRole": {"codedeploy:PutLifecycleEventHookExecutionStatus": "HookApplications"},
    "NotifyRole": {
        "events:PutEvents": "NotifyBuses",
        "secretsmanager:GetSecretValue": "NotifySecrets",
        "sns:Publish": "NotifyTopics",
    },
}
# Of these that which does not name it, though it is there only where something is named.
NAMES_NOTHING = {"codedeploy:GetDeploymentConfig", "codedeploy:StopDeployment"}

# What tests of a plan must never reach, whatever the parameters let match.
NEVER = {
    "lambda:InvokeFunction": {
        f"function:${{AWS::StackName}}-{name}*"
        for name in ("bake", "canary", "checks", "notify", "override", "plan", "validate", "worker")
    }
    | {"function:CodeDeployHook_${AWS::StackName}*"},
    "states:StartExecution": {f"stateMachine:${{AWS::StackName}}-{name}*" for name in MACHINES.values()},
}

# What all gates share, as it stands in a role's list of policies.
SHARED = {"Ref": "GatePolicy"}


def statements(template, role):
    """All statements of a role, its own first, those under conditions included."""
    return [given(own) for own in as_written(template, role)]


def as_written(template, role):
    """The same with their conditions."""
    documents = [policy["PolicyDocument"] for policy in properties(template, role)["Policies"]]
    apart = [own["Properties"] for own in of_type(template, "AWS::IAM::Policy").values()]
    documents += [own["PolicyDocument"] for own in apart if {"Ref": role} in own["Roles"]]
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
    allowed = [own for own in statements(template, role) if own["Effect"] == "Allow"]
    return {action for own in allowed for action in listed(own["Action"])}


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
    if roles != {f"{name}Role" for name in (*NAMES, *MACHINES)}:
        found.append(f"roles {sorted(roles)}")
    for role in sorted(roles):
        shared = [SHARED] if role.removesuffix("Role") in GATES else []
        # A role that the translator made has none of its own.
        if properties(template, role).get("ManagedPolicyArns", []) != shared:
            found.append(f"{role} has a policy of others")
        for own in statements(template, role):
            found.extend(f"{role} may {action}" for action in listed(own["Action"]) if "*" in action)
            if own["Effect"] != effect(role, own) or "NotAction" in own or "NotResource" in own:
                found.append(f"{role} has a statement that does not say what it allows")
        found += unnamed(template, role)
    for action in sorted(for_all(template) ^ set(FOR_ALL)):
        found.append(f"{action} is for all resources in the template or in the list of reasons, not in both")
    return found + reached(template) + logs(template, roles)


def effect(role, own):
    """What a statement has to say: tests of a plan are forbidden what is Sluice's own."""
    return "Deny" if (role, own.get("Sid")) == ("ValidateRole", "StartNothingOfThisStack") else "Allow"


def reached(template):
    """What of this stack tests of a plan could start, if a parameter let it match."""
    denied = [own for own in statements(template, "ValidateRole") if own["Effect"] == "Deny"]
    found = []
    for action, subjects in NEVER.items():
        resources = [resource for own in denied if action in listed(own["Action"]) for resource in own["Resource"]]
        covered = {resource["Fn::Sub"].partition("${AWS::AccountId}:")[2] for resource in resources}
        found.extend(f"a test may {action} on {subject}" for subject in sorted(subjects - covered))
    return found


def logs(template, roles):
    """Whose log is somebody else's."""
    found = []
    for role in sorted(roles):
        written = [
            own["Resource"] for own in statements(template, role) if "logs:PutLogEvents" in listed(own["Action"])
        ]
        expected = (
            [] if role.removesuffix("Role") in MACHINES else [{"Fn::GetAtt": [role.replace("Role", "Logs"), "Arn"]}]
        )
        if written != expected:
            found.append(f"{role} writes to {json.dumps(written)}")
    return found


def unnamed(template, role):
    """What may be started or read by who merges a plan although nobody named it."""
    found = []
    for own in as_written(template, role):
        if given(own)["Effect"] == "Deny" or all(is_own(template, one) for one in listed(given(own)["Resource"])):
            continue
        for action in listed(given(own)["Action"]):
            parameter = ONLY_IF_NAMED.get(role, {}).get(action)
            if parameter and not names(template, own, parameter, action in NAMES_NOTHING):
                found.append(f"a plan may {action} where {parameter} is empty")
    return found


def is_own(template, resource):
    """Whether a resource of a statement is one of this stack, or an execution of its machine."""
    if not isinstance(resource, dict):
        return False
    name = resource.get("Ref") or resource.get("Fn::GetAtt", [None])[0]
    machine = re.search(r":execution:\$\{(\w+)\.Name\}:\*$", resource.get("Fn::Sub", ""))
    return name in template["Resources"] or (machine is not None and machine[1] in template["Resources"])


def names(template, own, parameter, nothing):
    """Whether a statement is there only where a parameter is not empty, and for what it names."""
    condition = own.get("Fn::If", [None])[0]
    is_set = {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    resources = [json.dumps(resource) for resource in listed(given(own)["Resource"])]
    named = all(f"${{{parameter}}}" in resource for resource in resources)
    return (named or nothing) and template["Conditions"].get(condition) == is_set


def unexplained():
    """Lines of the template that give all resources without a comment right above."""
    lines = PATH.read_text().splitlines()
    stars = [number for number, line in enumerate(lines) if line.strip() == 'Resource: "*"']
    return [number + 1 for number in stars if not lines[number - 1].strip().startswith("#")], len(stars)
