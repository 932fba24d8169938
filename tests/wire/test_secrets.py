"""GetSecretValue."""

import json

import pytest
from botocore.exceptions import ClientError

VALUE = {"token": "hunter2"}


@pytest.fixture
def secret(aws):
    """The name of a secret; moto needs it created."""
    if aws.name == "moto":
        aws.client("secretsmanager").create_secret(
            Name="wire/api", SecretString=json.dumps(VALUE)
        )
    return "wire/api"


def test_a_secret_is_read_by_name_and_by_arn(aws, secret):
    secrets = aws.client("secretsmanager")
    answer = secrets.get_secret_value(SecretId=secret)
    assert json.loads(answer["SecretString"]) == VALUE
    assert answer["Name"] == secret
    assert f":secret:{secret}-" in answer["ARN"]
    assert answer["VersionStages"] == ["AWSCURRENT"]
    by_arn = secrets.get_secret_value(SecretId=answer["ARN"])
    assert by_arn["SecretString"] == answer["SecretString"]
    by_version = secrets.get_secret_value(SecretId=secret, VersionId=answer["VersionId"])
    assert by_version["SecretString"] == answer["SecretString"]


def test_a_secret_that_is_not_there_is_refused(aws, secret):
    with pytest.raises(ClientError) as refused:
        aws.client("secretsmanager").get_secret_value(SecretId="none")
    error = refused.value.response["Error"]
    assert error["Code"] == "ResourceNotFoundException"
    assert error["Message"] == "Secrets Manager can't find the specified secret."


def test_a_version_that_is_not_there_is_refused(aws, secret):
    with pytest.raises(ClientError) as refused:
        aws.client("secretsmanager").get_secret_value(
            SecretId=secret, VersionId="00000000-0000-4000-8000-00000000ffff"
        )
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
