"""Each function may do what it was seen to do, no less and no more."""

import copy

import pytest

from infra import permission_page, permissions, rights
from infra.template import translated

TEMPLATE = translated()


def statements():
    """Each statement of each function's role that allows something: the function, and which of its own it is."""
    for function in permissions.FUNCTIONS:
        for number, own in enumerate(rights.statements(TEMPLATE, permissions.role_of(function))):
            if own["Effect"] == "Allow":
                yield function, number, own


def doctored(function, number, change):
    """The template with one statement of a function's role changed."""
    template = copy.deepcopy(TEMPLATE)
    change(rights.statements(template, permissions.role_of(function))[number])
    return permissions.problems(template)


def excused_action(function, own, action):
    """Whether an action is there for Lambda itself, so that no call shows that it lacks."""
    policy = {"Statement": [permissions.resolved(own, TEMPLATE)]}
    grants = [grant for grant in permissions.grants(policy) if grant[1] == action]
    return all(permissions.excused(function, grant) for grant in grants)


def test_roles_allow_exactly_what_was_recorded():
    assert permissions.problems(TEMPLATE) == []


def test_every_function_is_recorded():
    recorded = {call["function"] for call in permissions.recorded()}
    assert recorded == set(permissions.FUNCTIONS) == {
        name.removesuffix("Function").lower() for name in rights.of_type(TEMPLATE, "AWS::Lambda::Function")
    }


def test_what_the_recording_is_held_to_is_what_the_template_allows():
    assert permissions.POLICIES.read_text() == permission_page.written(permissions.policies(TEMPLATE))


def test_the_page_is_what_the_template_allows():
    assert permission_page.PAGE.read_text() == permission_page.page(TEMPLATE)


REMOVED = [
    pytest.param(function, number, action, id=f"{function}-{own['Sid']}-{action}")
    for function, number, own in statements()
    for action in rights.listed(own["Action"])
    if not excused_action(function, own, action)
]


@pytest.mark.parametrize(("function", "number", "action"), REMOVED)
def test_a_right_that_is_taken_away_is_missed(function, number, action):
    def change(own):
        own["Action"] = [one for one in rights.listed(own["Action"]) if one != action]

    found = doctored(function, number, change)
    assert any(f"{function} may not {action} on" in problem for problem in found), found


@pytest.mark.parametrize("function", permissions.FUNCTIONS)
@pytest.mark.parametrize("action", ["s3:DeleteObject", "dynamodb:Scan", "sts:AssumeRoleWithSAML"])
def test_a_right_that_is_added_is_seen(function, action):
    def change(own):
        own["Action"] = [*rights.listed(own["Action"]), action]

    for _, number, _ in (one for one in statements() if one[0] == function):
        found = doctored(function, number, change)
        assert any(f"{function} does not need {action}" in problem for problem in found), found


@pytest.mark.parametrize("function", permissions.FUNCTIONS)
def test_a_resource_that_is_added_is_seen_and_one_that_is_another_is_missed(function):
    other = "arn:aws:s3:::somebody-elses/*"

    def more(own):
        own["Resource"] = [*rights.listed(own["Resource"]), other]

    def another(own):
        own["Resource"] = other

    for _, number, own in (one for one in statements() if one[0] == function):
        assert any(f"on {other}" in problem for problem in doctored(function, number, more)), own
        if not all(excused_action(function, own, action) for action in rights.listed(own["Action"])):
            assert any("may not" in problem for problem in doctored(function, number, another)), own


def test_a_right_that_two_statements_give_is_spare():
    def change(own):
        own["Action"] = [*rights.listed(own["Action"]), "events:PutEvents"]
        own["Resource"] = [*rights.listed(own["Resource"]), {"Fn::GetAtt": ["EventBus", "Arn"]}]

    found = doctored("bake", 0, change)
    assert any("bake does not need events:PutEvents" in problem for problem in found), found


def test_a_call_that_is_new_is_missed_and_one_that_is_gone_leaves_its_right_spare():
    calls = permissions.recorded()
    own = {"function": "plan", "with": None, "action": "dynamodb:Query", "resource": "arn:aws:dynamodb:x:1:table/other"}
    assert permissions.problems(TEMPLATE, [*calls, own]) == [f"plan may not dynamodb:Query on {own['resource']}"]
    fewer = [call for call in calls if call["action"] != "codepipeline:PollForJobs"]
    found = permissions.problems(TEMPLATE, fewer)
    assert any("worker does not need codepipeline:PollForJobs" in problem for problem in found)


@pytest.mark.parametrize("exceptions", [permissions.NOT_SEEN, permissions.BESIDE, permissions.NOT_GIVEN])
def test_an_exception_that_is_of_nothing_is_red(exceptions, monkeypatch):
    stale = ("bake", "s3:Nothing") if exceptions is not permissions.NOT_SEEN else "s3:Nothing"
    monkeypatch.setitem(exceptions, stale, "no reason")
    assert permissions.problems(TEMPLATE) == [f"the exception {stale} is of nothing"]


@pytest.mark.parametrize("exceptions", [permissions.NOT_SEEN, permissions.BESIDE, permissions.NOT_GIVEN])
def test_an_exception_that_is_gone_is_missed(exceptions, monkeypatch):
    for own in list(exceptions):
        with monkeypatch.context() as patched:
            patched.delitem(exceptions, own)
            assert permissions.problems(TEMPLATE), own
