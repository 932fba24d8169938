"""Who is told what: of outcomes the bus, of failures the topic, of ends that no state sees the rule."""

from infra import machines
from infra.keeping import over_tls, watched
from infra.template import MACHINES, definition, of_type, properties

# Ends that no state sees. Who stops the checks of a stage stops its gates with it, and is told once.
UNSEEN = {"TIMED_OUT": tuple(MACHINES), "ABORTED": ("StageChecks", "Rollback")}
FROM_RULE = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["UnseenEndRule", "Arn"]}}}


def problems(template):
    """What is wrong, in words."""
    return topic(template) + unseen(template) + alarms(template) + bus(template) + url(template)


def topic(template):
    """What is wrong with the topic."""
    found = []
    if not over_tls(template, "AWS::SNS::TopicPolicy", ("Topics", [{"Ref": "FailureTopic"}])):
        found.append("the topic takes messages without TLS")
    # AWS's own key for SNS has a policy that nobody can change, and that does not let EventBridge use it.
    if "KmsMasterKeyId" in properties(template, "FailureTopic"):
        found.append("EventBridge may not use the topic's key")
    for policy in of_type(template, "AWS::SNS::TopicPolicy").values():
        for own in policy["Properties"]["PolicyDocument"]["Statement"]:
            let_in = (own["Principal"], own.get("Condition"))
            if own["Effect"] == "Allow" and let_in != ({"Service": "events.amazonaws.com"}, FROM_RULE):
                found.append("the topic takes messages of others")
    return found


def patterns(template):
    """The parts of the rules' pattern that people are told by."""
    rules = [own["Properties"] for own in of_type(template, "AWS::Events::Rule").values()]
    told = [own for own in rules if {"Ref": "FailureTopic"} in [target["Arn"] for target in own["Targets"]]]
    heads = (["aws.states"], ["Step Functions Execution Status Change"])
    matching = [own["EventPattern"] for own in told]
    return [part for own in matching if (own["source"], own["detail-type"]) == heads for part in own["detail"]["$or"]]


def unseen(template):
    """Which ends nobody would be told of."""
    told = patterns(template)
    found = []
    for status, names in UNSEEN.items():
        for name in names:
            if not any(own["status"] == [status] and of(own, name) and "error" not in own for own in told):
                found.append(f"{name} may end as {status} without a word")
    for name in MACHINES:
        errors = [own["error"] for own in told if own["status"] == ["FAILED"] and of(own, name)]
        if errors != [[{"anything-but": sorted(own_ends())}]]:
            found.append(f"{name} may fail without a word, or is told twice")
    return found


def of(own, name):
    """Whether a part of the pattern is for a machine."""
    return {"Ref": f"{name}Machine"} in own["stateMachineArn"]


def own_ends():
    """The errors that the machines end in by themselves, having told people."""
    return set().union(*(machines.ends(definition(name)) for name in MACHINES))


def alarms(template):
    """Which ends of rollbacks raise no alarm."""
    metrics = ("ExecutionsFailed", "ExecutionsTimedOut")
    unwatched = [own for own in metrics if {"Ref": "RollbackMachine"} not in watched(template, own)]
    return [f"nobody is told of {own} of rollbacks" for own in unwatched]


def bus(template):
    """What is wrong with the bus."""
    shared = properties(template, "EventBus")["Name"] != {"Ref": "AWS::StackName"}
    return ["two installations would share the bus"] if shared else []


def url(template):
    """Whether waivers are for whom IAM lets ask."""
    urls = [own["Properties"]["AuthType"] for own in of_type(template, "AWS::Lambda::Url").values()]
    let_in = of_type(template, "AWS::Lambda::Permission")
    return [] if urls == ["AWS_IAM"] and not let_in else ["anybody may ask for a waiver"]
