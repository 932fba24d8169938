"""What moto's interpreter of state machines needs until it answers as AWS does. Each patch says why it is there.

Nothing here knows Sluice. moto 5.2.5; a patch that moto no longer needs goes away.
"""

import datetime
import json
import re
import threading
import time
from functools import lru_cache

import boto3
import jsonata
from botocore.exceptions import ClientError
from jsonata.utils import Utils
from moto.core.config import default_user_config
from moto.stepfunctions.parser.api import (
    EvaluationFailedEventDetails,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_callback,
    state_task_service_dynamodb,
    state_task_service_lambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata.jsonata import (
    IllegalJSONataVariableReference,
    extract_jsonata_variable_references,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

REGION = "us-east-1"


def apply(time_scale: float, waited) -> None:
    """Patches moto, once for a process. `waited(environment, seconds)` hears of each Wait."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    StringJSONata._eval_body = evaluate
    scale_time(time_scale, waited)
    keep_uncatchable_errors()
    name_errors_of_services()
    speak_camel_case()
    forget_rejected_definitions()
    iteration_worker.CustomErrorName = error_name
    # Reading a definition takes most of a short execution's time; what was read holds no state of an execution.
    AmazonStateLanguageParser.parse = staticmethod(lru_cache(AmazonStateLanguageParser.parse))


# moto has no engine for JSONata, writes variables into the text of the expression without escaping quotes, and does not
# tell null from undefined. Here values are bound, and an expression that gives nothing fails, as on AWS.
COMPILED: dict[str, jsonata.Jsonata] = {}
ENGINE = threading.Lock()


def evaluate(self, environment) -> None:
    """Evaluates one expression with the variables that it names."""
    bound = bindings(self.expression, environment)
    try:
        with ENGINE:
            result = compiled(self.expression).evaluate(None, with_nulls(bound))
    except Exception as error:  # The engine has many kinds; on AWS each of them is this one.
        record(self.expression, bound, {"failed": str(error)})
        raise evaluation_failed(environment, f"`{self.expression}`: {error}") from error
    if result is None or callable(result):
        record(self.expression, bound, {"failed": "undefined"})
        raise evaluation_failed(environment, f"`{self.expression}` returned nothing (undefined)")
    record(self.expression, bound, {"value": as_json(result)})
    environment.stack.append(as_json(result))


RECORDED: dict[str, dict] = {}
"""Each evaluation once, of the scripts that want a second opinion of theirs."""
RECORDS = threading.Event()


def record(expression: str, bound: dict, said: dict) -> None:
    """Keeps an evaluation."""
    if RECORDS.is_set():
        evaluation = {"expression": expression, "bindings": bound, "said": said}
        RECORDED[json.dumps([expression, bound], default=str)] = evaluation


def compiled(expression: str) -> jsonata.Jsonata:
    """The expression, parsed once."""
    if expression not in COMPILED:
        made = jsonata.Jsonata(expression)
        made.set_output_convert_nulls(False)
        # Step Functions' own function beside those of JSONata.
        made.register_lambda("parse", lambda text: None if text is None else with_nulls(json.loads(text)))
        COMPILED[expression] = made
    jsonata.Jsonata.CURRENT.jsonata = COMPILED[expression]
    return COMPILED[expression]


def bindings(expression: str, environment) -> dict:
    """Values of `$states` and of the variables that the expression names."""
    named = {reference.split(".")[0][1:] for reference in references(expression, environment)}
    data = environment.states._states_data
    states = {key: plain(data.get(key)) for key in data if f"$states.{key}" in expression}
    store = environment.variable_store
    known = {**store._outer_scope, **store._inner_scope}
    return {"states": states, **{name: plain(known[name]) for name in named & set(known)}}


def references(expression: str, environment) -> set[str]:
    """What the expression names. A lone `$` or `$$` is refused, as on AWS."""
    try:
        return extract_jsonata_variable_references(expression)
    except IllegalJSONataVariableReference as error:
        raise evaluation_failed(environment, f"`{expression}`: {error.variable_reference} is not allowed") from error


def plain(value):
    """A copy as JSON has it: times are text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime.datetime) else value


def with_nulls(value):
    """A copy in which null is the engine's null: Python's None is undefined to it."""
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, dict):
        return {key: with_nulls(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_nulls(inner) for inner in value]
    return value


def as_json(value):
    """What the engine returned, as plain JSON. It counts in floats where others write whole numbers."""
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(inner) for inner in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


def evaluation_failed(environment, cause: str) -> FailureEventException:
    """`States.QueryEvaluationError`, which a Catch of the state may take."""
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(error=name.error_name, cause=cause[:2000])
    return FailureEventException(
        FailureEvent(
            env=environment,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=details),
        )
    )


