"""The shape of the events that the machines publish, as `docs/events` has it."""

import json

import jsonschema

from .bed import MACHINES

DOCS = MACHINES.parent / "docs" / "events"
FILES = {"Sluice Stage Checks": "stage-checks.schema.json", "Sluice Rollback": "rollback.schema.json"}


def schema(detail_type: str) -> dict:
    """The documented shape of a detail."""
    return json.loads((DOCS / FILES[detail_type]).read_text())


def mistakes_in(detail_type: str, detail: dict) -> list[str]:
    """What of a detail is not as documented."""
    validator = jsonschema.Draft202012Validator(schema(detail_type))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(detail)]
