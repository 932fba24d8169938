"""Which AWS operations the Rust source calls, by the operations that botocore knows."""

import re
from functools import cache

import botocore.session
from botocore import xform_name

from infra.template import ROOT

AWS = ROOT / "shared" / "aws"


def source():
    """All of `shared/aws`, the only crate that calls AWS."""
    return "\n".join(path.read_text() for path in sorted((AWS / "src").rglob("*.rs")))


def source_of(gates):
    """The source of gates, and of the host that every gate runs in; not of the reaper, which is another function."""
    own = [path for name in gates for path in sorted((ROOT / "shared" / "gates" / "src").rglob(f"{name}*/**/*.rs"))]
    own += [ROOT / "shared" / "gates" / "src" / f"{name}.rs" for name in gates]
    host = [path for path in sorted((ROOT / "shared" / "host" / "src").glob("*.rs")) if path.stem != "reap"]
    return "\n".join(path.read_text() for path in own + host)


@cache
def methods():
    """What each function of `shared/aws` calls, those that it calls of the same crate included."""
    parts = re.split(r"\basync fn (\w+)", source())
    bodies = dict(zip(parts[1::2], parts[2::2]))
    return {name: called(reached(name, bodies, set())) for name in bodies}


def reached(name, bodies, seen):
    """The text of a function and of those that it calls."""
    seen.add(name)
    below = [other for other in bodies if other not in seen and re.search(rf"\bself\s*\.{other}\(", bodies[name])]
    return bodies[name] + "".join(reached(other, bodies, seen) for other in below if other not in seen)


def called_by(gates):
    """The operations that gates call through `shared/aws`, roles of other accounts included."""
    text = source_of(gates)
    used = {name for name in methods() if re.search(rf"\baws\s*\.{name}\(", text)}
    return {"sts:AssumeRole"}.union(*(methods()[name] for name in used))


# Where a policy and botocore call a service otherwise than the SDK's crate does.
IN_POLICIES, IN_BOTOCORE = {"sfn": "states"}, {"sfn": "stepfunctions"}
# Where a policy calls an operation otherwise than the API does.
ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}


def services():
    """The services whose SDK crates it uses."""
    return re.findall(r"^aws-sdk-(\w+)", (AWS / "Cargo.toml").read_text(), re.MULTILINE)


def action(service, operation):
    """What a policy calls an operation."""
    name = f"{IN_POLICIES.get(service, service)}:{operation}"
    return ACTIONS.get(name, name)


@cache
def operations():
    """All operations of these services, as actions of a policy, by the name of their method."""
    session = botocore.session.get_session()
    return {
        action(service, operation): xform_name(operation)
        for service in services()
        for operation in session.get_service_model(IN_BOTOCORE.get(service, service)).operation_names
    }


def called(text):
    """The operations that are called as methods of a client, as actions of a policy."""
    return {action for action, method in operations().items() if f".{method}()" in text}


def named(text):
    """The operations that errors and hints name."""
    prefixes = "|".join(IN_POLICIES.get(service, service) for service in services())
    return set(re.findall(rf'"((?:{prefixes}):[A-Z]\w+)"', text))