def error_name(error_name: str):
    """The name of an error; moto refuses to hand up those of Step Functions itself from an iteration."""
    known = {kind.to_name(): kind for kind in StatesErrorNameType}
    return StatesErrorName(typ=known[error_name]) if error_name in known else CustomErrorName(error_name)


def scale_time(scale: float, waited) -> None:
    """Wait and Retry take a part of their time; timeouts take theirs."""

    def wait(_, env, wait_seconds) -> None:
        waited(env, wait_seconds)
        end = time.monotonic() + wait_seconds / scale
        while env.is_running() and (left := end - time.monotonic()) > 0:
            env.program_state_event.wait(min(left, 0.05))

    class Scaled:
        sleep = staticmethod(lambda seconds: time.sleep(seconds / scale))

    WaitFunction._wait_interval = wait
    retrier_decl.time = Scaled
    # How often a `.sync` task looks at what it started: no time of the machine's.
    state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.01


def keep_uncatchable_errors() -> None:
    """`States.ALL` takes neither of these two on AWS; moto lets it."""
    uncatchable = {"States.DataLimitExceeded", "States.Runtime"}
    before = ErrorEqualsDecl._eval_body

    def matches(self, environment) -> None:
        name = environment.stack[-1]
        before(self, environment)
        listed = {error.error_name for error in self.error_names}
        if name is not None and name.error_name in uncatchable and name.error_name not in listed:
            environment.stack[-1] = False

    ErrorEqualsDecl._eval_body = matches


def name_errors_of_services() -> None:
    """`CodePipeline.ConflictException`; moto has the prefixes of two services only."""
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update(codepipeline="CodePipeline", codedeploy="CodeDeploy")
    invoke = state_task_service_lambda._SUPPORTED_API_PARAM_BINDINGS["invoke"]
    # Documented for the Lambda integration, and dropped by moto without a word.
    invoke.add("InvocationType")
    # Whatever is not an answer of DynamoDB, a timeout for one, has the same name there.
    table = state_task_service_dynamodb.StateTaskServiceDynamoDB
    before = table._from_error

    def from_error(self, env, ex):
        answered = isinstance(ex, ClientError)
        return before(self, env, ex) if answered else StateTaskService._from_error(self, env, ex)

    table._from_error = from_error


MODELS: dict[str, object] = {}


def operation(task, service, action):
    """botocore's model of what a task calls."""
    service, action = task._get_boto_service_name(service), task._get_boto_service_action(action)
    if service not in MODELS:
        MODELS[service] = boto3.client(
            service, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )
    client = MODELS[service]
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[action])


def speak_camel_case() -> None:
    """Parameters and results are PascalCase in a state machine; moto ships the translation and never calls it."""

    def request(self, parameters, boto_service_name=None, service_action_name=None) -> None:
        shape = operation(self, boto_service_name, service_action_name).input_shape
        if shape is not None:
            self._to_boto_request(parameters, shape)

    def response(self, response, boto_service_name=None, service_action_name=None) -> None:
        shape = operation(self, boto_service_name, service_action_name).output_shape
        if shape is not None:
            self._from_boto_response(response, shape)
            times_as_text(response)

    # moto's own does not go into the members of lists of structures that have such members.
    StateTaskService._normalise_parameters, StateTaskService._normalise_response = request, response


def times_as_text(value) -> None:
    """Times are text in a state machine."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        if isinstance(inner, datetime.datetime):
            value[key] = re.sub(r"\+00:00$", "Z", inner.isoformat(timespec="milliseconds"))
        else:
            times_as_text(inner)


def forget_rejected_definitions() -> None:
    """moto keeps the parser's state in a class, so that one rejected definition spoils every later one."""
    before = Preprocessor.__init__

    def fresh(self, *arguments, **named) -> None:
        self._query_language_per_scope = []
        before(self, *arguments, **named)

    Preprocessor.__init__ = fresh
