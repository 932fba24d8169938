"""What an installation has for the checks of stages, looked up in an emulated AWS."""

import json

import pytest
from moto import mock_aws

from infra import aws, machines
from infra.template import MACHINES, definition
from infra.test_deployed import CHECKS, LAMBDA, NOTIFY, OVERRIDE, OWN, PLAN, policies, role_arn


def machine(name):
    """The ARN of a machine of the stack, by its folder."""
    return OWN.format("states", f"stateMachine:sluice-{name}")


@pytest.mark.parametrize(
    ("function", "role", "timeout", "memory", "variables"),
    [
        (
            CHECKS,
            "ChecksRole",
            120,
            256,
            {
                "SLUICE_EVIDENCE_BUCKET": "{EvidenceBucket}",
                "SLUICE_GATE_ARN": "{GateMachine}",
                "SLUICE_STAGE_CHECKS_ARN": "{StageChecksMachine}",
            },
        ),
        (
            PLAN,
            "PlanRole",
            30,
            256,
            {
                "SLUICE_CLAIMS_TABLE": "{ClaimsTable}",
                "SLUICE_EVIDENCE_BUCKET": "{EvidenceBucket}",
                "SLUICE_PLANS_TABLE": "{PlansTable}",
            },
        ),
        (
            "CodeDeployHook_sluice",
            "HookRole",
            60,
            128,
            {"SLUICE_HOOK_ARN": "{DeployHookMachine}", "SLUICE_HOOK_GROUPS": "{{}}"},
        ),
        (
            OVERRIDE,
            "OverrideRole",
            30,
            128,
            {"SLUICE_WAIVERS_TABLE": "{WaiversTable}", "SLUICE_WAIVER_HOURS_MAX": "24"},
        ),
    ],
)
def test_a_function_is_as_written(stack, function, role, timeout, memory, variables):
    own = aws.client("lambda").get_function_configuration(FunctionName=function)
    assert (own["Runtime"], own["Timeout"], own["MemorySize"]) == ("provided.al2023", timeout, memory)
    assert own["Role"] == role_arn(stack[role])
    # moto leaves a number a number; Lambda makes it a text.
    told = {name: str(value) for name, value in own["Environment"]["Variables"].items()}
    assert told == {name: value.format(**stack) for name, value in variables.items()}


def test_an_installation_may_let_waivers_end_sooner(template):
    with mock_aws():
        aws.deploy(template, WaiverHoursMax="4")
        own = aws.client("lambda").get_function_configuration(FunctionName=OVERRIDE)
    assert str(own["Environment"]["Variables"]["SLUICE_WAIVER_HOURS_MAX"]) == "4"


def reaching(template, role):
    """What a role may reach, by its statements, but for its log."""
    own = {name: statement["Resource"] for name, statement in policies(template, role).items()}
    del own["WriteLogs"]
    return own


def test_the_roles_of_checks_plan_and_override_reach_only_their_own(template, stack):
    bucket = f"arn:aws:s3:::{stack['EvidenceBucket']}"
    checks, gates = (OWN.format("states", f"execution:sluice-{name}:*") for name in ("stage-checks", "gate"))
    assert reaching(template, "ChecksRole") == {
        "AnswerJobs": "*",
        "StartChecks": machine("stage-checks"),
        "FollowChecks": [checks, gates],
        "StopChecks": checks,
        "ReadPlans": f"{bucket}/plans/*",
        "SendToReaper": LAMBDA + "sluice-reaper",
    }
    assert reaching(template, "PlanRole") == {
        "ReadPlans": OWN.format("dynamodb", f"table/{stack['PlansTable']}"),
        "KeepPlans": f"{bucket}/plans/*",
        "TellAbsentFromForbidden": bucket,
    }
    assert reaching(template, "OverrideRole") == {
        "ReadReleases": OWN.format("codepipeline", "*"),
        "WriteWaivers": OWN.format("dynamodb", f"table/{stack['WaiversTable']}"),
    }


