"""A Lambda function URL with `AuthType: AWS_IAM`: checks signatures as botocore makes them, then invokes the function."""

import hmac
import json
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .lambdas import Function
from .serving import Quiet, served

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r" ?SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)

ALICE = "arn:aws:sts::111122223333:assumed-role/on-call/alice"
KEY, SECRET, TOKEN = "ASIAALICE0000000000", "alices-secret", "alices-session-token"


def expected(method: str, path: str, headers: dict[str, str], body: bytes, said: re.Match) -> str:
    """The signature that botocore would make of a request."""
    signed = {name: headers[name] for name in said["headers"].split(";")}
    request = AWSRequest(method=method, url=f"http://{headers['host']}{path}", data=body, headers=signed)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials(KEY, SECRET, TOKEN), "lambda", said["region"])
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def refusal(method: str, path: str, headers: dict[str, str], body: bytes) -> str | None:
    """What is wrong with a request's signature."""
    said = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not said or said["service"] != "lambda" or not {"host", "x-amz-date"} <= set(said["headers"].split(";")):
        return "Missing Authentication Token"
    if said["key"] != KEY or headers.get("x-amz-security-token") != TOKEN:
        return "The security token included in the request is expired"
    if not hmac.compare_digest(expected(method, path, headers, body, said), said["signature"]):
        return "The request signature we calculated does not match the signature you provided."
    return None


def event(method: str, path: str, headers: dict[str, str], body: bytes) -> dict:
    """What Lambda hands to the function."""
    query = urllib.parse.urlsplit(path).query
    iam = {"accessKey": KEY, "accountId": "111122223333", "callerId": "AROAEXAMPLE:alice", "userArn": ALICE}
    return {
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": query,
        "headers": headers,
        "queryStringParameters": dict(urllib.parse.parse_qsl(query)),
        "requestContext": {"authorizer": {"iam": iam}, "http": {"method": method, "path": "/"}},
        "body": body.decode() if body else None,
        "isBase64Encoded": False,
    }


@contextmanager
def signed_url(function: Function) -> Iterator[str]:
    """Answers at a URL until the block ends."""

    class Handler(Quiet):
        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = (self.command, self.path, headers, self.body())
            if message := refusal(*asked):
                self.reply(403, json.dumps({"message": message}).encode(), Content_Type="application/json")
                return
            answer = function.invoke(event(*asked)).body
            self.reply(answer["statusCode"], answer["body"].encode(), **answer["headers"])

        do_GET = do_POST = answer

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}/"
