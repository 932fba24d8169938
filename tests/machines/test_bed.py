"""The bed answers as Step Functions does, where moto alone would not."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from .bed import shipped
from .cases import gate_input, look, order_input


def machine(**states: dict) -> dict:
    """A definition that begins with the first of these states."""
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


def output_of(spare, expression: str, given: object = None):
    spare.deploy(tried=machine(Say={"Type": "Succeed", "Output": {"said": "{% " + expression + " %}"}}))
    return spare.run("tried", given or {}, {}).one("tried")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("null", None),
        ("$states.input.text", 'a "quoted"\nline \\ with a backslash'),
        ("$parse('{\"a\": [1]}').a", [1]),
        ("$count($states.input.list)", 1),
        ("[$states.input.list]", ["one"]),
        ("1 / 2", 0.5),
        ("3 * 2", 6),
    ],
)
def test_an_expression_gives_what_it_gives_on_aws(spare, expression, said):
    given = {"text": 'a "quoted"\nline \\ with a backslash', "list": ["one"]}
    assert output_of(spare, expression, given).output == {"said": said}


@pytest.mark.parametrize("expression", ["$states.input.missing", "$nobody", "$parse('no json')", "$toMillis('x')", "$$"])
def test_an_expression_that_gives_nothing_is_an_error(spare, expression):
    seen = output_of(spare, expression)
    assert (seen.status, seen.error) == ("FAILED", "States.QueryEvaluationError")


def task(errors: list[str]) -> dict:
    catch = [{"ErrorEquals": errors, "Next": "Caught"}]
    call = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}}
    return machine(Call={**call, "Catch": catch, "End": True}, Caught={"Type": "Succeed"})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("States.DataLimitExceeded", "FAILED"),
        ("States.Runtime", "FAILED"),
        ("States.Timeout", "SUCCEEDED"),
        ("Anything", "SUCCEEDED"),
    ],
)
def test_two_errors_are_caught_by_nothing(spare, error, status):
    spare.deploy(tried=task(["States.ALL"]))
    assert spare.run("tried", {}, {"answers": {"Call": [{"error": error}]}}).one("tried").status == status


def test_a_rejected_definition_does_not_spoil_the_next(spare):
    with pytest.raises(AssertionError, match="InvalidDefinition"):
        spare.deploy(bad=machine(Wait={"Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z", "End": True}))
    assert output_of(spare, "1").output == {"said": 1}


def test_what_a_service_would_not_take_or_give_is_a_problem_of_the_case(bed):
    script = {"answers": {"ReadStage": [{"returns": {"stageStates": [], "weather": "fine"}}]}}
    assert any("weather" in problem for problem in bed.run("rollback", order_input(), script).problems)
    assert any("nothing is scripted" in problem for problem in bed.run("gate", gate_input(), {}).problems)


class Function(BaseHTTPRequestHandler):
    """A function under an emulator."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = look("pass", reason=f"{self.path} saw {asked['gate']}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_) -> None:
        """Says nothing."""


def test_calls_go_to_what_really_runs_where_the_script_says_so(bed):
    with HTTPServer(("127.0.0.1", 0), Function) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        forward = {"lambda": f"http://127.0.0.1:{server.server_port}"}
        seen = bed.run("gate", gate_input(), {"forward": forward})
        server.shutdown()
    assert seen.problems == []
    assert seen.one("gate").output["reason"] == "/2015-03-31/functions/sluice-bake/invocations saw bake"


def test_nothing_of_a_case_is_left_for_the_next(bed):
    first = bed.run("gate", gate_input(), {"answers": {"LookAtGate": [{"returns": look("pass")}]}})
    second = bed.run("gate", gate_input(), {"answers": {"LookAtGate": [{"returns": look("fail")}]}})
    assert (first.one("gate").output["look"], second.one("gate").output["look"]) == ("pass", "fail")
    assert len(second.calls) == 1


def test_the_machines_in_the_bed_are_the_shipped_ones(bed):
    seen = bed.run("gate", {**gate_input(), "kind": "none"}, {})
    assert set(seen.one("gate").path) <= set(shipped("gate")["States"])


def test_what_has_happened_so_far_is_seen_while_it_runs(bed):
    looks = [{"returns": look("again")}, {"hangs": 1.5}]
    bed.start("gate", gate_input(), {"answers": {"LookAtGate": looks}})
    until = time.monotonic() + 10
    while len(bed.seen().executions[0].path) < 6:
        assert time.monotonic() < until
        time.sleep(0.02)
    path = bed.seen().one("gate").path
    assert path == ["TakeGate", "IsKindKnown", "LookAtGate", "IsVerdictReached", "WaitForNextLook", "LookAtGate"]
    assert bed.seen().one("gate").status == "RUNNING"
