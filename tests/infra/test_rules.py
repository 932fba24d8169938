"""The template keeps every rule, and every rule is seen red."""

import pytest

from infra import keeping, rights, telling, timing, working
from infra.template import translated


def resource(name):
    """A resource of a template that is being doctored."""
    return lambda template: template["Resources"][name]


def settings(name, **changes):
    """Sets properties of a resource; `None` takes one away."""

    def change(template):
        own = template["Resources"][name]["Properties"]
        for key, value in changes.items():
            if value is None:
                del own[key]
            else:
                own[key] = value

    return change


def invoke(name, **changes):
    """Sets parts of a function's event invoke configuration."""
    return lambda template: resource(name)(template)["Properties"].setdefault("EventInvokeConfig", {}).update(changes)


def unsaid(key):
    """Takes a part of every event invoke configuration away."""

    def change(template):
        for own in template["Resources"].values():
            own["Properties"].get("EventInvokeConfig", {}).pop(key, None)

    return change


def of_event(function, name, **changes):
    """Changes what has a function invoked."""
    return lambda template: resource(function)(template)["Properties"]["Events"][name]["Properties"].update(changes)


def without(name):
    """Takes a resource away."""
    return lambda template: template["Resources"].pop(name)


def statement(role, **changes):
    """Changes the first statement of a role."""
    return lambda template: rights.statements(template, role)[0].update(changes)


def of_statement(sid, role="ValidateRole", **changes):
    """Changes a statement of a role, of that which runs tests if none is named."""

    def change(template):
        own = rights.statements(template, role)
        next(statement for statement in own if statement["Sid"] == sid).update(changes)

    return change


def without_statement(role, sid):
    """Takes a statement of a role away."""

    def change(template):
        [policy] = template["Resources"][role]["Properties"]["Policies"]
        document = policy["PolicyDocument"]
        document["Statement"] = [own for own in document["Statement"] if rights.given(own)["Sid"] != sid]

    return change


def unconditional(sid, role="ValidateRole"):
    """Gives what that statement allows also where nobody named anything."""

    def change(template):
        [policy] = template["Resources"][role]["Properties"]["Policies"]
        document = policy["PolicyDocument"]
        document["Statement"] = [
            rights.given(own) if rights.given(own)["Sid"] == sid else own for own in document["Statement"]
        ]

    return change


def of_table(**changes):
    """Changes the policy of the table of waivers."""

    def change(template):
        own = template["Resources"]["WaiversTable"]["Properties"]["ResourcePolicy"]
        own["PolicyDocument"]["Statement"][0].update(changes)

    return change


def of_topic(**changes):
    """Changes who else may publish to the topic."""

    def change(template):
        template["Resources"]["FailureTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"][0].update(changes)

    return change


def of_rule(number, **changes):
    """Changes a part of the rule on ends of executions."""

    def change(template):
        template["Resources"]["UnseenEndRule"]["Properties"]["EventPattern"]["detail"]["$or"][number].update(changes)

    return change


def configured(template, function, qualifier):
    """Configures one more qualifier of a function as its alias is."""
    own = template["Resources"][f"{function}EventInvokeConfig"]
    template["Resources"]["Another"] = {**own, "Properties": {**own["Properties"], "Qualifier": qualifier}}


RULES = [
    timing.problems,
    timing.destination_problems,
    timing.waiting_problems,
    rights.problems,
    keeping.problems,
    telling.problems,
    working.problems,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.__module__}.{rule.__name__}")
def test_the_template_keeps_the_rule(rule):
    assert rule(translated()) == []


