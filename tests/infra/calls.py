"""Which AWS operations the Rust source calls, by the operations that botocore knows."""

import re

import botocore.session
from botocore import xform_name

from infra.template import ROOT

AWS = ROOT / "shared" / "aws"


def source():
    """All of `shared/aws`, the only crate that calls AWS."""
    return "\n".join(path.read_text() for path in sorted((AWS / "src").rglob("*.rs")))


def services():
    """The services whose SDK crates it uses."""
    return re.findall(r"^aws-sdk-(\w+)", (AWS / "Cargo.toml").read_text(), re.MULTILINE)


def called(text):
    """The operations that are called as methods of a client, as actions of a policy."""
    session = botocore.session.get_session()
    return {
        f"{service}:{operation}"
        for service in services()
        for operation in session.get_service_model(service).operation_names
        if re.search(rf"\.{xform_name(operation)}\(\)", text)
    }


def named(text):
    """The operations that errors and hints name."""
    return set(re.findall(rf'"((?:{"|".join(services())}):[A-Z]\w+)"', text))
