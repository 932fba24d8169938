"""Deploys the template into moto's CloudFormation and looks up what came of it.

moto passes over types and properties that it does not know, and says CREATE_COMPLETE. So what it passes over is named
here, and a change of that is red. Of those types the properties that CloudFormation would use, references resolved, are
put through the service's own API instead (`by_hand`): boto3 then holds them to AWS's model, and they can be read back.
"""

import copy
import io
import json
import zipfile
from functools import cache

import boto3
from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json
from moto.core import DEFAULT_ACCOUNT_ID
from moto.events.models import EventBus

from infra.template import CODE_BUCKET, FUNCTIONS, MACHINES, REGION, definition, of_type, properties

STACK = "sluice"
NO_URL = "https://example.invalid/"

# Whole types; the properties, of buckets, functions and tables, are named by the tests that look for them.
TYPES_PASSED_OVER = {
    "AWS::CloudWatch::Alarm",
    "AWS::CodePipeline::CustomActionType",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Url",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
TABLES = ("ClaimsTable", "LeasesTable", "NoticesTable", "PlansTable", "WaiversTable")

# moto gives a bus no id, so that whatever names it would be given a Python object in its place.
EventBus.physical_resource_id = property(lambda own: own.name, lambda own, value: None)


@cache
def client(service):
    """A client of a service."""
    return boto3.client(service, region_name=REGION)


def deploy(template, **parameters):
    """Creates the stack, with all that the template can have where no parameter says otherwise."""
    parameters = {"CustomActions": "create", "SessionTags": "yes"} | parameters
    put_code()
    client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(defined(template)),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )


def defined(template):
    """The template with the machines' definitions in it, filled in.

    moto reads no definition from a bucket and fills in nothing. The references are resolved by moto, as all others of
    the template are. An output that is the address of a function would end it, because it knows no addresses.
    """
    template = copy.deepcopy(template)
    for name in MACHINES:
        own = template["Resources"][f"{name}Machine"]["Properties"]
        del own["DefinitionS3Location"]
        own["DefinitionString"] = {"Fn::Sub": [definition(name), own.pop("DefinitionSubstitutions")]}
    template["Outputs"]["OverrideUrl"]["Value"] = NO_URL
    return template


def put_code():
    """Puts zips where the translated template looks for them."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("bootstrap", "")
    client("s3").create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in FUNCTIONS:
        client("s3").put_object(Bucket=CODE_BUCKET, Key=f"{name}.zip", Body=body.getvalue())


def resources():
    """The physical ids of what was created, by logical id. What moto passed over has none, and a permission its logical."""
    found = client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    created = [own for own in found if "LogicalResourceId" in own]
    return {own["LogicalResourceId"]: own.get("PhysicalResourceId", own["LogicalResourceId"]) for own in created}


def outputs():
    """The stack's outputs."""
    stack = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {own["OutputKey"]: own["OutputValue"] for own in stack["Outputs"]}


def resolved(template, name):
    """The properties of a resource with its references resolved by moto."""
    stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
    stack = next(own for own in stacks if own.name == STACK)
    return clean_json(properties(template, name), stack.resource_map)


def by_hand(template):
    """Puts what CloudFormation passed over, by each service's own API."""
    for name in of_type(template, "AWS::Lambda::EventInvokeConfig"):
        client("lambda").put_function_event_invoke_config(**resolved(template, name))
    for name in of_type(template, "AWS::CloudWatch::Alarm"):
        client("cloudwatch").put_metric_alarm(AlarmName=name, **resolved(template, name))
    put_bucket(resolved(template, "EvidenceBucket"))
    for name in TABLES:
        put_table(resources()[name], resolved(template, name))
    for name in of_type(template, "AWS::Lambda::Url"):
        own = resolved(template, name)
        client("lambda").create_function_url_config(FunctionName=own["TargetFunctionArn"], AuthType=own["AuthType"])
    for name in of_type(template, "AWS::SNS::TopicPolicy"):
        own = resolved(template, name)
        for topic in own["Topics"]:
            policy = json.dumps(own["PolicyDocument"])
            client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    for name in of_type(template, "AWS::S3::BucketPolicy"):
        own = resolved(template, name)
        client("s3").put_bucket_policy(Bucket=own["Bucket"], Policy=json.dumps(own["PolicyDocument"]))
    for name in of_type(template, "AWS::SQS::QueuePolicy"):
        own = resolved(template, name)
        for queue in own["Queues"]:
            policy = {"Policy": json.dumps(own["PolicyDocument"])}
            client("sqs").set_queue_attributes(QueueUrl=queue, Attributes=policy)


def put_table(table, settings):
    """Puts a table's settings that CloudFormation passed over."""
    dynamodb = client("dynamodb")
    if lives := settings.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=lives)
    if recovery := settings.get("PointInTimeRecoverySpecification"):
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    if policy := settings.get("ResourcePolicy"):
        arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
        dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(policy["PolicyDocument"]))


