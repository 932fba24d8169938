"""The bed's process: moto executes state machines, and a script answers what they call.

`python -m machines.server PORT TIME_SCALE`, in the folder `tests`. It has routes of its own beside AWS's; `serve`
names them.
"""

import json
import os
import sys
import time

PORT = int(sys.argv[1]) if __name__ == "__main__" else 0
os.environ["MOTO_PORT"] = str(PORT)

import moto.moto_api._internal.urls as urls  # noqa: E402
from moto.moto_server import werkzeug_app  # noqa: E402
from moto.stepfunctions.parser.models import stepfunctions_parser_backends  # noqa: E402
from werkzeug.serving import run_simple  # noqa: E402

from . import patches, scripted  # noqa: E402

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machines"
CLAIMS, BUS, TOPIC = "sluice-claims", "sluice", "sluice"


class Bed:
    """What the process keeps: the script that is on, and the waits that were had under it."""

    def __init__(self) -> None:
        self.script = scripted.Script({}, PORT)
        self.waits: list[dict] = []
        self.ready = False

    def waited(self, environment, seconds: float) -> None:
        context = environment.states.context_object.context_object_data
        self.waits.append({"execution": context["Execution"]["Id"], "state": context["State"]["Name"], "seconds": seconds})

    def prepare(self, items: list[dict]) -> None:
        """What the machines write to, once; and in the table nothing but these items."""
        dynamodb = scripted.moto("dynamodb", PORT)
        if not self.ready:
            scripted.moto("events", PORT).create_event_bus(Name=BUS)
            scripted.moto("sns", PORT).create_topic(Name=TOPIC)
            dynamodb.create_table(
                TableName=CLAIMS,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            self.ready = True
        for item in dynamodb.scan(TableName=CLAIMS)["Items"]:
            dynamodb.delete_item(TableName=CLAIMS, Key={"id": item["id"]})
        for item in items:
            text = {key: {"S": value} for key, value in scripted.with_times(item).items()}
            dynamodb.put_item(TableName=CLAIMS, Item=text)


BED = Bed()


def backend():
    return stepfunctions_parser_backends[ACCOUNT][REGION]


def executions() -> list:
    return [execution for machine in backend().state_machines for execution in machine.executions]


def put_machines(definitions: dict) -> dict:
    """Creates machines, or gives them another definition. Answers what moto says against each."""
    present = {machine.name: machine for machine in backend().state_machines}
    for name, definition in definitions.items():
        if name in present:
            backend().update_state_machine(present[name].arn, definition)
        else:
            backend().create_state_machine(name, definition, ROLE)
    return {}


def put_script(given: dict) -> dict:
    """Begins a new case: nothing has run, nothing is written, and this is answered."""
    for execution in executions():
        if execution.status == "RUNNING":
            execution.stop(None, "Bed.Reset", "")
    for machine in backend().state_machines:
        machine.executions.clear()
    BED.script, BED.waits = scripted.Script(given, PORT), []
    BED.prepare(given.get("items", []))
    (patches.RECORDS.set if given.get("records") else patches.RECORDS.clear)()
    return {}


def run(asked: dict) -> dict:
    """Starts executions one after the other, and waits for them and all that they start."""
    for one in asked["starts"]:
        start(one)
        if not asked["together"]:
            settle(asked["within"])
    settle(asked["within"])
    return seen()


def start(asked: dict) -> dict:
    """Starts one execution."""
    machine = next(m for m in backend().state_machines if m.name == asked["machine"])
    backend().start_execution(machine.arn, asked["name"], json.dumps(asked["input"]))
    return {}


def settle(within: float) -> None:
    until = time.monotonic() + within
    while any(execution.status == "RUNNING" for execution in executions()):
        if time.monotonic() > until:
            raise TimeoutError(f"an execution still runs after {within} s")
        time.sleep(0.002)


def seen() -> dict:
    """Everything that happened under the script."""
    items = scripted.moto("dynamodb", PORT).scan(TableName=CLAIMS)["Items"]
    script = BED.script
    found = [described(execution) for execution in executions()]
    return {"executions": found, "calls": script.calls, "waits": BED.waits, "items": items, "problems": script.problems}


def described(execution) -> dict:
    return {
        "machine": execution.state_machine.name,
        "name": execution.name,
        "arn": execution.exec_arn,
        "status": execution.status,
        "output": execution.output if execution.status == "SUCCEEDED" else None,
        "error": execution.error,
        "cause": execution.cause,
        "events": execution.to_history_output()["events"],
    }


def route(handle):
    """A route of the bed's own; what goes wrong in it is told in words."""

    def answer(request, url, headers):
        try:
            return 200, {}, json.dumps(handle(json.loads(request.get_data() or b"{}")), default=str)
        except Exception as error:
            return 500, {}, f"{type(error).__name__}: {error}"

    return answer


def serve(port: int, time_scale: float) -> None:
    patches.apply(time_scale, BED.waited)
    scripted.install(lambda: BED.script)
    routes = {"machines": put_machines, "script": put_script, "run": run, "start": start, "seen": lambda _: seen()}
    routes["evaluations"] = lambda _: list(patches.RECORDED.values())
    for name, handle in routes.items():
        urls.url_paths["{0}/moto-api/bed/%s" % name] = route(handle)
    app = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    run_simple("127.0.0.1", port, app, threaded=True, request_handler=werkzeug_app.MotoRequestHandler)


if __name__ == "__main__":
    sys.modules["machines.server"] = sys.modules["__main__"]
    serve(PORT, float(sys.argv[2]))