def test_the_machines_roles_reach_only_their_own(template, stack):
    told = {"TellPeople": LAMBDA + NOTIFY, "TellTopic": stack["FailureTopic"]}
    claims, bus = OWN.format("dynamodb", f"table/{stack['ClaimsTable']}"), OWN.format("events", "event-bus/sluice")
    assert reaching(template, "StageChecksRole") == told | {
        "LoadPlan": LAMBDA + PLAN,
        "StartGatesAndRollbacks": [machine("gate"), machine("rollback")],
        "FollowGates": OWN.format("states", "execution:sluice-gate:*"),
        "ReadRollbacks": OWN.format("states", "execution:sluice-rollback:*"),
        "BeToldOfEnds": OWN.format("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"),
        "WriteMarksAndOrders": claims,
        "PublishVerdicts": bus,
    }
    gates = [LAMBDA + f"sluice-{name}" for name in ("bake", "canary", "validate")]
    assert reaching(template, "GateRole") == {"LookAtGate": gates}
    assert reaching(template, "RollbackRole") == told | {
        "ReadReleases": OWN.format("codepipeline", "*"),
        "RollStagesBack": OWN.format("codepipeline", "*/*"),
        "ReadOrders": claims,
        "PublishRollbacks": bus,
    }


def test_what_rolls_back_is_what_was_named_and_nothing_else(template):
    named = {"DeployApplications": "checkout", "RollbackMachines": "undo", "RollbackFunctions": "undo-*"}
    roles = ("StageChecksRole", "RollbackRole")
    with mock_aws():
        aws.deploy(template)
        before = {role: set(policies(template, role)) for role in roles}
    with mock_aws():
        aws.deploy(template, **named)
        after = {role: reaching(template, role) for role in roles}
    undo = OWN.format("states", "stateMachine:undo")
    more = {name: own for role in roles for name, own in after[role].items() if name not in before[role]}
    assert more == {
        "StartRollbacksOfOthers": [undo, undo + ":*"],
        "InvokeRollbacksOfOthers": [LAMBDA + "undo-*", LAMBDA + "undo-*:*"],
        "DeployAnew": OWN.format("codedeploy", "deploymentgroup:checkout/*"),
        "DeployRevisions": OWN.format("codedeploy", "application:checkout"),
        "DeployAsConfigured": OWN.format("codedeploy", "deploymentconfig:*"),
        "StopDeployments": "*",
    }


def test_what_asks_gates_by_hooks_is_what_was_named_and_nothing_else(template, stack):
    gates = OWN.format("states", "execution:sluice-gate:*")
    told = OWN.format("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")
    before = {"LoadPlan": LAMBDA + PLAN, "StartGates": machine("gate"), "FollowGates": gates, "BeToldOfEnds": told}
    assert reaching(template, "HookRole") == {"StartHooks": machine("hook")}
    assert reaching(template, "DeployHookRole") == before


def test_only_the_named_applications_are_read_and_answered(template):
    with mock_aws():
        aws.deploy(template, HookApplications="shop-*")
        own = OWN.format("codedeploy", "deploymentgroup:shop-*/*")
        assert reaching(template, "HookRole")["ReadAndAnswerDeployments"] == own
        assert reaching(template, "DeployHookRole")["AnswerHooks"] == own


