"""What an installation consists of, looked up in an emulated AWS."""

import json
import re
import tomllib
from ast import literal_eval

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import aws
from infra.template import ACTIONS, FUNCTIONS, GATES, MACHINES, NAMES, ROOT, load, of_type

BAKE, CANARY, VALIDATE, REAPER = "sluice-bake", "sluice-canary", "sluice-validate", "sluice-reaper"
CHECKS, PLAN, OVERRIDE, NOTIFY = "sluice-checks", "sluice-plan", "sluice-override", "sluice-notify"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:"
OWN = "arn:aws:{}:eu-west-1:123456789012:{}"
CRATES = [name.lower() for name in NAMES]
TABLE = OWN.format("dynamodb", "table/{ClaimsTable}")


def test_every_resource_exists_but_those_of_types_that_moto_passes_over(template, stack):
    passed_over = {name for kind in aws.TYPES_PASSED_OVER for name in of_type(template, kind)}
    assert set(stack) == set(template["Resources"]) - passed_over
    assert len(passed_over) == 31


def test_moto_still_passes_over_these_properties_of_a_bucket(stack):
    s3, bucket = aws.client("s3"), {"Bucket": stack["EvidenceBucket"]}
    assert "Status" not in s3.get_bucket_versioning(**bucket)
    for read in (s3.get_public_access_block, s3.get_bucket_lifecycle_configuration, s3.get_bucket_ownership_controls):
        with pytest.raises(ClientError, match="was not found|does not exist|were not found"):
            read(**bucket)


@pytest.mark.parametrize(
    ("function", "role", "more"),
    [
        (BAKE, "BakeRole", {}),
        (CANARY, "CanaryRole", {}),
        (VALIDATE, "ValidateRole", {"SLUICE_CLAIMS_TABLE": "ClaimsTable"}),
    ],
)
def test_a_gates_function_is_as_written(stack, function, role, more):
    variables = {
        "SLUICE_EVIDENCE_BUCKET": "EvidenceBucket",
        "SLUICE_WAIVERS_TABLE": "WaiversTable",
        "SLUICE_EVENT_BUS": "EventBus",
        **more,
    }
    named = {name: stack[resource] for name, resource in variables.items()}
    own = aws.client("lambda").get_function_configuration(FunctionName=function)
    expected = {
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Timeout": 120,
        "MemorySize": 256,
        "Environment": {"Variables": {"SLUICE_SESSION_TAGS": "yes", **named}},
        "Role": role_arn(stack[role]),
        "Version": "$LATEST",
    }
    assert {key: own[key] for key in expected} == expected


def test_the_reapers_function_is_as_written_and_knows_no_bucket(stack):
    own = aws.client("lambda").get_function_configuration(FunctionName=REAPER)
    expected = ("provided.al2023", 30, 128, role_arn(stack["ReaperRole"]))
    assert tuple(own[key] for key in ("Runtime", "Timeout", "MemorySize", "Role")) == expected
    assert own["Environment"]["Variables"] == {"SLUICE_EVENT_BUS": stack["EventBus"]}


def test_sessions_are_tagged_only_where_somebody_says_so(template):
    with mock_aws():
        aws.deploy(template, SessionTags="no")
        assert "SessionTagsPolicy" not in aws.resources()
        own = aws.client("lambda").get_function_configuration(FunctionName=BAKE)
        assert own["Environment"]["Variables"]["SLUICE_SESSION_TAGS"] == "no"


def test_architecture_memory_and_concurrency_are_parameters(template):
    with mock_aws():
        aws.deploy(template, Architecture="arm64", MemorySize="512", ReservedConcurrency="7")
        for name in GATES:
            own = aws.client("lambda").get_function(FunctionName=f"sluice-{name.lower()}")
            assert own["Configuration"]["MemorySize"] == 512
            assert own["Concurrency"] == {"ReservedConcurrentExecutions": 7}
        for name in FUNCTIONS:
            assert aws.resolved(template, name)["Architectures"] == ["arm64"]


def test_moto_still_passes_over_these_properties_of_a_function(template):
    with mock_aws():
        aws.deploy(template, Architecture="arm64")
        own = aws.client("lambda").get_function_configuration(FunctionName=BAKE)
    assert own["Architectures"] == ["x86_64"]
    assert "LoggingConfig" not in own


