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
    below = [other for other in bodies if other not in seen and re.search(rf"\.{other}\(", bodies[name])]
    return bodies[name] + "".join(reached(other, bodies, seen) for other in below if other not in seen)


def called_by(gates):
    """The operations that gates call through `shared/aws`, roles of other accounts included."""
    text = source_of(gates)
    used = {name for name in methods() if re.search(rf"\.{name}\(", text)}
    return {"sts:AssumeRole"}.union(*(methods()[name] for name in used))


def services():
    """The services whose SDK crates it uses."""
    return re.findall(r"^aws-sdk-(\w+)", (AWS / "Cargo.toml").read_text(), re.MULTILINE)


@cache
def operations():
    """All operations of these services, as actions of a policy, by the name of their method."""
    session = botocore.session.get_session()
    return {
        f"{service}:{operation}": xform_name(operation)
        for service in services()
        for operation in session.get_service_model(service).operation_names
    }


def called(text):
    """The operations that are called as methods of a client, as actions of a policy."""
    return {action for action, method in operations().items() if f".{method}()" in text}


def named(text):
    """The operations that errors and hints name."""
    return set(re.findall(rf'"((?:{"|".join(services())}):[A-Z]\w+)"', text))
