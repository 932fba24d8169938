"""What the template allows or names before its source is there. To be taken away when all of it is."""

from infra.calls import AWS, host
from infra.template import ROOT

# A file, and for which roles what of it is called.
GATES = ("BakeRole", "CanaryRole", "ValidateRole")
SOURCES = {
    AWS / "src" / "waivers.rs": dict.fromkeys(GATES, {"dynamodb:Query"}),
    AWS / "src" / "marks.rs": dict.fromkeys(GATES, {"dynamodb:GetItem"}),
}
MODULES = {"checks": "ChecksRole", "resolve": "PlanRole", "grant": "OverrideRole"}


def allowed(role):
    """What a role is allowed for a file that is not there."""
    return set().union(*(roles.get(role, set()) for path, roles in SOURCES.items() if not path.exists()))


def is_there(role):
    """Whether the module is there that a role is for."""
    return role not in MODULES.values() or any(MODULES.get(module) == role for module in host())


def crates(names):
    """Those of these crates that are there."""
    return [name for name in names if (ROOT / "functions" / name / "Cargo.toml").exists()]