def test_without_a_reservation_a_function_shares_the_accounts_concurrency(stack):
    assert "Concurrency" not in aws.client("lambda").get_function(FunctionName=BAKE)


def role_arn(name):
    """The ARN of a role."""
    return f"arn:aws:iam::123456789012:role/{name}"


def policies(template, name):
    """The statements of a role as IAM has them, by their ids."""
    iam, role = aws.client("iam"), aws.resources()[name]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    # moto's CloudFormation hands a role's document to its IAM as Python writes it, not as JSON.
    texts = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    documents = [literal_eval(text) if isinstance(text, str) else text for text in texts]
    # moto's CloudFormation attaches nothing.
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    documents += [aws.shared_policy(arn) for arn in aws.resolved(template, name).get("ManagedPolicyArns", [])]
    # Where a condition does not hold it leaves a null; CloudFormation leaves nothing.
    return {own["Sid"]: own for document in documents for own in document["Statement"] if own}


# What tests never start, whatever the parameters let match.
FORBIDDEN = [
    LAMBDA + "CodeDeployHook_sluice*",
    *(LAMBDA + f"sluice-{name}*" for name in ("bake", "canary", "checks", "notify", "override", "plan", "validate", "worker")),
    *(OWN.format("states", f"stateMachine:sluice-{name}*") for name in ("gate", "hook", "rollback", "stage-checks")),
]


def filled(resource, stack):
    """A resource with the names of the stack, if it is one."""
    return resource.format(**stack) if isinstance(resource, str) else resource


@pytest.mark.parametrize(
    ("role", "reads", "logs"),
    [
        ("BakeRole", {"ReadAlarmsAndMetrics": "*"}, "BakeLogs"),
        ("CanaryRole", {"ReadMetrics": "*", "ReadAliases": LAMBDA + "*"}, "CanaryLogs"),
        # Of what a plan names it may start and read nothing, because nobody named what it may.
        (
            "ValidateRole",
            {
                "ClaimBuilds": TABLE,
                "ReadCanaries": OWN.format("synthetics", "canary:*"),
                "StartNothingOfThisStack": FORBIDDEN,
            },
            "ValidateLogs",
        ),
    ],
)
def test_a_gates_role_reaches_only_its_own(template, stack, role, reads, logs):
    own = {name: statement["Resource"] for name, statement in policies(template, role).items()}
    bucket = f"arn:aws:s3:::{stack['EvidenceBucket']}"
    assert own == {
        **{name: filled(resource, stack) for name, resource in reads.items()},
        "AnswerJobs": "*",
        "ReadReleases": "arn:aws:codepipeline:eu-west-1:123456789012:*",
        "KeepRecords": f"{bucket}/begun/*",
        "KeepEvidence": f"{bucket}/evidence/*",
        "ReadPlans": f"{bucket}/plans/*",
        "ReadWaivers": OWN.format("dynamodb", f"table/{stack['WaiversTable']}"),
        "ReadMarks": OWN.format("dynamodb", f"table/{stack['ClaimsTable']}"),
        "TellAbsentFromForbidden": bucket,
        "ReadAsOthers": "arn:aws:iam::*:role/sluice/*",
        "TagSessions": "arn:aws:iam::*:role/sluice/*",
        "PublishVerdicts": OWN.format("events", "event-bus/sluice"),
        "SendToReaper": LAMBDA + REAPER,
        # On AWS this ends in `:*`, which are the group's streams.
        "WriteLogs": f"arn:aws:logs:eu-west-1:123456789012:log-group:{stack[logs]}",
    }


def test_the_reapers_role_reaches_only_its_own(template, stack):
    own = {name: statement["Resource"] for name, statement in policies(template, "ReaperRole").items()}
    queue = stack["UnansweredQueue"].rsplit("/", 1)[1]
    assert own == {
        "AnswerJobs": "*",
        "PublishVerdicts": OWN.format("events", "event-bus/sluice"),
        "SendToQueue": f"arn:aws:sqs:eu-west-1:123456789012:{queue}",
        "WriteLogs": f"arn:aws:logs:eu-west-1:123456789012:log-group:{stack['ReaperLogs']}",
    }


