"""StartBuild, BatchGetBuilds, ListBuildsForProject and StopBuild.

moto's builds end when they are looked at, have no variables, and know no
idempotency tokens: what depends on those is asked of the world only."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def project(aws):
    """A project whose builds wait; moto needs it created."""
    if aws.name == "moto":
        aws.client("codebuild").create_project(
            name="long",
            source={"type": "S3", "location": "bucket/source.zip"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "image",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            serviceRole="arn:aws:iam::123456789012:role/build",
        )
    return "long"


def variable(build, name):
    variables = build["environment"]["environmentVariables"]
    return [own["value"] for own in variables if own["name"] == name]


def test_a_started_build_is_in_progress_and_has_an_arn(aws, project):
    build = aws.client("codebuild").start_build(projectName=project, sourceVersion="abc")["build"]
    assert build["buildStatus"] == "IN_PROGRESS"
    assert build["projectName"] == project
    assert build["sourceVersion"] == "abc"
    assert build["buildComplete"] is False
    assert build["arn"].endswith(f":build/{build['id']}")
    assert build["id"].startswith(f"{project}:")
    assert build["phases"][0]["phaseType"] == "SUBMITTED"


def test_builds_are_got_by_id_and_those_that_do_not_exist_are_named(aws, project):
    codebuild = aws.client("codebuild")
    build = codebuild.start_build(projectName=project)["build"]
    none = f"{project}:00000000-0000-4000-8000-000000000000"
    answer = codebuild.batch_get_builds(ids=[build["id"], none])
    assert [own["arn"] for own in answer["builds"]] == [build["arn"]]
    # moto leaves them out.
    if aws.name == "world":
        assert answer["buildsNotFound"] == [none]


def test_builds_are_listed_by_project(aws, project):
    codebuild = aws.client("codebuild")
    ids = [codebuild.start_build(projectName=project)["build"]["id"] for _ in range(2)]
    listed = codebuild.list_builds_for_project(projectName=project)["ids"]
    # AWS documents the newest first; moto gives the oldest.
    if aws.name == "world":
        assert listed[:2] == ids[::-1]
    assert set(ids) <= set(listed)


def test_a_stopped_build_is_stopped(aws, project):
    codebuild = aws.client("codebuild")
    build = codebuild.start_build(projectName=project)["build"]
    stopped = codebuild.stop_build(id=build["id"])["build"]
    assert (stopped["arn"], stopped["buildStatus"]) == (build["arn"], "STOPPED")
    assert stopped["currentPhase"] == "COMPLETED"


@pytest.mark.parametrize("operation", ["start_build", "list_builds_for_project"])
def test_a_project_that_is_not_there_is_refused(aws, operation):
    with pytest.raises(ClientError) as refused:
        getattr(aws.client("codebuild"), operation)(projectName="none")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_build_that_is_not_there_cannot_be_stopped(aws, project):
    with pytest.raises(ClientError) as refused:
        aws.client("codebuild").stop_build(id=f"{project}:00000000-0000-4000-8000-000000000000")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_build_shows_the_variables_that_it_was_started_with(world):
    build = world.client("codebuild").start_build(
        projectName="long",
        environmentVariablesOverride=[{"name": "MARK", "value": "m-1", "type": "PLAINTEXT"}],
    )["build"]
    assert variable(build, "MARK") == ["m-1"]


def test_a_token_starts_one_build_and_no_other_with_it(world, fresh):
    codebuild = world.client("codebuild")
    start = {"projectName": "long", "idempotencyToken": fresh}
    first = codebuild.start_build(**start)["build"]
    assert codebuild.start_build(**start)["build"]["arn"] == first["arn"]
    with pytest.raises(ClientError, match="mismatch") as refused:
        codebuild.start_build(**start, sourceVersion="other")
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


def test_a_build_ends_and_says_in_which_phase_it_failed(world):
    codebuild = world.client("codebuild")
    good = codebuild.start_build(projectName="short")["build"]
    bad = codebuild.start_build(projectName="bad")["build"]
    good, bad = codebuild.batch_get_builds(ids=[good["id"], bad["id"]])["builds"]
    assert (good["buildStatus"], good["buildComplete"]) == ("SUCCEEDED", True)
    assert good["logs"]["groupName"] == "/aws/codebuild/short"
    assert bad["buildStatus"] == "FAILED"
    [failed] = [own for own in bad["phases"] if own.get("phaseStatus") == "FAILED"]
    assert failed["phaseType"] == "BUILD"
    assert failed["contexts"][0]["message"] == "exit status 2"


def test_more_than_a_hundred_ids_are_refused(world):
    with pytest.raises(ClientError) as refused:
        world.client("codebuild").batch_get_builds(ids=[f"long:{n}" for n in range(101)])
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
