"""Writes docs/permissions.md, and what the tests in Rust hold functions to: `make docs`."""

import json
import re

from infra import permissions, rights
from infra.template import ROOT, load, translated

PAGE = ROOT / "docs" / "permissions.md"

BEGIN = """# What each function may do

Each function has a role of its own. The tables are what the roles in [infra/template.yaml](../infra/template.yaml)
allow; `make docs` writes this page, and a test fails where it is not what the template says.

**How it is known to be enough, and no more.** Scenarios run every function in the simulated AWS, which refuses what the
template's policies do not allow: each row of [semantics.md](semantics.md), asked by Lambda actions, state machines and
hooks, and scenarios of the other functions. What they ask for is recorded in `tests/permissions/calls.json`. A test
compares that with the template both ways: a call that no statement allows is red, and so is an action, or a resource of
one, that no recorded call needs. It is seen red for each right taken away in turn, and for rights added
(`tests/infra/test_permissions.py`). None of this ran on AWS: IAM itself was not asked.

*Seen* means that a recorded call needs the right. What is not seen has its reason instead. Rights under a condition are
there only where the parameter is set. What state machines may do is held to the tasks of their definitions.
"""

ALL = """
## For all resources

AWS gives these only for all resources, or misleads who has less:

| Action | Reason |
| --- | --- |
"""

OTHERS = """
## With the role that a plan names

These were called with a role of a plan, so they are up to that role's own policy; the function's role has only to assume
it. [`infra/read-role.yaml`](../infra/read-role.yaml) is such a role for another account.

| Function | Action | On |
| --- | --- | --- |
"""

MISSING = """
## Asked for and not given

| Function | On | Reason |
| --- | --- | --- |
"""


def words(sid):
    """The name of a statement, as words."""
    parts = re.findall(r"[A-Z][a-z]*", sid)
    return " ".join(part.lower() for part in parts)


def shown(resource):
    """A resource as it is written in the template, in short."""
    if isinstance(resource, list):
        return ", ".join(shown(one) for one in resource)
    if isinstance(resource, str):
        return "everything" if resource == "*" else f"`{resource}`"
    if "Ref" in resource:
        return f"`{resource['Ref']}`"
    if "Fn::GetAtt" in resource:
        return f"`{resource['Fn::GetAtt'][0]}`"
    text = re.sub(r"\$\{(\w+)\.(?:Arn|Name)\}", r"\1", resource["Fn::Sub"])
    return f"`{text.replace('arn:${AWS::Partition}:', '').replace('${AWS::Region}:${AWS::AccountId}:', '')}`"


def seen(function, own, template, action):
    """Whether a recorded call needs an action of a statement, or why none does."""
    policy = {"Statement": [permissions.resolved(own, template)]}
    grants = [grant for grant in permissions.grants(policy) if grant[1] == action]
    calls = [call for call in permissions.recorded() if call["function"] == function and call["with"] is None]
    if any(permissions.gives(grant, call) for grant in grants for call in calls):
        return "seen"
    return permissions.NOT_SEEN.get(action, "not seen")


def rows(function, template):
    """A line for each action of a function's role."""
    for written in rights.as_written(template, permissions.role_of(function)):
        own = rights.given(written)
        condition = f" (if `{written['Fn::If'][0]}`)" if "Fn::If" in written else ""
        for action in rights.listed(own["Action"]):
            said = "forbidden" if own["Effect"] == "Deny" else seen(function, own, template, action)
            yield f"| {words(own['Sid'])}{condition} | `{action}` | {shown(own['Resource'])} | {said} |\n"


def page(template):
    """The whole page."""
    text = BEGIN
    for function in permissions.FUNCTIONS:
        text += f"\n## `{function}`\n\n| To | Action | On | |\n| --- | --- | --- | --- |\n"
        text += "".join(rows(function, template))
    reasons = {action: why for action, why in rights.FOR_ALL.items() if action not in rights.LOG_DELIVERY}
    text += ALL + "".join(f"| `{action}` | {why} |\n" for action, why in sorted(reasons.items()))
    elsewhere = [call for call in permissions.recorded() if call["with"]]
    lines = sorted({(call["function"], call["action"], call["resource"]) for call in elsewhere})
    text += OTHERS + "".join(f"| `{function}` | `{action}` | `{on}` |\n" for function, action, on in lines)
    missing = sorted(permissions.NOT_GIVEN.items())
    return text + MISSING + "".join(f"| `{name}` | `{action}` | {why} |\n" for (name, action), why in missing)


def written(policies):
    """The policies as they are kept, one statement a line."""
    statements = {
        function: ",\n".join(f"    {json.dumps(own)}" for own in policy["Statement"])
        for function, policy in policies.items()
    }
    parts = [
        f'  {json.dumps(function)}: {{"Version": "2012-10-17", "Statement": [\n{own}\n  ]}}'
        for function, own in statements.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    TEMPLATE = translated()
    permissions.POLICIES.write_text(written(permissions.policies(TEMPLATE)))
    if permissions.CALLS.exists():
        PAGE.write_text(page(TEMPLATE))
