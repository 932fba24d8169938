"""How what is kept is protected: the evidence, the queue, the logs."""

import re

from infra.template import ACTIONS, ROOT, of_type, properties

# For how long the queues keep messages: artifact credentials lie in one, in the other what nobody was told.
QUEUES = {"UnansweredQueue": 3600, "UndeliveredQueue": 14 * 24 * 3600}
PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
ONLY_OVER_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def problems(template):
    """What is wrong, in words."""
    kept = bucket(template) + plans(template) + waivers(template) + notices(template) + leases(template)
    queued = [found for name in QUEUES for found in queue(template, name)]
    return kept + queued + logs(template) + records(template) + claims(template)


def bucket(template):
    """What is wrong with the evidence bucket."""
    found = []
    settings = properties(template, "EvidenceBucket")
    if not outlives(template, "EvidenceBucket"):
        found.append("the evidence goes with the stack")
    rules = settings.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration")
    if rules != [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]:
        found.append("the evidence is not encrypted")
    closed = settings.get("PublicAccessBlockConfiguration", {})
    found.extend(f"the bucket lacks {name}" for name in PUBLIC_ACCESS if closed.get(name) is not True)
    if settings.get("VersioningConfiguration") != {"Status": "Enabled"}:
        found.append("overwritten evidence is lost")
    if not over_tls(template, "AWS::S3::BucketPolicy", ("Bucket", {"Ref": "EvidenceBucket"})):
        found.append("the bucket takes calls without TLS")
    return found


def queue(template, name):
    """What is wrong with a queue."""
    found = []
    settings = properties(template, name)
    if settings.get("SqsManagedSseEnabled") is not True:
        found.append(f"{name} is not encrypted")
    # SQS keeps messages for four days unless told.
    if settings.get("MessageRetentionPeriod", 345_600) != QUEUES[name]:
        found.append(f"{name} keeps messages for another time than it should")
    if not over_tls(template, "AWS::SQS::QueuePolicy", ("Queues", [{"Ref": name}])):
        found.append(f"{name} takes calls without TLS")
    if {"Fn::GetAtt": [name, "QueueName"]} not in watched(template, "ApproximateNumberOfMessagesVisible"):
        found.append(f"nobody is told of messages in {name}")
    return found


def logs(template):
    """What is wrong with the logs."""
    groups = of_type(template, "AWS::Logs::LogGroup")
    return [f"{name} are kept for ever" for name, own in groups.items() if "RetentionInDays" not in own["Properties"]]


def records(template):
    """Which actions' records could be lost without a word."""
    told = watched(template, "DestinationDeliveryFailures")
    functions = [f"{name}Function" for name in ACTIONS]
    return [f"nobody is told of lost records of {own}" for own in functions if {"Ref": own} not in told]


def claims(template):
    """What is wrong with the table in which builds are claimed, by the names that the source gives."""
    found = []
    settings = properties(template, "ClaimsTable")
    if settings["KeySchema"] != [{"AttributeName": attribute("ID"), "KeyType": "HASH"}]:
        found.append("claims are not found by their key")
    if settings.get("TimeToLiveSpecification") != {"AttributeName": attribute("EXPIRES"), "Enabled": True}:
        found.append("claims are kept for ever")
    if settings.get("BillingMode") != "PAY_PER_REQUEST":
        found.append("claims are refused where there are many")
    return found


def outlives(template, name):
    """Whether a resource is still there when its stack is not."""
    own = template["Resources"][name]
    return (own.get("DeletionPolicy"), own.get("UpdateReplacePolicy")) == ("Retain", "Retain")


def kept_table(template, name, keys):
    """What is wrong with a table that outlives the stack."""
    found = []
    settings = properties(template, name)
    if not outlives(template, name):
        found.append(f"{name} goes with the stack")
    if [(key["KeyType"], key["AttributeName"]) for key in settings["KeySchema"]] != list(zip(("HASH", "RANGE"), keys)):
        found.append(f"items of {name} are not found by their keys")
    if settings.get("PointInTimeRecoverySpecification") != {"PointInTimeRecoveryEnabled": True}:
        found.append(f"what somebody deletes from {name} is lost")
    if settings.get("BillingMode") != "PAY_PER_REQUEST":
        found.append(f"{name} refuses calls where there are many")
    return found