def test_what_gates_may_reach_are_parameters(template):
    with mock_aws():
        aws.deploy(template, PipelineNames="checkout-*", ReadRoles="role/gates/read")
        own = policies(template, "BakeRole")
    assert own["ReadReleases"]["Resource"] == "arn:aws:codepipeline:eu-west-1:123456789012:checkout-*"
    assert own["ReadAsOthers"]["Resource"] == "arn:aws:iam::*:role/gates/read"


def test_what_tests_may_start_and_read_is_what_was_named_and_nothing_else(template):
    named = {"TestProjects": "smoke-*", "TestMachines": "smoke", "TestFunctions": "smoke", "TestSecrets": "checkout/*"}
    with mock_aws():
        aws.deploy(template)
        before = set(policies(template, "ValidateRole"))
    with mock_aws():
        aws.deploy(template, **named)
        own = policies(template, "ValidateRole")
    machine, execution = OWN.format("states", "stateMachine:smoke"), OWN.format("states", "execution:smoke:*")
    assert {name: own[name]["Resource"] for name in set(own) - before} == {
        "RunBuilds": OWN.format("codebuild", "project/smoke-*"),
        "StartExecutions": [machine, machine + ":*"],
        "FollowExecutions": execution,
        "InvokeFunctions": [LAMBDA + "smoke", LAMBDA + "smoke:*"],
        "ReadSecrets": OWN.format("secretsmanager", "secret:checkout/*-??????"),
    }


NAMED = ["TestProjects", "TestMachines", "TestFunctions", "TestSecrets"]
NAMED += ["HookApplications", "DeployApplications", "RollbackMachines", "RollbackFunctions", "NotifyTopics", "NotifyBuses", "NotifySecrets"]


@pytest.mark.parametrize("parameter", NAMED)
def test_nobody_may_name_everything_for_plans(parameter):
    pattern = load()["Parameters"][parameter]["AllowedPattern"]
    assert [bool(re.fullmatch(pattern, value)) for value in ("", "smoke", "smoke-*")] == [True, True, True]
    assert [bool(re.fullmatch(pattern, value)) for value in ("*", "*smoke", "s*e", "?", "a,b")] == [False] * 5


def test_moto_still_passes_over_how_long_claims_live(stack):
    table = {"TableName": stack["ClaimsTable"]}
    lives = aws.client("dynamodb").describe_time_to_live(**table)["TimeToLiveDescription"]
    assert lives == {"TimeToLiveStatus": "DISABLED"}


