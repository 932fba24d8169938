"""What the services answer to a state machine in the bed: from a script, from small models, or from moto."""

import copy
import datetime
import json
import threading
import time
import urllib.error
import urllib.request

import boto3
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
    state_task_service_dynamodb,
    state_task_service_events,
    state_task_service_sfn,
    state_task_service_sns,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from .models import MODELS
from .patches import error_name

REGION = "us-east-1"
HERE = threading.local()
"""Which task this thread carries out."""
USUAL = {"TellPeople": [{"returns": {"handled": "heard"}}]}
"""What is answered where the script says nothing else."""


class Script:
    """What is answered, by state; and what was asked."""

    def __init__(self, given: dict, port: int) -> None:
        self.port = port
        self.answers = copy.deepcopy({**USUAL, **given.get("answers", {})})
        self.twice = given.get("twice", False)
        self.forward = given.get("forward", {})
        self.models = {name: MODELS[name](given.get(name)) for name in MODELS}
        self.calls: list[dict] = []
        self.problems: list[str] = []
        self.lock = threading.Lock()

    def next(self, *keys: str) -> dict | None:
        """The next answer under the first of these keys that has any. The last one is given for ever."""
        with self.lock:
            for key in keys:
                if answers := self.answers.get(key):
                    return answers.pop(0) if len(answers) > 1 else answers[0]
        return None


def failure(name: str, cause: str) -> FailureEventException:
    """A task's error of this name, as Step Functions shows it."""
    details = TaskFailedEventDetails(resource="", resourceType="", error=name, cause=cause)
    return FailureEventException(
        FailureEvent(
            env=HERE.environment,
            error_name=error_name(name),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),
        )
    )


def refusal(operation: str, code: str, message: str = "refused by the script") -> ClientError:
    """A service's error, which moto turns into the name that the integration gives it."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "scripted"},
    }
    return type(code, (ClientError,), {})(response, operation)


class Client:
    """A client of one service, as a task of a state machine has it."""

    def __init__(self, script: Script, service: str) -> None:
        self.script = script
        self.service = service

    def __getattr__(self, operation: str):
        def call(**parameters):
            if self.script.twice and HERE.action == operation:
                self.answer(operation, parameters)
            return self.answer(operation, parameters)

        return call

    def answer(self, operation: str, parameters: dict):
        """Notes the call, and answers it."""
        if HERE.action != operation:  # A `.sync` task looks at what it started.
            return self.real(operation, parameters)
        self.note(operation, parameters)
        gate = gate_of(parameters)
        keys = [f"{HERE.state} {gate}", f"{HERE.machine}.{HERE.state}", HERE.state]
        scripted = self.script.next(*keys) or {"does": True}
        if "does" not in scripted:
            return self.scripted(operation, scripted, parameters)
        if self.service in self.script.forward:
            return self.forwarded(operation, parameters)
        if self.service in self.script.models:
            answer = self.script.models[self.service].answer(operation, parameters)
            if isinstance(answer, str):
                raise refusal(operation, answer)
            return self.checked(operation, answer)
        if self.service == "lambda":
            self.script.problems.append(f"{HERE.state}: nothing is scripted for {keys}")
            raise failure("Lambda.Unscripted", str(keys))
        return self.real(operation, parameters)

    def note(self, operation: str, parameters: dict) -> None:
        """Keeps the call, and whether AWS would take it."""
        shape = model_of(self.service, operation).input_shape
        report = ParamValidator().validate(parameters, shape)
        if report.has_errors():
            self.script.problems.append(f"{HERE.state}: {operation}: {report.generate_report()}")
        shown = {key: shown_value(value) for key, value in parameters.items()}
        at = dict(machine=HERE.machine, execution=HERE.execution, state=HERE.state)
        call = dict(at, service=self.service, operation=operation, parameters=shown)
        with self.script.lock:
            self.script.calls.append(call)

    def scripted(self, operation: str, answer: dict, parameters: dict):
        """One answer of the script."""
        if "until_marked" in answer:
            marked = self.marked(parameters)
            answer = {"returns": answer["until_marked"] if marked else answer["before"]}
        if "hangs" in answer:
            time.sleep(answer["hangs"])
            raise failure("Lambda.Unknown", "woken too late")
        if "error" in answer:
            raise failure(answer["error"], answer.get("cause", "said by the script"))
        if "refuses" in answer:
            raise refusal(operation, answer["refuses"], answer.get("message", "refused by the script"))
        if self.service != "lambda":
            return self.checked(operation, answer["returns"])
        if "throws" in answer:
            thrown = {"errorType": answer["throws"], "errorMessage": answer.get("message", "thrown by the script")}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": Body(json.dumps(thrown))}
        return {"StatusCode": 200, "Payload": Body(json.dumps(with_times(answer["returns"])))}

    def marked(self, parameters: dict) -> bool:
        """Whether the stop mark of this gate's payload is put."""
        mark = json.loads(parameters["Payload"])["mark"]
        item = moto("dynamodb", self.script.port).get_item(TableName=mark["table"], Key={"id": {"S": mark["id"]}})
        return "Item" in item

    def checked(self, operation: str, answer: dict):
        """An answer must be one that the service could give."""
        unknown = unknown_members(answer, model_of(self.service, operation).output_shape)
        if unknown:
            self.script.problems.append(f"{HERE.state}: the script's answer has {unknown}")
        return copy.deepcopy(answer)

    def forwarded(self, operation: str, parameters: dict):
        """The answer of something that really runs."""
        url = self.script.forward[self.service]
        if self.service == "lambda":
            return invoke(url, parameters)
        return getattr(client(self.service, url), operation)(**parameters)

    def real(self, operation: str, parameters: dict):
        """moto's own answer."""
        return getattr(moto(self.service, self.script.port), operation)(**parameters)