def plans(template):
    """What is wrong with the table of plans."""
    found = kept_table(template, "PlansTable", ("scope", "version"))
    if "TimeToLiveSpecification" in properties(template, "PlansTable"):
        found.append("plans are forgotten")
    return found


def notices(template):
    """What is wrong with the table of what was told."""
    found = kept_table(template, "NoticesTable", (attribute("ID", "entries"), attribute("PART", "entries")))
    if properties(template, "NoticesTable").get("TimeToLiveSpecification") != {
        "AttributeName": attribute("EXPIRES", "entries"),
        "Enabled": True,
    }:
        found.append("what was told is kept for ever")
    return found


def leases(template):
    """What is wrong with the table of who has which job."""
    found = []
    settings = properties(template, "LeasesTable")
    keys = [(attribute("ID", "entries"), "HASH"), (attribute("PART", "entries"), "RANGE")]
    if [(key["AttributeName"], key["KeyType"]) for key in settings["KeySchema"]] != keys:
        found.append("leases are not found by their keys")
    if settings.get("TimeToLiveSpecification") != {"AttributeName": attribute("EXPIRES", "entries"), "Enabled": True}:
        found.append("leases are kept for ever")
    if settings.get("BillingMode") != "PAY_PER_REQUEST":
        found.append("leases are refused where there are many")
    return found


# Whatever writes an item; transactions and batches are allowed by these, too.
WRITES = {
    f"dynamodb:{name}"
    for name in (
        "BatchWriteItem",
        "DeleteItem",
        "PartiQLDelete",
        "PartiQLInsert",
        "PartiQLUpdate",
        "PutItem",
        "UpdateItem",
    )
}
NOT_BY_OVERRIDE = {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["OverrideRole", "Arn"]}}}


def waivers(template):
    """What is wrong with the table of waivers."""
    found = kept_table(template, "WaiversTable", ("release", "gate"))
    settings = properties(template, "WaiversTable")
    if settings.get("TimeToLiveSpecification") != {"AttributeName": "expires", "Enabled": True}:
        found.append("waivers are kept for ever")
    denied = set()
    for own in settings.get("ResourcePolicy", {}).get("PolicyDocument", {}).get("Statement", []):
        if (own["Effect"], own["Principal"], own.get("Condition")) == ("Deny", "*", NOT_BY_OVERRIDE):
            denied.update(own["Action"])
        elif own["Effect"] == "Allow":
            found.append("others are let in to the waivers")
    found.extend(f"others may {action} waivers" for action in sorted(WRITES - denied))
    return found


def attribute(constant, module="claims"):
    """What the source calls an attribute of a table's items, of claims if no other module is named."""
    text = (ROOT / "shared" / "aws" / "src" / f"{module}.rs").read_text()
    return re.search(rf'^const {constant}: &str = "(\w+)";', text, re.MULTILINE).group(1)


def over_tls(template, kind, subject):
    """Whether a policy of that kind denies whatever comes without TLS to all of the subject."""
    name, value = subject
    denials = [
        own
        for policy in of_type(template, kind).values()
        if policy["Properties"][name] == value
        for own in policy["Properties"]["PolicyDocument"]["Statement"]
        if own["Effect"] == "Deny" and own["Principal"] == "*" and own["Action"] in ("s3:*", "sns:Publish", "sqs:*")
    ]
    return any(own["Condition"] == ONLY_OVER_TLS for own in denials)


def watched(template, metric):
    """What of this metric raises an alarm, at one."""
    alarms = [own["Properties"] for own in of_type(template, "AWS::CloudWatch::Alarm").values()]
    return [
        dimension["Value"]
        for alarm in alarms
        if alarm.get("MetricName") == metric
        and (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        for dimension in alarm["Dimensions"]
    ]