def test_claims_are_found_by_their_key_paid_by_call_and_forgotten(whole):
    dynamodb, table = aws.client("dynamodb"), {"TableName": whole["ClaimsTable"]}
    own = dynamodb.describe_table(**table)["Table"]
    assert own["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert own["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    lives = dynamodb.describe_time_to_live(**table)["TimeToLiveDescription"]
    assert lives == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_only_lambda_may_take_the_functions_roles(stack):
    for name in NAMES:
        trust = aws.client("iam").get_role(RoleName=stack[f"{name}Role"])["Role"]["AssumeRolePolicyDocument"]
        assert [own["Principal"] for own in trust["Statement"]] == [{"Service": "lambda.amazonaws.com"}]


def test_logs_are_the_functions_own_and_kept_for_as_long_as_said(template, stack):
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    assert {own["logGroupName"]: own["retentionInDays"] for own in groups} == {
        **{f"/aws/lambda/sluice-{name.lower()}": 90 for name in NAMES},
        **{f"/aws/vendedlogs/states/sluice-{name}": 90 for name in MACHINES.values()},
    }
    # moto's Lambda has no logging configuration to look up.
    for name in NAMES:
        expected = {"LogFormat": "JSON", "LogGroup": stack[f"{name}Logs"]}
        assert aws.resolved(template, f"{name}Function")["LoggingConfig"] == expected


def test_the_queue_is_encrypted_and_forgets_after_an_hour(stack):
    url = stack["UnansweredQueue"]
    own = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (own["SqsManagedSseEnabled"], own["MessageRetentionPeriod"]) == ("true", "3600")


def test_the_evidence_is_encrypted(stack):
    own = aws.client("s3").get_bucket_encryption(Bucket=stack["EvidenceBucket"])
    rule = own["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_outputs_say_what_to_type_and_what_the_pipeline_needs(stack):
    own = aws.outputs()
    names = [own[f"{name}FunctionName"] for name in (*ACTIONS, "Reaper")]
    assert names == [BAKE, CANARY, VALIDATE, CHECKS, NOTIFY, REAPER]
    expected = {
        "EvidenceBucketName": stack["EvidenceBucket"],
        "EventBusName": "sluice",
        "FailureTopicArn": stack["FailureTopic"],
        "NoticesTableName": stack["NoticesTable"],
        "PlansTableName": stack["PlansTable"],
        "StageChecksMachineArn": OWN.format("states", "stateMachine:sluice-stage-checks"),
        "UndeliveredQueueUrl": stack["UndeliveredQueue"],
        "WaiversTableName": stack["WaiversTable"],
    }
    assert {name: own[name] for name in expected} == expected
    assert json.loads(own["StatementsForThePipelinesRole"]) == [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [LAMBDA + name for name in names[:-1]]},
        {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["states:DescribeStateMachine", "states:StartExecution"],
            "Resource": own["StageChecksMachineArn"],
        },
        {
            "Effect": "Allow",
            "Action": "states:DescribeExecution",
            "Resource": OWN.format("states", "execution:sluice-stage-checks:*"),
        },
    ]


def test_who_gives_waivers_may_do_so_by_the_url_alone(stack):
    url, function = json.loads(aws.outputs()["StatementsForWhoGivesWaivers"])
    assert (url["Action"], function["Action"]) == ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
    assert {url["Resource"], function["Resource"]} == {LAMBDA + OVERRIDE}
    assert url["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    assert function["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}


def test_a_gate_that_dies_goes_to_the_reaper_and_what_that_fails_on_to_the_queue(whole):
    queue = whole["UnansweredQueue"].rsplit("/", 1)[1]
    for function, retries, age, destination in (
        (BAKE, 1, 600, LAMBDA + REAPER),
        (CANARY, 1, 600, LAMBDA + REAPER),
        (VALIDATE, 1, 600, LAMBDA + REAPER),
        (CHECKS, 1, 600, LAMBDA + REAPER),
        (NOTIFY, 2, 600, LAMBDA + REAPER),
        (REAPER, 2, 300, f"arn:aws:sqs:eu-west-1:123456789012:{queue}"),
    ):
        own = aws.client("lambda").get_function_event_invoke_config(FunctionName=function)
        assert (own["MaximumRetryAttempts"], own["MaximumEventAgeInSeconds"]) == (retries, age)
        assert own["DestinationConfig"]["OnFailure"] == {"Destination": destination}


def test_the_bucket_is_closed_versioned_and_deletes_after_a_year_and_more(whole):
    s3, bucket = aws.client("s3"), {"Bucket": whole["EvidenceBucket"]}
    assert set(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    owners = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]
    assert owners == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    rules = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert [(own["ID"], own["Status"], own["Expiration"].get("Days")) for own in rules] == [
        ("delete-after-days", "Enabled", 400),
        ("tidy-up", "Enabled", None),
    ]


def test_evidence_can_be_kept_for_ever(template):
    with mock_aws():
        aws.deploy(template, EvidenceDays="0")
        rules = aws.resolved(template, "EvidenceBucket")["LifecycleConfiguration"]["Rules"]
    assert [own["Status"] for own in rules] == ["Disabled", "Enabled"]


def locked(template, **parameters):
    """The lock of the evidence bucket, taken by S3, and what S3 says of deleting an object under it."""
    with mock_aws():
        aws.deploy(template, **parameters)
        own, s3 = aws.resolved(template, "EvidenceBucket"), aws.client("s3")
        if "ObjectLockConfiguration" not in own:
            return own.get("ObjectLockEnabled"), None
        s3.create_bucket(
            Bucket="locked",
            ObjectLockEnabledForBucket=own["ObjectLockEnabled"],
            CreateBucketConfiguration={"LocationConstraint": aws.REGION},
        )
        lock = own["ObjectLockConfiguration"]
        rule = {**lock["Rule"]["DefaultRetention"], "Days": int(lock["Rule"]["DefaultRetention"]["Days"])}
        s3.put_object_lock_configuration(
            Bucket="locked", ObjectLockConfiguration={**lock, "Rule": {"DefaultRetention": rule}}
        )
        version = s3.put_object(Bucket="locked", Key="evidence", Body=b"")["VersionId"]
        with pytest.raises(ClientError) as refused:
            s3.delete_object(Bucket="locked", Key="evidence", VersionId=version)
    return rule, refused.value.response["Error"]["Code"]


def test_evidence_is_locked_for_as_long_as_it_is_kept_where_somebody_wants_that(template):
    assert locked(template) == (None, None)
    for days, kept in (("30", 30), ("0", 3650)):
        rule, refused = locked(template, EvidenceLock="COMPLIANCE", EvidenceDays=days)
        assert (rule, refused) == ({"Mode": "COMPLIANCE", "Days": kept}, "AccessDenied")


def test_bucket_and_queue_refuse_whatever_comes_without_tls(whole):
    bucket = aws.client("s3").get_bucket_policy(Bucket=whole["EvidenceBucket"])["Policy"]
    url = whole["UnansweredQueue"]
    queue = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    for policy in (bucket, queue):
        own = json.loads(policy)["Statement"][0]
        assert (own["Effect"], own["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


ROLLBACK = OWN.format("states", "stateMachine:sluice-rollback")
ALARMS = {
    "CanaryRecordLostAlarm": ("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": CANARY}),
    "ChecksRecordLostAlarm": ("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": CHECKS}),
    "NotifyRecordLostAlarm": ("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": NOTIFY}),
    "UndeliveredAlarm": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "sluice-UndeliveredQueue"}),
    "RollbackFailedAlarm": ("AWS/States", "ExecutionsFailed", {"StateMachineArn": ROLLBACK}),
    "RollbackTimedOutAlarm": ("AWS/States", "ExecutionsTimedOut", {"StateMachineArn": ROLLBACK}),
    "GateDiedAlarm": ("AWS/Lambda", "Invocations", {"FunctionName": REAPER}),
    "RecordLostAlarm": ("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": BAKE}),
    "UnansweredAlarm": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "sluice-UnansweredQueue"}),
    "ValidateRecordLostAlarm": ("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": VALIDATE}),
    "WorkerAlarm": ("AWS/Lambda", "Errors", {"FunctionName": "sluice-worker"}),
}


