"""Who is told what: of outcomes the bus, of failures the topic, of ends that no state sees the rule."""

from infra import machines
from infra.keeping import over_tls, watched
from infra.template import MACHINES, definition, of_type, properties

# Ends that no state sees. Who stops the checks of a stage stops its gates with it, and is told once.
UNSEEN = {"TIMED_OUT": tuple(MACHINES), "ABORTED": ("StageChecks", "Rollback", "DeployHook")}
# What a notice becomes that no channel took, as the source has it.
UNDELIVERED = "Sluice Notification Undelivered"
# The functions that events and schedules invoke.
OF_EVENTS = ("NotifyFunction", "WorkerFunction")
FROM_RULE = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["UnseenEndRule", "Arn"]}}}


def problems(template):
    """What is wrong, in words."""
    told = topic(template) + unseen(template) + alarms(template) + bus(template)
    return told + invoked(template) + undelivered(template) + url(template)


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
    let_in = [own for own in permissions(template) if own["FunctionName"].get("Ref") not in OF_EVENTS]
    return [] if urls == ["AWS_IAM"] and not let_in else ["anybody may ask for a waiver"]


def permissions(template):
    """Who is let in to functions by their own policies."""
    return [own["Properties"] for own in of_type(template, "AWS::Lambda::Permission").values()]


def rules_to(template, target):
    """The rules that have a target, by name."""
    rules = of_type(template, "AWS::Events::Rule")
    told = {name: [to["Arn"] for to in own["Properties"]["Targets"]] for name, own in rules.items()}
    return {name: own["Properties"] for name, own in rules.items() if target in told[name]}


def of_rule(rule):
    """EventBridge, where it carries out a rule."""
    return {"Principal": "events.amazonaws.com", "SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}


def invoked(template):
    """What is wrong with how `notify` hears of things, and with who else may invoke what events do."""
    found = [problem for function in OF_EVENTS for problem in let_in(template, function)]
    if schedules(template, "NotifyFunction") != ["rate(5 minutes)"]:
        found.append("nobody looks for what no event told")
    return found


def let_in(template, function):
    """What is wrong with who may invoke a function of events."""
    found = []
    rules = rules_to(template, {"Fn::GetAtt": [function, "Arn"]})
    own = [own for own in permissions(template) if own["FunctionName"] == {"Ref": function}]
    given = [{key: one.get(key) for key in ("Principal", "SourceArn")} for one in own]
    found.extend(f"{rule} may not invoke {function}" for rule in sorted(rules) if of_rule(rule) not in given)
    if any(one not in [of_rule(rule) for rule in rules] for one in given):
        found.append(f"others may invoke {function}")
    return found


def schedules(template, function):
    """How often a function looks by itself."""
    rules = rules_to(template, {"Fn::GetAtt": [function, "Arn"]}).values()
    return [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule]


def undelivered(template):
    """What is wrong with what becomes of notices that no channel took."""
    found = []
    queue = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
    patterns = [(rule["EventBusName"], rule["EventPattern"]) for rule in rules_to(template, queue).values()]
    if patterns != [({"Ref": "EventBus"}, {"source": ["sluice"], "detail-type": [UNDELIVERED]})]:
        found.append("what could not be delivered is lost")
    statements = properties(template, "UndeliveredQueuePolicy")["PolicyDocument"]["Statement"]
    let_in = [(own["Principal"], own["Action"], own.get("Condition")) for own in statements if own["Effect"] == "Allow"]
    only = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["UndeliveredRule", "Arn"]}}}
    if let_in != [({"Service": "events.amazonaws.com"}, "sqs:SendMessage", only)]:
        found.append("the queue of what was not delivered does not take it from its rule alone")
    return found