RED = [
    (timing.problems, settings("BakeFunction", Timeout=900), "a gate that dies at every attempt is dead after 1860 s"),
    (timing.problems, settings("BakeFunction", Timeout=300), "a gate that waits and dies is dead after 900 s"),
    (timing.problems, invoke("BakeFunction", MaximumRetryAttempts=2), "2 retries of a gate"),
    (timing.problems, invoke("BakeFunction", MaximumEventAgeInSeconds=21600), "events of a gate may be 21600 s old"),
    (
        timing.problems,
        settings("CanaryFunction", Timeout=900),
        "a gate that dies at every attempt is dead after 1860 s",
    ),
    (timing.problems, invoke("CanaryFunction", MaximumRetryAttempts=2), "2 retries of a gate"),
    (timing.problems, unsaid("MaximumRetryAttempts"), "2 retries of a gate"),
    (timing.problems, unsaid("MaximumEventAgeInSeconds"), "events of a gate may be 21600 s old"),
    (timing.problems, unsaid("MaximumEventAgeInSeconds"), "the reaper may answer after 43350 s"),
    (timing.problems, invoke("ReaperFunction", MaximumEventAgeInSeconds=600), "the reaper may answer after 1350 s"),
    (timing.problems, settings("ReaperFunction", Timeout=120), "the reaper may answer after 1260 s"),
    (
        timing.problems,
        settings("BakeFunction", EventInvokeConfig=None),
        "a function has no event invoke configuration",
    ),
    (
        timing.destination_problems,
        unsaid("DestinationConfig"),
        "BakeFunction as $LATEST does not go to ReaperFunction when it fails",
    ),
    (
        timing.destination_problems,
        settings("CanaryFunction", AutoPublishAlias="live"),
        "CanaryFunction as $LATEST does not go to ReaperFunction when it fails",
    ),
    (
        timing.destination_problems,
        unsaid("DestinationConfig"),
        "ReaperFunction as $LATEST does not go to UnansweredQueue when it fails",
    ),
    (
        timing.destination_problems,
        settings("BakeFunction", AutoPublishAlias="live"),
        "BakeFunction as $LATEST does not go to ReaperFunction when it fails",
    ),
    (
        rights.problems,
        settings("BakeFunction", Role=None),
        "roles ['BakeFunctionRole', 'BakeRole', 'CanaryRole', 'ChecksRole', 'DeployHookRole', 'GateRole', 'HookRole', "
        "'NotifyRole', 'OverrideRole', 'PlanRole', 'ReaperRole', 'RollbackRole', 'StageChecksRole', 'ValidateRole', "
        "'WorkerRole']",
    ),
    (
        timing.problems,
        settings("ValidateFunction", Timeout=900),
        "a gate that dies at every attempt is dead after 1860 s",
    ),
    (
        timing.destination_problems,
        settings("ValidateFunction", AutoPublishAlias="live"),
        "ValidateFunction as $LATEST does not go to ReaperFunction when it fails",
    ),
    (keeping.problems, without("ValidateRecordLostAlarm"), "nobody is told of lost records of ValidateFunction"),
    (keeping.problems, settings("ClaimsTable", TimeToLiveSpecification=None), "claims are kept for ever"),
    (keeping.problems, settings("ClaimsTable", BillingMode=None), "claims are refused where there are many"),
    (
        keeping.problems,
        settings("ClaimsTable", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}]),
        "claims are not found by their key",
    ),
    (rights.problems, unconditional("RunBuilds"), "a plan may codebuild:StartBuild where TestProjects is empty"),
    (rights.problems, unconditional("StartExecutions"), "a plan may states:StartExecution where TestMachines is empty"),
    (
        rights.problems,
        unconditional("InvokeFunctions"),
        "a plan may lambda:InvokeFunction where TestFunctions is empty",
    ),
    (
        rights.problems,
        unconditional("ReadSecrets"),
        "a plan may secretsmanager:GetSecretValue where TestSecrets is empty",
    ),
    (
        rights.problems,
        lambda template: template["Conditions"].update(StartsBuilds=template["Conditions"]["StartsExecutions"]),
        "a plan may codebuild:StartBuild where TestProjects is empty",
    ),
    (
        rights.problems,
        of_statement("RunBuilds", Resource={"Fn::Sub": "arn:aws:codebuild:eu-west-1:111122223333:project/*"}),
        "a plan may codebuild:StartBuild where TestProjects is empty",
    ),
    (rights.problems, settings("CanaryRole", ManagedPolicyArns=None), "CanaryRole has a policy of others"),
    (rights.problems, settings("ReaperRole", ManagedPolicyArns=[rights.SHARED]), "ReaperRole has a policy of others"),
    (rights.problems, statement("CanaryRole", Action="cloudwatch:*"), "CanaryRole may cloudwatch:*"),
    (keeping.problems, without("CanaryRecordLostAlarm"), "nobody is told of lost records of CanaryFunction"),
    (keeping.problems, settings("RecordLostAlarm", Threshold=5), "nobody is told of lost records of BakeFunction"),
    (rights.problems, statement("BakeRole", Action="cloudwatch:*"), "BakeRole may cloudwatch:*"),
    (
        rights.problems,
        statement("ReaperRole", Action="codepipeline:StopPipelineExecution"),
        "codepipeline:StopPipelineExecution is for all resources in the template or in the list of reasons, not in both",
    ),
    (
        rights.problems,
        statement("BakeRole", Resource="arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-*"),
        "cloudwatch:DescribeAlarms is for all resources in the template or in the list of reasons, not in both",
    ),
    (
        rights.problems,
        settings("ReaperRole", ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
        "ReaperRole has a policy of others",
    ),
    (
        rights.problems,
        lambda template: rights.statements(template, "ReaperRole")[-1].update(Resource="arn:aws:logs:*:*:*"),
        'ReaperRole writes to ["arn:aws:logs:*:*:*"]',
    ),
    (
        rights.problems,
        statement("BakeRole", Effect="Deny"),
        "BakeRole has a statement that does not say what it allows",
    ),
    (keeping.problems, settings("EvidenceBucket", BucketEncryption=None), "the evidence is not encrypted"),
    (
        keeping.problems,
        lambda template: resource("EvidenceBucket")(template)["Properties"]["PublicAccessBlockConfiguration"].update(
            BlockPublicPolicy=False
        ),
        "the bucket lacks BlockPublicPolicy",
    ),
    (keeping.problems, settings("EvidenceBucket", VersioningConfiguration=None), "overwritten evidence is lost"),
    (keeping.problems, without("EvidenceBucketPolicy"), "the bucket takes calls without TLS"),
    (
        keeping.problems,
        lambda template: resource("EvidenceBucket")(template).pop("DeletionPolicy"),
        "the evidence goes with the stack",
    ),
    (keeping.problems, settings("UnansweredQueue", SqsManagedSseEnabled=None), "UnansweredQueue is not encrypted"),
    (
        keeping.problems,
        settings("UnansweredQueue", MessageRetentionPeriod=None),
        "UnansweredQueue keeps messages for another time than it should",
    ),
    (keeping.problems, without("UnansweredQueuePolicy"), "UnansweredQueue takes calls without TLS"),
    (keeping.problems, without("UnansweredAlarm"), "nobody is told of messages in UnansweredQueue"),
    (keeping.problems, settings("UnansweredAlarm", Threshold=5), "nobody is told of messages in UnansweredQueue"),
    (keeping.problems, settings("ReaperLogs", RetentionInDays=None), "ReaperLogs are kept for ever"),
    (
        timing.problems,
        settings("ChecksFunction", Timeout=900),
        "a gate that dies at every attempt is dead after 1860 s",
    ),
    (
        timing.destination_problems,
        settings("ChecksFunction", AutoPublishAlias="live"),
        "ChecksFunction as $LATEST does not go to ReaperFunction when it fails",
    ),
    (
        timing.waiting_problems,
        settings("PlanFunction", EventInvokeConfig={"MaximumRetryAttempts": 1}),
        "PlanFunction is retried by Lambda, too",
    ),
    (keeping.problems, without("ChecksRecordLostAlarm"), "nobody is told of lost records of ChecksFunction"),
    (
        rights.problems,
        unconditional("StartRollbacksOfOthers", "StageChecksRole"),
        "a plan may states:StartExecution where RollbackMachines is empty",
    ),
    (
        rights.problems,
        unconditional("InvokeRollbacksOfOthers", "StageChecksRole"),
        "a plan may lambda:InvokeFunction where RollbackFunctions is empty",
    ),
    (
        rights.problems,
        unconditional("DeployAnew", "RollbackRole"),
        "a plan may codedeploy:CreateDeployment where DeployApplications is empty",
    ),
    (
        rights.problems,
        unconditional("AnswerHooks", "DeployHookRole"),
        "a plan may codedeploy:PutLifecycleEventHookExecutionStatus where HookApplications is empty",
    ),
    (
        rights.problems,
        unconditional("StopDeployments", "RollbackRole"),
        "a plan may codedeploy:StopDeployment where DeployApplications is empty",
    ),
    (
        rights.problems,
        of_statement(
            "LoadPlan", "StageChecksRole", Resource={"Fn::Sub": "arn:aws:lambda:eu-west-1:111122223333:function:*"}
        ),
        "a plan may lambda:InvokeFunction where RollbackFunctions is empty",
    ),
    (
        rights.problems,
        of_statement("StartNothingOfThisStack", Effect="Allow"),
        "ValidateRole has a statement that does not say what it allows",
    ),
    (
        rights.problems,
        without_statement("ValidateRole", "StartNothingOfThisStack"),
        "a test may lambda:InvokeFunction on function:${AWS::StackName}-override*",
    ),
    (
        rights.problems,
        without_statement("ValidateRole", "StartNothingOfThisStack"),
        "a test may states:StartExecution on stateMachine:${AWS::StackName}-rollback*",
    ),
    (
        rights.problems,
        lambda template: rights.statements(template, "StageChecksRole")[0].update(Action="lambda:*"),
        "StageChecksRole may lambda:*",
    ),
    (
        rights.problems,
        lambda template: rights.statements(template, "OverrideRole")[-1].update(Action="dynamodb:*"),
        "OverrideRole may dynamodb:*",
    ),
    (rights.problems, settings("PlanRole", ManagedPolicyArns=[rights.SHARED]), "PlanRole has a policy of others"),
    (
        keeping.problems,
        settings("PlansTable", PointInTimeRecoverySpecification=None),
        "what somebody deletes from PlansTable is lost",
    ),
    (keeping.problems, settings("PlansTable", BillingMode=None), "PlansTable refuses calls where there are many"),
    (
        keeping.problems,
        settings("PlansTable", TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True}),
        "plans are forgotten",
    ),
    (
        keeping.problems,
        settings("PlansTable", KeySchema=[{"AttributeName": "scope", "KeyType": "HASH"}]),
        "items of PlansTable are not found by their keys",
    ),
    (
        keeping.problems,
        lambda template: resource("PlansTable")(template).pop("UpdateReplacePolicy"),
        "PlansTable goes with the stack",
    ),
    (
        keeping.problems,
        lambda template: resource("WaiversTable")(template).pop("DeletionPolicy"),
        "WaiversTable goes with the stack",
    ),
    (keeping.problems, settings("WaiversTable", TimeToLiveSpecification=None), "waivers are kept for ever"),
    (keeping.problems, settings("WaiversTable", ResourcePolicy=None), "others may dynamodb:PutItem waivers"),
    (keeping.problems, of_table(Condition={}), "others may dynamodb:UpdateItem waivers"),
    (keeping.problems, of_table(Principal={"AWS": "111122223333"}), "others may dynamodb:DeleteItem waivers"),
    (keeping.problems, of_table(Action=["dynamodb:PutItem"]), "others may dynamodb:PartiQLUpdate waivers"),
    (keeping.problems, of_table(Effect="Allow"), "others are let in to the waivers"),
    (telling.problems, without("FailureTopicPolicy"), "the topic takes messages without TLS"),
    (
        telling.problems,
        settings("FailureTopic", KmsMasterKeyId="alias/aws/sns"),
        "EventBridge may not use the topic's key",
    ),
    (
        telling.problems,
        of_topic(Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        "the topic takes messages of others",
    ),
    (telling.problems, of_topic(Principal="*"), "the topic takes messages of others"),
    (telling.problems, without("UnseenEndRule"), "StageChecks may end as TIMED_OUT without a word"),
    (telling.problems, of_rule(0, status=["SUCCEEDED"]), "Gate may end as TIMED_OUT without a word"),
    (
        telling.problems,
        of_rule(1, stateMachineArn=[{"Ref": "RollbackMachine"}]),
        "StageChecks may end as ABORTED without a word",
    ),
    (telling.problems, of_rule(2, error=["States.Runtime"]), "Rollback may fail without a word, or is told twice"),
    (telling.problems, without("RollbackFailedAlarm"), "nobody is told of ExecutionsFailed of rollbacks"),
    (
        telling.problems,
        settings("RollbackTimedOutAlarm", Threshold=5),
        "nobody is told of ExecutionsTimedOut of rollbacks",
    ),
    (telling.problems, settings("EventBus", Name="releases"), "two installations would share the bus"),
    (
        telling.problems,
        settings("OverrideFunction", FunctionUrlConfig={"AuthType": "NONE"}),
        "anybody may ask for a waiver",
    ),
]


@pytest.mark.parametrize(("rule", "change", "expected"), RED, ids=[expected for _, _, expected in RED])
def test_a_template_that_breaks_the_rule_is_red(rule, change, expected):
    assert expected in rule(translated(change))


def test_an_alias_is_fine_where_both_ways_to_call_have_the_destination():
    template = translated(settings("BakeFunction", AutoPublishAlias="live"))
    configured(template, "BakeFunction", "$LATEST")
    assert timing.destination_problems(template) == []