def test_alarms_watch_the_reaper_the_queue_lost_records_rollbacks_and_the_worker(whole):
    found = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {own["AlarmName"] for own in found} == {*ALARMS, "LooksWaitAlarm", "GateOpenAlarm"}
    for own in (own for own in found if own["AlarmName"] in ALARMS):
        namespace, metric, dimensions = ALARMS[own["AlarmName"]]
        assert (own["Namespace"], own["MetricName"], own["Threshold"]) == (namespace, metric, 0)
        for dimension in own["Dimensions"]:
            # A queue's name ends in random characters.
            assert dimension["Value"].startswith(dimensions[dimension["Name"]])
        assert own["AlarmActions"] == []


def test_one_watches_how_long_looks_wait_until_shortly_before_lambda_drops_them(whole, template):
    [waits] = aws.client("cloudwatch").describe_alarms(AlarmNames=["LooksWaitAlarm"])["MetricAlarms"]
    read = {own["Id"]: own["MetricStat"] for own in waits["Metrics"] if "MetricStat" in own}
    [shown] = (own for own in waits["Metrics"] if "Expression" in own)
    assert shown["Expression"] == f"MAX([{', '.join(read)}])"
    # Every function whose looks Lambda keeps waiting, in its own name.
    kept = of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    dropped = {json.dumps(own["Properties"]["FunctionName"]): own["Properties"]["MaximumEventAgeInSeconds"] for own in kept}
    looks = {name.capitalize() + "Function": f"sluice-{name}" for name in read}
    for function, name in looks.items():
        metric = read[name.removeprefix("sluice-")]["Metric"]
        assert (metric["MetricName"], metric["Dimensions"][0]["Value"]) == ("AsyncEventAge", name)
        assert waits["Threshold"] / 1000 < dropped[json.dumps({"Ref": function})]
    assert set(looks.values()) == {BAKE, CANARY, VALIDATE, CHECKS}


