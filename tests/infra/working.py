"""Whether the worker of custom actions finds every job, and lives long enough for the answer.

It has no reaper, and nobody runs it again: whatever a worker leaves undone, the run of the next minute finds by its lease.
"""

import json
import re

from infra.telling import rules_to, schedules
from infra.template import ROOT, of_type, properties
from infra.timing import MINUTE, qualifiers

WORKER = "WorkerFunction"
# CodePipeline waits for an action of ours for a day; people do not.
ANSWERED_WITHIN = 15 * MINUTE


def problems(template):
    """What is wrong, in words."""
    found = times(template) + retries(template) + heard(template) + asked(template)
    if schedules(template, WORKER) != ["rate(1 minute)"]:
        found.append("nobody looks for jobs of which no event told")
    return found


def source(path):
    """A file of the host."""
    return (ROOT / "shared" / "host" / "src" / path).read_text()


def seconds(path, constant):
    """A number of seconds that the source names."""
    found = re.search(rf"const {constant}: SignedDuration = SignedDuration::from_secs\((\d+)\);", source(path))
    return int(found[1])


def times(template):
    """What is wrong with how long a worker lives, and what it asks."""
    asking, answering = seconds("worker.rs", "ASKING_TAKES"), seconds("worker/ask.rs", "ANSWERING_TAKES")
    # 120 s + 15 s = 135 s.
    slow = [
        f"{gate} may take {properties(template, gate)['Timeout']} s of the {asking - answering} that a worker waits"
        for gate in sorted(set(functions(template).values()))
        if properties(template, gate)["Timeout"] > asking - answering
    ]
    life = properties(template, WORKER)["Timeout"]
    # It asks until so much is left, and of a short life for half of it.
    short = [f"a worker of {life} s waits {life // 2} s for a gate, not {asking}"] if life < 2 * asking else []
    return slow + short + deaths(life)


def deaths(life):
    """How long a job may wait of which workers die."""
    tries = int(re.search(r"const TRIES_MAX: u32 = (\d+);", source("worker/lease.rs"))[1])
    # 300 s, 30 s in which it may still live, 60 s to the next run: twice, which is 780 s.
    waits = tries * (life + seconds("worker/lease.rs", "AFTER_ITS_END") + MINUTE)
    return [f"a job of which workers die is answered after {waits} s"] if waits > ANSWERED_WITHIN else []


def retries(template):
    """Whether Lambda would run a worker again, that the next minute replaces."""
    config = qualifiers(template, WORKER).get("$LATEST", {})
    # What an event tells is of use until the schedule's next run.
    once = (config.get("MaximumRetryAttempts"), config.get("MaximumEventAgeInSeconds")) == (0, MINUTE)
    return [] if once else ["Lambda runs a worker again whose work the next one does"]


def functions(template):
    """Which function answers for each provider, as the worker is told."""
    [text] = [properties(template, WORKER)["Environment"]["Variables"]["SLUICE_ACTION_FUNCTIONS"]["Fn::Sub"]]
    return {provider: name[2:-1] for provider, name in json.loads(text).items()}


def providers(template):
    """The providers of the action types that the stack makes."""
    return {own["Properties"]["Provider"] for own in of_type(template, "AWS::CodePipeline::CustomActionType").values()}


def heard(template):
    """Which actions start without the worker being told."""
    rules = rules_to(template, {"Fn::GetAtt": [WORKER, "Arn"]}).values()
    details = [own["EventPattern"]["detail"] for own in rules if "EventPattern" in own]
    expected = {"state": ["STARTED"], "type": {"owner": ["Custom"], "provider": [{"prefix": "Sluice"}]}}
    told = [provider for provider in providers(template) if provider.startswith("Sluice") and details == [expected]]
    return [f"no event tells of {provider}" for provider in sorted(providers(template) - set(told))]


def asked(template):
    """Which action types the worker could not have answered: it asks whom it is told and may invoke."""
    told = functions(template)
    found = [f"nobody answers for {provider}" for provider in sorted(providers(template) - set(told))]
    may = [{"Fn::GetAtt": [name, "Arn"]} for name in sorted(set(told.values()))]
    invoked = [
        own["Resource"]
        for policy in properties(template, "WorkerRole")["Policies"]
        for own in policy["PolicyDocument"]["Statement"]
        if own["Action"] == "lambda:InvokeFunction"
    ]
    if [sorted(own, key=str) for own in invoked if isinstance(own, list)] != [may]:
        found.append("the worker may invoke others than those that answer")
    return found