def put_bucket(settings):
    """Puts the bucket's settings that CloudFormation passed over."""
    s3, bucket = client("s3"), resources()["EvidenceBucket"]
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings["PublicAccessBlockConfiguration"])
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=settings["VersioningConfiguration"])
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=settings["OwnershipControls"])
    rules = [rule(own) for own in settings["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def rule(own):
    """A lifecycle rule of CloudFormation in the words of S3, which differ."""
    days, marker = own.get("ExpirationInDays"), own.get("ExpiredObjectDeleteMarker")
    expiration = {"Days": days} if days else {"ExpiredObjectDeleteMarker": marker}
    kept = ("Status", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
    return {"ID": own["Id"], "Filter": {"Prefix": ""}, "Expiration": expiration} | {
        key: own[key] for key in kept if key in own
    }


def facts():
    """What can be looked up of a stack that differs between two only if their templates do."""
    own, iam = resources(), client("iam")
    function = client("lambda").get_function_configuration
    queue = client("sqs").get_queue_attributes(QueueUrl=own["UnansweredQueue"], AttributeNames=["All"])["Attributes"]
    read = {
        "gate": looked_at(own["BakeFunction"]),
        "canary": looked_at(own["CanaryFunction"]),
        "tests": looked_at(own["ValidateFunction"]),
        "reaper": [function(FunctionName=own["ReaperFunction"]).get(key) for key in ("Timeout", "Runtime")],
        "gate's rights": iam.get_role_policy(RoleName=own["BakeRole"], PolicyName="gate")["PolicyDocument"],
        "canary's rights": iam.get_role_policy(RoleName=own["CanaryRole"], PolicyName="gate")["PolicyDocument"],
        "tests' rights": iam.get_role_policy(RoleName=own["ValidateRole"], PolicyName="gate")["PolicyDocument"],
        "checks": looked_at(own["ChecksFunction"]),
        "checks' rights": iam.get_role_policy(RoleName=own["ChecksRole"], PolicyName="checks")["PolicyDocument"],
        "hook": looked_at(own["HookFunction"]),
        "hook's rights": iam.get_role_policy(RoleName=own["HookRole"], PolicyName="hook")["PolicyDocument"],
        "plan": looked_at(own["PlanFunction"]),
        "plan's rights": iam.get_role_policy(RoleName=own["PlanRole"], PolicyName="plan")["PolicyDocument"],
        "override": looked_at(own["OverrideFunction"]),
        "override's rights": iam.get_role_policy(RoleName=own["OverrideRole"], PolicyName="waivers")["PolicyDocument"],
        "notify": looked_at(own["NotifyFunction"]),
        "notify's rights": iam.get_role_policy(RoleName=own["NotifyRole"], PolicyName="notify")["PolicyDocument"],
        "worker": looked_at(own["WorkerFunction"]),
        "worker's rights": iam.get_role_policy(RoleName=own["WorkerRole"], PolicyName="worker")["PolicyDocument"],
        "worker's schedule": rule_of(own["WorkerFunctionEachMinute"]),
        "worker's events": rule_of(own["WorkerFunctionStarted"]),
        "leases": table(own["LeasesTable"]),
        "claims": table(own["ClaimsTable"]),
        "notices": table(own["NoticesTable"]),
        "plans": table(own["PlansTable"]),
        "waivers": table(own["WaiversTable"]),
        **{name: machine(own[f"{name}Machine"]) for name in MACHINES},
        **{f"{name}'s rights": machines_rights(own, name) for name in MACHINES},
        "rule": rule_of(own["UnseenEndRule"]),
        "all gates' rights": shared_policy(own["GatePolicy"]),
        "reaper's rights": iam.get_role_policy(RoleName=own["ReaperRole"], PolicyName="reaper")["PolicyDocument"],
        "queue": [queue.get(key) for key in ("SqsManagedSseEnabled", "MessageRetentionPeriod")],
        "logs": [group.get("retentionInDays") for group in client("logs").describe_log_groups()["logGroups"]],
        "encryption": encryption(own["EvidenceBucket"]),
        "outputs": outputs(),
    }
    return {name: same_names(str(value), own) for name, value in read.items()}


def looked_at(name):
    """What is compared of a gate's function."""
    own = client("lambda").get_function_configuration(FunctionName=name)
    return [own.get(key) for key in ("Timeout", "Runtime", "Environment")]


def table(name):
    """What is compared of a table."""
    own, read = client("dynamodb").describe_table(TableName=name)["Table"], ("KeySchema", "BillingModeSummary")
    return [own.get(key) for key in read]


def machine(arn):
    """What is compared of a state machine."""
    own = client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return [own[key] for key in ("definition", "roleArn")]


def machines_rights(own, name):
    """What a machine may do."""
    return client("iam").get_role_policy(RoleName=own[f"{name}Role"], PolicyName=MACHINES[name])["PolicyDocument"]


def rule_of(physical):
    """What is compared of a rule, and whom it tells what."""
    events = client("events")
    [name] = [own["Name"] for own in events.list_rules()["Rules"] if own["Name"] == physical or own["Arn"] == physical]
    when = [events.describe_rule(Name=name).get(key) for key in ("EventPattern", "ScheduleExpression")]
    return [when, events.list_targets_by_rule(Rule=name)["Targets"]]


def shared_policy(arn):
    """The document of a managed policy."""
    version = client("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return client("iam").get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def encryption(bucket):
    """How a bucket is encrypted, if it is."""
    try:
        return client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except ClientError as error:
        return error.response["Error"]["Code"]


def same_names(text, own):
    """A text with logical names instead of physical ones, which end in random characters."""
    for logical, physical in own.items():
        # The bus is called as the stack is, which stands in many names.
        if physical != STACK:
            text = text.replace(physical.rsplit("/", 1)[-1], logical)
    return text
