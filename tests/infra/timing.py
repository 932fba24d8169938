"""When somebody answers for an action whose function dies.

CodePipeline waits for 20 minutes. Lambda hands an event to its destination only after the last attempt, so the attempts
and the waits between them decide, and how long an event may wait for its first.
"""

from infra.template import ACTIONS, WAITED_FOR, of_type, properties

MINUTE = 60
# Lambda's waits before its first and second retry of a failed invocation.
RETRY_WAITS = (1 * MINUTE, 2 * MINUTE)
# What the functions of actions are retried: that which tells people also takes events, for which nobody waits.
RETRIES = {"NotifyFunction": 2}
# What holds where a template says nothing: two retries within six hours.
UNSAID = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21_600}
# Of the 20 minutes that CodePipeline waits, five are kept for whatever is slower than documented.
GATE_IS_DEAD_WITHIN = 15 * MINUTE
CODEPIPELINE_WAITS = 20 * MINUTE
# The functions that are invoked without anybody waiting for them.
ALONE = tuple(f"{name}Function" for name in (*ACTIONS, "Reaper"))


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
    if any("$LATEST" not in qualifiers(template, function) for function in ALONE):
        return ["a function has no event invoke configuration"]
    return [found for name in ACTIONS for found in of_gate(template, f"{name}Function")]


def of_gate(template, function):
    """What is wrong with the times of a gate's function."""
    gate, reaper = (qualifiers(template, own)["$LATEST"] for own in (function, "ReaperFunction"))
    # 2 x 120 s + 60 s = 300 s, or 3 x 120 s + 180 s = 540 s: dies at every attempt.
    dies = attempts(template, function, gate)
    # 600 s + 120 s = 720 s: waits as long as it may, and then dies.
    waits = age(gate) + properties(template, function)["Timeout"]
    # 3 x 30 s + 180 s = 270 s, or 300 s + 30 s where the reaper has to wait, too.
    reaps = max(
        attempts(template, "ReaperFunction", reaper), age(reaper) + properties(template, "ReaperFunction")["Timeout"]
    )
    found = []
    if gate["MaximumRetryAttempts"] != RETRIES.get(function, 1):
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
    for function in ALONE:
        destination = "UnansweredQueue" if function == "ReaperFunction" else "ReaperFunction"
        configured = qualifiers(template, function)
        for qualifier in {"$LATEST", *aliases(template, function)}:
            target = configured.get(qualifier, {}).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            if target != {"Fn::GetAtt": [destination, "Arn"]}:
                found.append(f"{function} as {qualifier} does not go to {destination} when it fails")
    return found


def waiting_problems(template):
    """Which functions would be retried or answered for by others although their callers wait for them."""
    functions = [f"{name}Function" for name in WAITED_FOR]
    return [f"{own} is retried by Lambda, too" for own in functions if qualifiers(template, own)]


def outlived(template, task_seconds):
    """Which functions of state machines would be given up before they end themselves."""
    return [
        f"{function} may take {properties(template, function)['Timeout']} s of the {seconds} that its task has"
        for function, seconds in task_seconds
        if properties(template, function)["Timeout"] >= seconds
    ]


def aliases(template, function):
    """The names of a function's aliases."""
    found = [own["Properties"] for own in of_type(template, "AWS::Lambda::Alias").values()]
    return [alias["Name"] for alias in found if alias["FunctionName"] == {"Ref": function}]