def test_one_watches_the_age_of_the_oldest_gate_by_the_metric_that_looks_write(whole, template):
    [oldest] = aws.client("cloudwatch").describe_alarms(AlarmNames=["GateOpenAlarm"])["MetricAlarms"]
    assert oldest["Threshold"] == template["Parameters"]["GateOpenHours"]["Default"] == 23
    read = {own["Id"]: own["MetricStat"]["Metric"] for own in oldest["Metrics"] if "MetricStat" in own}
    [shown] = (own for own in oldest["Metrics"] if "Expression" in own)
    assert shown["Expression"] == f"MAX([{', '.join(read)}]) / 3600"
    source = (ROOT / "shared/host/src/embedded.rs").read_text()
    [namespace, metric, by] = re.findall(r'pub\(crate\) const \w+: &str = "(\w+)";', source)
    for name, own in read.items():
        assert (own["Namespace"], own["MetricName"]) == (namespace, metric)
        assert own["Dimensions"] == [{"Name": by, "Value": f"sluice-{name}"}]
    assert {f"sluice-{name}" for name in read} == {BAKE, CANARY, VALIDATE}


def test_alarms_tell_the_topic_that_was_given(template):
    topic = "arn:aws:sns:eu-west-1:123456789012:nights"
    with mock_aws():
        aws.deploy(template, AlarmTopicArn=topic)
        for name in of_type(template, "AWS::CloudWatch::Alarm"):
            assert aws.resolved(template, name)["AlarmActions"] == [topic]


# CodeDeploy may invoke only functions whose names begin so.
NAMED_OTHERWISE = {"hook": "CodeDeployHook_sluice"}


@pytest.mark.parametrize("crate", CRATES)
def test_cargo_lambda_would_set_what_the_template_does(stack, crate):
    manifest = tomllib.loads((ROOT / "functions" / crate / "Cargo.toml").read_text())
    own = aws.client("lambda").get_function_configuration(FunctionName=NAMED_OTHERWISE.get(crate, f"sluice-{crate}"))
    deploy = manifest["package"]["metadata"]["lambda"]["deploy"]
    # Nothing else: an environment, for instance, would take the place of the stack's.
    assert deploy == {"memory": own["MemorySize"], "timeout": own["Timeout"]}


@pytest.mark.parametrize("crate", CRATES)
def test_the_code_is_the_zip_and_the_binary_of_its_crate(crate):
    manifest = tomllib.loads((ROOT / "functions" / crate / "Cargo.toml").read_text())
    [binary] = manifest["bin"]
    own = load()["Resources"][f"{crate.capitalize()}Function"]
    assert own["Metadata"]["BuildProperties"] == {"Binary": binary["name"]}
    assert own["Properties"]["CodeUri"] == f"../out/package/{binary['name']}.zip"


def test_every_function_that_is_built_is_installed():
    built = {path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml")}
    assert built <= {name.lower() for name in NAMES}


def test_two_installations_do_not_collide(template):
    names = [own["Properties"]["FunctionName"] for own in of_type(template, "AWS::Lambda::Function").values()]
    written = {NAMED_OTHERWISE.get(name, f"sluice-{name}").replace("sluice", "${AWS::StackName}") for name in CRATES}
    assert {name["Fn::Sub"] for name in names} == written and len(names) == len(CRATES)
    machines = of_type(template, "AWS::StepFunctions::StateMachine").values()
    names = [own["Properties"]["StateMachineName"] for own in machines]
    assert names == [{"Fn::Sub": f"${{AWS::StackName}}-{name}"} for name in MACHINES.values()]
    assert template["Resources"]["EventBus"]["Properties"]["Name"] == {"Ref": "AWS::StackName"}


def test_nothing_else_has_a_name_that_two_installations_would_share(template):
    named = {"BucketName", "QueueName", "RoleName", "ManagedPolicyName", "TableName", "TopicName", "AlarmName"}
    rules = [own["Properties"] for own in of_type(template, "AWS::Events::Rule").values()]
    assert all("Name" not in own for own in rules)
    assert not [name for name, own in template["Resources"].items() if named & set(own["Properties"])]
