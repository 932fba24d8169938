"""The state machines are given what their definitions ask for, and may do what they call, no less and no more."""

import pytest

from infra import machines, rights, timing
from infra.template import GATES, MACHINES, definition, translated
from infra.test_rules import settings, without_statement


@pytest.mark.parametrize("name", MACHINES)
def test_a_machines_role_allows_exactly_what_its_tasks_call(name):
    allowed = rights.actions(translated(), f"{name}Role")
    assert allowed - rights.LOG_DELIVERY == machines.needed(definition(name))
    assert rights.LOG_DELIVERY <= allowed


def test_a_new_task_is_seen_and_one_that_is_gone_is_missed():
    text = definition("Rollback")
    more = machines.needed(text.replace("codepipeline:getPipelineState", "codepipeline:stopPipelineExecution"))
    assert more - machines.needed(text) == {"codepipeline:StopPipelineExecution"}
    assert machines.needed(text) - more == {"codepipeline:GetPipelineState"}


def test_a_call_that_aws_does_not_have_is_an_error():
    with pytest.raises(Exception, match="rollStageBack|RollStageBack"):
        machines.actions("arn:aws:states:::aws-sdk:codepipeline:rollStageBack")


def test_to_wait_for_a_machine_needs_more_than_to_start_it():
    waits = machines.actions("arn:aws:states:::states:startExecution.sync:2")
    starts = machines.actions("arn:aws:states:::states:startExecution")
    assert starts == {"states:StartExecution"}
    assert {"states:DescribeExecution", "states:StopExecution", "events:PutRule"} < waits


def test_states_within_a_map_are_seen():
    assert {"RunGates", "RunGate"} <= set(machines.states(definition("StageChecks")))


def test_the_machines_are_as_their_definitions_ask():
    assert machines.problems(translated()) == []


def filled(name, **changes):
    """Changes what is filled in into a definition; `None` takes one away."""

    def change(template):
        own = template["Resources"][f"{name}Machine"]["Properties"]["DefinitionSubstitutions"]
        for key, value in changes.items():
            own.pop(key) if value is None else own.update({key: value})

    return change


RED = [
    (settings("GateMachine", Type="EXPRESS"), "Gate ends after five minutes"),
    (settings("GateMachine", Logging=None), "Gate does not write what failed into its log"),
    (settings("GateMachine", Logging=None), "Gate writes what plans and tests say into its log"),
    (
        settings("RollbackMachine", Role={"Fn::GetAtt": ["StageChecksRole", "Arn"]}),
        "Rollback has the role of another",
    ),
    (filled("StageChecks", TopicArn=None), "StageChecks is not told its TopicArn"),
    (filled("Gate", TopicArn="x"), "Gate is told TopicArn and does not ask"),
    (
        filled("StageChecks", PlanFunctionArn={"Fn::GetAtt": ["OverrideFunction", "Arn"]}),
        "StageChecks may not LoadPlan with PlanFunctionArn",
    ),
    (without_statement("StageChecksRole", "FollowGates"), "StageChecks may not AdoptGate with GateMachineArn"),
    (without_statement("RollbackRole", "ReadOrders"), "Rollback may not ReadOrder with ClaimsTableName"),
    (without_statement("StageChecksRole", "TellPeople"), "StageChecks may not TellPeople with NotifyFunctionArn"),
    (without_statement("StageChecksRole", "TellTopic"), "StageChecks may not TellTopic with TopicArn"),
    (without_statement("RollbackRole", "TellPeople"), "Rollback may not TellPeople with NotifyFunctionArn"),
    (without_statement("RollbackRole", "PublishRollbacks"), "Rollback may not PublishRollback with EventBusName"),
]


@pytest.mark.parametrize(("change", "expected"), RED, ids=[expected for _, expected in RED])
def test_a_template_that_breaks_this_is_red(change, expected):
    assert expected in machines.problems(translated(change))


def waits():
    """Each function that machines wait for, and for how long."""
    gate, plan = min(machines.lambda_seconds("Gate")), machines.tasks(definition("StageChecks"))["LoadPlan"]
    gates = [(f"{name}Function", gate) for name in GATES]
    told = [machines.tasks(definition(name))["TellPeople"] for name in ("StageChecks", "Rollback")]
    return [*gates, ("PlanFunction", plan["TimeoutSeconds"]), *(("NotifyFunction", own["TimeoutSeconds"]) for own in told)]


def test_functions_end_before_machines_give_them_up():
    assert timing.outlived(translated(), waits()) == []
    longer = translated(settings("PlanFunction", Timeout=150))
    assert timing.outlived(longer, waits()) == ["PlanFunction may take 150 s of the 150 that its task has"]


def test_each_function_of_a_gate_is_filled_in_under_its_own_name():
    own = translated()["Resources"]["GateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert own == {f"{name}FunctionArn": {"Fn::GetAtt": [f"{name}Function", "Arn"]} for name in GATES}