def test_only_step_functions_in_this_account_may_take_the_machines_roles(stack):
    for name in MACHINES:
        trust = aws.client("iam").get_role(RoleName=stack[f"{name}Role"])["Role"]["AssumeRolePolicyDocument"]
        [own] = trust["Statement"]
        assert own["Principal"] == {"Service": "states.amazonaws.com"}
        assert own["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_its_file_filled_in(stack, name):
    own = aws.client("stepfunctions").describe_state_machine(stateMachineArn=stack[f"{name}Machine"])
    assert own["roleArn"] == role_arn(stack[f"{name}Role"])
    states = machines.states(own["definition"])
    assert set(states) == set(machines.states(definition(name)))
    # A reference that moto cannot resolve stays, or becomes the text of a Python object.
    assert not machines.substituted(own["definition"]) and "moto." not in own["definition"]


def test_a_machine_calls_what_this_stack_installed(stack):
    def asked(name, state):
        own = aws.client("stepfunctions").describe_state_machine(stateMachineArn=stack[f"{name}Machine"])
        return json.dumps(machines.states(own["definition"])[state])

    for name, state, expected in (
        ("StageChecks", "LoadPlan", LAMBDA + PLAN),
        ("StageChecks", "RunGate", machine("gate")),
        ("StageChecks", "StartRollback", machine("rollback")),
        ("StageChecks", "PublishVerdict", '"EventBusName": "sluice"'),
        ("StageChecks", "TellPeople", LAMBDA + NOTIFY),
        ("StageChecks", "TellTopic", stack["FailureTopic"]),
        ("StageChecks", "WriteRollbackOrder", stack["ClaimsTable"]),
        ("Rollback", "TellPeople", LAMBDA + NOTIFY),
        ("Rollback", "TellTopic", stack["FailureTopic"]),
        ("Rollback", "ReadOrder", stack["ClaimsTable"]),
        ("DeployHook", "LoadPlan", LAMBDA + PLAN),
        ("DeployHook", "AskGate", machine("gate")),
    ):
        assert expected in asked(name, state)


def test_plans_and_waivers_are_found_by_their_keys_and_can_be_brought_back(whole):
    dynamodb = aws.client("dynamodb")
    for name, keys in (("PlansTable", ["scope", "version"]), ("WaiversTable", ["release", "gate"])):
        own = dynamodb.describe_table(TableName=whole[name])["Table"]
        assert [key["AttributeName"] for key in own["KeySchema"]] == keys
        assert own["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        backups = dynamodb.describe_continuous_backups(TableName=whole[name])["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    lives = [
        dynamodb.describe_time_to_live(TableName=whole[name])["TimeToLiveDescription"]
        for name in ("PlansTable", "WaiversTable")
    ]
    assert [own.get("AttributeName") for own in lives] == [None, "expires"]


def test_nobody_but_the_function_writes_waivers(whole):
    dynamodb = aws.client("dynamodb")
    arn = dynamodb.describe_table(TableName=whole["WaiversTable"])["Table"]["TableArn"]
    [own] = json.loads(dynamodb.get_resource_policy(ResourceArn=arn)["Policy"])["Statement"]
    assert (own["Effect"], own["Principal"]) == ("Deny", "*")
    assert own["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role_arn(whole["OverrideRole"])}}
    assert "dynamodb:Query" not in own["Action"]


def test_waivers_are_asked_for_behind_iam(whole):
    own = aws.client("lambda").get_function_url_config(FunctionName=OVERRIDE)
    assert own["AuthType"] == "AWS_IAM"


def rule_to(target):
    """The only rule of the account's own bus that has this target."""
    events = aws.client("events")
    [name] = events.list_rule_names_by_target(TargetArn=target)["RuleNames"]
    return events.describe_rule(Name=name)


def test_people_are_told_of_ends_that_no_state_sees(stack):
    events = aws.client("events")
    rule = rule_to(stack["FailureTopic"])
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == stack["FailureTopic"]
    timed_out, aborted, failed = json.loads(rule["EventPattern"])["detail"]["$or"]
    assert timed_out == {"status": ["TIMED_OUT"], "stateMachineArn": [machine(name) for name in MACHINES.values()]}
    assert aborted == {"status": ["ABORTED"], "stateMachineArn": [machine(name) for name in ("stage-checks", "rollback", "hook")]}
    assert failed["status"] == ["FAILED"]


def test_what_people_are_told_is_one_text(stack):
    events = aws.client("events")
    rule = rule_to(stack["FailureTopic"])
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    given = {
        "execution": "arn:aws:states:eu-west-1:123456789012:execution:sluice-gate:x",
        "status": "TIMED_OUT",
        "time": "noon",
    }
    assert set(target["InputTransformer"]["InputPathsMap"]) == set(given)
    text = target["InputTransformer"]["InputTemplate"]
    for name, value in given.items():
        text = text.replace(f"<{name}>", value)
    # What is not JSON, EventBridge refuses.
    assert json.loads(text).endswith(f"--execution-arn {given['execution']}")
    assert "<" not in text and "\n" not in text


def test_the_topic_takes_only_what_the_account_and_the_rule_say(whole):
    policy = aws.client("sns").get_topic_attributes(TopicArn=whole["FailureTopic"])["Attributes"]["Policy"]
    rule, tls = json.loads(policy)["Statement"]
    own = rule_to(whole["FailureTopic"])
    assert (rule["Principal"], rule["Condition"]) == (
        {"Service": "events.amazonaws.com"},
        {"ArnEquals": {"aws:SourceArn": own["Arn"]}},
    )
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_an_address_is_told_if_one_is_given(template):
    own = template["Resources"]["FailureSubscription"]
    assert template["Conditions"][own["Condition"]] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "FailureEmail"}, ""]}]}
    with mock_aws():
        aws.deploy(template, FailureEmail="nights@example.com")
        topic = aws.resources()["FailureTopic"]
        aws.client("sns").subscribe(**aws.resolved(template, "FailureSubscription"))
        [told] = aws.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (told["Protocol"], told["Endpoint"]) == ("email", "nights@example.com")


def test_the_bus_is_the_stacks_own(stack):
    names = [own["Name"] for own in aws.client("events").list_event_buses()["EventBuses"]]
    assert sorted(names) == ["default", "sluice"]
