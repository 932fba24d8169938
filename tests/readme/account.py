"""An emulated AWS for the commands that need an account: moto, behind a socket.

moto carries out change sets, and knows nothing of the Serverless transform that CloudFormation applies to them. So it is
applied here, by the translator that SAM itself uses, and what moto does not know of the template is put as the other
tests of the template put it.
"""

import json

from infra import aws
from moto.cloudformation.models import CloudFormationBackend
from moto.server import ThreadedMotoServer
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "us-east-1"
OWN = "StageChecksMachine"


def transformed(text: str) -> str:
    """A template as CloudFormation carries it out."""
    template = yaml_parse(text)
    if "Transform" not in template:
        return text
    parameters = {name: own["Default"] for name, own in template.get("Parameters", {}).items() if "Default" in own}
    template = Translator({}, Parser()).translate(template, parameters)
    if OWN in template["Resources"]:
        template = aws.defined(template)
    return json.dumps(template)


def create_change_set(backend, stack_name, change_set_name, template, *arguments, **named):
    """Applies the transform, then makes the change set."""
    return CREATE(backend, stack_name, change_set_name, transformed(template), *arguments, **named)


def execute_change_set(backend, change_set_name, stack_name=None):
    """Makes a new stack as moto makes one without a change set: with one it would have neither outputs nor tags."""
    change_set = backend.describe_change_set(change_set_name)
    if change_set.change_set_type != "CREATE":
        return EXECUTE(backend, change_set_name, stack_name)
    del backend.stacks[change_set.stack_id]
    stack = backend.create_stack(
        name=change_set.stack_name,
        template=change_set.template,
        parameters=change_set.parameters,
        tags=change_set.tags,
    )
    change_set.execution_status = "EXECUTE_COMPLETE"
    # Who made the change set knows the stack by the id that was said then.
    del backend.stacks[stack.stack_id]
    stack.stack_id = change_set.stack_id
    backend.stacks[stack.stack_id] = stack
    return None


CREATE = CloudFormationBackend.create_change_set
EXECUTE = CloudFormationBackend.execute_change_set


class Account:
    """The emulator, from entering to leaving."""

    def __enter__(self):
        CloudFormationBackend.create_change_set = create_change_set
        CloudFormationBackend.execute_change_set = execute_change_set
        self.server = ThreadedMotoServer(port=0, verbose=False)
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop()
        CloudFormationBackend.create_change_set = CREATE
        CloudFormationBackend.execute_change_set = EXECUTE

    def environment(self):
        """What points clients at it, with credentials that are nobody's."""
        # moto finds a template in a bucket only where the address says `localhost`.
        _, port = self.server.get_host_and_port()
        return {
            "AWS_ENDPOINT_URL": f"http://localhost:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PAGER": "",
            "SAM_CLI_TELEMETRY": "0",
        }