class Body:
    """What botocore gives for a streamed answer."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self) -> bytes:
        return self.text.encode()


def invoke(url: str, parameters: dict) -> dict:
    """Invokes a function under `cargo lambda watch`, which tells a function's error by the status alone."""
    name = parameters["FunctionName"].split(":")[-1]
    request = urllib.request.Request(
        f"{url}/2015-03-31/functions/{name}/invocations", data=parameters["Payload"], method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=900) as response:
            return {"StatusCode": 200, "Payload": Body(response.read().decode())}
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise refusal("Invoke", "ResourceNotFoundException") from error
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": Body(error.read().decode())}


CLIENTS: dict[tuple[str, str], object] = {}
MAKING = threading.Lock()


def client(service: str, url: str):
    """A client of botocore's, made once."""
    with MAKING:
        if (service, url) not in CLIENTS:
            keys = dict(aws_access_key_id="a", aws_secret_access_key="b")
            CLIENTS[service, url] = boto3.client(service, region_name=REGION, endpoint_url=url, **keys)
    return CLIENTS[service, url]


def moto(service: str, port: int):
    """A client of the bed's own moto."""
    return client(service, f"http://127.0.0.1:{port}")


def model_of(service: str, operation: str):
    """botocore's model of an operation."""
    made = client(service, "http://127.0.0.1:1")
    return made.meta.service_model.operation_model(made.meta.method_to_api_mapping[operation])


def gate_of(parameters: dict) -> str:
    """The gate that a call is about, where it is about one."""
    for field in ("Payload", "input"):
        if field in parameters:
            inner = json.loads(parameters[field])
            return str(inner.get("gate", "")) if isinstance(inner, dict) else ""
    if "executionArn" in parameters:
        return parameters["executionArn"].split(":")[-1]
    return ""


def shown_value(value):
    """JSON inside text is easier to compare as JSON."""
    text = value.decode() if isinstance(value, bytes) else value
    if isinstance(text, str) and text[:1] in "{[":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return copy.deepcopy(text)


def unknown_members(value, shape, at: str = "") -> list[str]:
    """Members of an answer that the service's model does not have."""
    if shape is None:
        return []
    if shape.type_name == "structure" and isinstance(value, dict):
        found = [f"{at}.{key}" for key in value if key not in shape.members]
        known = [key for key in value if key in shape.members]
        return found + [x for key in known for x in unknown_members(value[key], shape.members[key], f"{at}.{key}")]
    if shape.type_name == "list" and isinstance(value, list):
        return [x for inner in value for x in unknown_members(inner, shape.member, f"{at}[]")]
    return []


def with_times(value):
    """`in 60` as a time is a minute from now."""
    if isinstance(value, dict):
        return {key: with_times(inner) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith("in ") and value[3:].lstrip("-").isdigit():
        at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=int(value[3:]))
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def install(script_now) -> None:
    """Gives moto's tasks the clients of the script that is on."""

    def client_for(region: str, service: str, state_credentials=None) -> Client:
        return Client(script_now(), service)

    for module in (
        lambda_eval_utils,
        state_task_service_aws_sdk,
        state_task_service_dynamodb,
        state_task_service_events,
        state_task_service_sfn,
        state_task_service_sns,
    ):
        module.boto_client_for = client_for
    base = state_task_service.StateTaskService
    before = base._eval_execution

    def execute(self, env) -> None:
        context = env.states.context_object.context_object_data
        HERE.environment = env
        HERE.machine = context["StateMachine"]["Id"].split(":")[-1]
        HERE.execution = context["Execution"]["Id"]
        HERE.state = context["State"]["Name"]
        HERE.action = self._get_boto_service_action()
        before(self, env)

    base._eval_execution = execute
