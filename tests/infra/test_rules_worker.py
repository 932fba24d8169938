"""Rules of the worker of custom actions, each seen red."""

import pytest

from infra import keeping, rights, telling, working
from infra.template import translated
from infra.test_rights import called_by
from infra.test_rules import invoke, of_event, of_statement, resource, settings, without_statement
from infra.test_rules_notify import let_in


def without_event(name):
    """Takes away what has the worker invoked."""
    return lambda template: resource("WorkerFunction")(template)["Properties"]["Events"].pop(name)


def of_starts(**changes):
    """Changes of which actions' starts the worker hears."""
    pattern = {"source": ["aws.codepipeline"], "detail": {"state": ["STARTED"], "type": {"owner": ["Custom"]}} | changes}
    return of_event("WorkerFunction", "Started", Pattern=pattern)


def told(**functions):
    """Changes who answers for an action type."""

    def change(template):
        variables = resource("WorkerFunction")(template)["Properties"]["Environment"]["Variables"]
        text = variables["SLUICE_ACTION_FUNCTIONS"]["Fn::Sub"]
        for old, new in functions.items():
            assert old in text
            text = text.replace(old, new)
        variables["SLUICE_ACTION_FUNCTIONS"]["Fn::Sub"] = text

    return change


OTHERS = "the worker may invoke others than those that answer"
RED = [
    (working.problems, without_event("EachMinute"), "nobody looks for jobs of which no event told"),
    (
        working.problems,
        of_event("WorkerFunction", "EachMinute", Schedule="rate(1 day)"),
        "nobody looks for jobs of which no event told",
    ),
    (working.problems, without_event("Started"), "no event tells of SluiceBake"),
    (working.problems, of_starts(state=["SUCCEEDED"]), "no event tells of SluiceCanary"),
    (working.problems, settings("WorkerFunction", Timeout=180), "a worker of 180 s waits 90 s for a gate, not 135"),
    (
        working.problems,
        settings("CanaryFunction", Timeout=180),
        "CanaryFunction may take 180 s of the 120 that a worker waits",
    ),
    (
        working.problems,
        settings("WorkerFunction", Timeout=900),
        "a job of which workers die is answered after 1980 s",
    ),
    (
        working.problems,
        invoke("WorkerFunction", MaximumRetryAttempts=2),
        "Lambda runs a worker again whose work the next one does",
    ),
    (working.problems, told(SluiceCanary="SluiceComparison"), "nobody answers for SluiceCanary"),
    (working.problems, told(ValidateFunction="PlanFunction"), OTHERS),
    (working.problems, of_statement("HaveGatesLook", "WorkerRole", Resource="*"), OTHERS),
    (
        rights.problems,
        of_statement("HaveGatesLook", "WorkerRole", Resource="*"),
        "lambda:InvokeFunction is for all resources in the template or in the list of reasons, not in both",
    ),
    (
        rights.problems,
        of_statement("TakeJobs", "WorkerRole", Resource="*"),
        "codepipeline:PollForJobs is for all resources in the template or in the list of reasons, not in both",
    ),
    (
        rights.problems,
        without_statement("WorkerRole", "AnswerJobs"),
        "codepipeline:AcknowledgeJob is for all resources in the template or in the list of reasons, not in both",
    ),
    (telling.problems, let_in("WorkerFunction"), "others may invoke WorkerFunction"),
    (keeping.problems, settings("LeasesTable", TimeToLiveSpecification=None), "leases are kept for ever"),
    (keeping.problems, settings("LeasesTable", BillingMode=None), "leases are refused where there are many"),
    (
        keeping.problems,
        settings("LeasesTable", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}]),
        "leases are not found by their keys",
    ),
]


@pytest.mark.parametrize(("rule", "change", "expected"), RED, ids=[expected for _, _, expected in RED])
def test_a_template_that_breaks_the_rule_is_red(rule, change, expected):
    assert expected in rule(translated(change))


def test_a_worker_that_may_not_acknowledge_what_it_calls_is_seen():
    answers = ["codepipeline:GetJobDetails", "codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"]
    template = translated(of_statement("AnswerJobs", "WorkerRole", Action=answers))
    assert called_by("WorkerRole") - rights.actions(template, "WorkerRole") == {"codepipeline:AcknowledgeJob"}
