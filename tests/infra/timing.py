"""When somebody answers for a gate whose function dies.

CodePipeline waits for 20 minutes. Lambda hands an event to its destination only after the last attempt, so the attempts
and the waits between them decide, and how long an event may wait for its first.
"""

from infra.template import FUNCTIONS, GATES, of_type, properties

MINUTE = 60
# Lambda's waits before its first and second retry of a failed invocation.
RETRY_WAITS = (1 * MINUTE, 2 * MINUTE)
# What holds where a template says nothing: two retries within six hours.
UNSAID = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21_600}
# Of the 20 minutes that CodePipeline waits, five are kept for whatever is slower than documented.
GATE_IS_DEAD_WITHIN = 15 * MINUTE
CODEPIPELINE_WAITS = 20 * MINUTE


def qualifiers(template, function):
    """The event invoke configurations of a function, by the qualifier that they are for."""
    found = of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    own = [config["Properties"] for config in found if config["Properties"]["FunctionName"] == {"Ref": function}]
    return {config["Qualifier"]: UNSAID | config for config in own}


def attempts(template, function, config):
    """How long all attempts take if each is killed at its end, waits included."""
    retries = config["MaximumRetryAttempts"]
    return (1 + retries) * properties(template, function)["Timeout"] + sum(RETRY_WAITS[:retries])


def age(config):
    """How old an event may be when its last attempt begins."""
    return config["MaximumEventAgeInSeconds"]


def problems(template):
    """What is wrong with the times, in words."""
    if any("$LATEST" not in qualifiers(template, function) for function in FUNCTIONS):
        return ["a function has no event invoke configuration"]
    return [found for name in GATES for found in of_gate(template, f"{name}Function")]


def of_gate(template, function):
    """What is wrong with the times of a gate's function."""
    gate, reaper = (qualifiers(template, own)["$LATEST"] for own in (function, "ReaperFunction"))
    # 2 x 120 s + 60 s = 300 s: dies at every attempt.
    dies = attempts(template, function, gate)
    # 600 s + 120 s = 720 s: waits as long as it may, and then dies.
    waits = age(gate) + properties(template, function)["Timeout"]
    # 3 x 30 s + 180 s = 270 s, or 300 s + 30 s where the reaper has to wait, too.
    reaps = max(
        attempts(template, "ReaperFunction", reaper), age(reaper) + properties(template, "ReaperFunction")["Timeout"]
    )
    found = []
    if gate["MaximumRetryAttempts"] != 1:
        found.append(f"{gate['MaximumRetryAttempts']} retries of a gate")
    if age(gate) != 600:
        found.append(f"events of a gate may be {age(gate)} s old")
    if dies >= GATE_IS_DEAD_WITHIN:
        found.append(f"a gate that dies at every attempt is dead after {dies} s")
    if waits >= GATE_IS_DEAD_WITHIN:
        found.append(f"a gate that waits and dies is dead after {waits} s")
    if waits + reaps >= CODEPIPELINE_WAITS:
        found.append(f"the reaper may answer after {waits + reaps} s")
    return found


def destination_problems(template):
    """Which way to call a function leaves its death unnoticed. CodePipeline calls by name, which is `$LATEST`."""
    found = []
    for function in FUNCTIONS:
        destination = "UnansweredQueue" if function == "ReaperFunction" else "ReaperFunction"
        configured = qualifiers(template, function)
        for qualifier in {"$LATEST", *aliases(template, function)}:
            target = configured.get(qualifier, {}).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            if target != {"Fn::GetAtt": [destination, "Arn"]}:
                found.append(f"{function} as {qualifier} does not go to {destination} when it fails")
    return found


def aliases(template, function):
    """The names of a function's aliases."""
    found = [own["Properties"] for own in of_type(template, "AWS::Lambda::Alias").values()]
    return [alias["Name"] for alias in found if alias["FunctionName"] == {"Ref": function}]
