"""The gate `validate` as a real binary: builds and executions in a simulated AWS, requests to a real server."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .emulator import Emulator, Release, emulating
from .recording import Recorder, recording
from .serving import Quiet, served

SECRET = "planted-token-4711"

PLAN = """
service: checkout
stages:
  prod:
    gates:
      - validate:
          vars:
            base: "http://127.0.0.1:{port}"
            token:
              secret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:checkout/test-a1B2c3"
              key: token
              hosts: [127.0.0.1]
          allow_addresses: [127.0.0.1]
{tests}
"""

SCENARIO = f"""
about: what tests start works
alarms: []
pipeline: {{ look_every: 2s, deploys: {{ prod: 1s }} }}
projects: {{ smoke: {{ phases: {{ QUEUED: 1s, BUILD: 3s }} }} }}
machines: {{ smoke: {{ takes: 3s, output: {{ ok: true }} }} }}
secrets: {{ checkout/test: {{ value: {{ token: {SECRET} }} }} }}
tables: {{ sluice-claims: {{}} }}
"""

ALL_PASS = """
          http:
            - name: health
              get: "${base}/health"
              expect: { status: 200, json: [{ path: $.ok, equals: true }] }
              retry: { for: 20s, every: 1s }
            - name: orders
              get: "${base}/orders"
              headers: { authorization: "Bearer ${token}" }
          codebuild: [{ name: build, project: smoke, variables: { RELEASE: "${release.id}" } }]
          state_machine: [{ name: machine, machine: "arn:aws:states:us-east-1:111122223333:stateMachine:smoke" }]
"""

ONE_FAILS = """
          http:
            - { name: health, get: "${base}/health", expect: { status: 503 } }
            - name: order
              get: "${base}/order"
              headers: { authorization: "Bearer ${token}" }
              expect: { json: [{ path: $.state, equals: open }], headers: { x-seen: nobody } }
"""

ONE_HANGS = """
          http:
            - { name: answers, get: "${base}/never", at_most: 4s }
"""


class Service:
    """What was deployed: takes a moment to come up, and tells everybody what it was sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.over = threading.Event()

    def handler(self) -> type[Quiet]:
        service = self

        class Deployed(Quiet):
            def do_GET(self) -> None:
                service.asked.append(self.path)
                sent = self.headers.get("authorization", "")
                if self.path == "/never":
                    service.over.wait()
                elif self.path == "/health" and service.asked.count("/health") < 3:
                    self.reply(503, b"coming up")
                elif self.path == "/health":
                    self.json({"ok": True})
                elif sent == f"Bearer {SECRET}":
                    self.json({"state": "lost", "sent": sent}, X_Seen=sent)
                else:
                    self.reply(401)

            def json(self, value: object, **headers: str) -> None:
                self.reply(200, json.dumps(value).encode(), Content_Type="application/json", **headers)

        return Deployed


@pytest.fixture
def service() -> Iterator[tuple[Service, int]]:
    own = Service()
    with served(own.handler()) as port:
        yield own, port
        own.over.set()


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, Recorder, Path]]:
    """One for all, because the gate keeps nothing from one release for the next."""
    folder = tmp_path_factory.mktemp("emulator")
    with recording() as recorder, emulating(folder, AWS_ENDPOINT_URL=recorder.url) as emulator:
        recorder.world = emulator.aws_port
        yield emulator, recorder, folder / "emulator.log"


class Came:
    """What came of a release with these tests."""

    def __init__(self, emulated: tuple[Emulator, Recorder, Path], folder: Path, port: int, tests: str) -> None:
        emulator, recorder, log = emulated
        recorder.forget()
        plan = PLAN.replace("{port}", str(port)).replace("{tests}", tests)
        # The function ends by itself long before.
        release = Release(emulator, folder, plan, SCENARIO, function_timeout="40s")
        self.code = release.end()
        self.timeline = release.timeline()
        self.calls = release.calls()
        [self.page] = [body.decode() for body in recorder.objects("evidence/") if body.startswith(b"<")]
        [self.evidence] = [json.loads(body) for body in recorder.objects("evidence/") if body.startswith(b"{")]
        self.log = log.read_text()
        self.sent = recorder.everything().decode(errors="replace")

    def results(self) -> dict[str, str]:
        """How each test ended."""
        return {test["name"]: test["state"] for test in self.evidence["facts"]["tests"]}

    def shows_no_secret(self) -> None:
        """Nor the same encoded."""
        parts = {"timeline": self.timeline, "log": self.log, "sent to AWS": self.sent, "page": self.page}
        for where, text in parts.items():
            assert text, f"there is no {where}"
            for value in (SECRET, base64.b64encode(SECRET.encode()).decode(), SECRET.encode().hex()):
                assert value not in text, where


def test_tests_that_all_pass_let_the_release_go(
    emulated: tuple[Emulator, Recorder, Path], service: tuple[Service, int], tmp_path: Path
) -> None:
    own, port = service
    came = Came(emulated, tmp_path, port, ALL_PASS)
    assert came.code == 0, came.timeline
    assert "validate Succeeded: pass: all 4 required tests passed" in came.timeline
    assert came.results() == {"health": "passed", "orders": "passed", "build": "passed", "machine": "passed"}
    assert own.asked.count("/health") == 3
    # The request was made with the secret: without it the answer is 401.
    assert own.asked.count("/orders") == 1
    # More than one look, and one build.
    assert came.calls["codepipeline:PutJobSuccessResult"] >= 2
    assert came.calls["codebuild:BatchGetBuilds"] >= 2
    assert came.calls["codebuild:StartBuild"] == 1
    came.shows_no_secret()


def test_a_test_that_fails_says_what_it_got_and_wanted_and_no_secret(
    emulated: tuple[Emulator, Recorder, Path], service: tuple[Service, int], tmp_path: Path
) -> None:
    _, port = service
    came = Came(emulated, tmp_path, port, ONE_FAILS)
    assert came.code == 1, came.timeline
    told = f"test `order` failed: GET http://127.0.0.1:{port}/order: header `x-seen`: got `Bearer [secret]`"
    assert f"validate Failed: fail: {told}; wanted `nobody`" in came.timeline
    assert came.calls["codepipeline:PutJobFailureResult"] == 1
    assert came.results() == {"health": "passed", "order": "failed"}
    [_, order] = came.evidence["facts"]["tests"]
    assert [(unmet["got"], unmet["wanted"]) for unmet in order["unmet"]] == [
        ("`Bearer [secret]`", "`nobody`"),
    ]
    assert "[secret]" in came.page
    came.shows_no_secret()


def test_a_service_that_never_answers_fails_at_the_tests_deadline(
    emulated: tuple[Emulator, Recorder, Path], service: tuple[Service, int], tmp_path: Path
) -> None:
    own, port = service
    came = Came(emulated, tmp_path, port, ONE_HANGS)
    assert came.code == 1, came.timeline
    assert own.asked == ["/never"]
    assert "test `answers` failed" in came.timeline
    assert "got not done after 4s; wanted all steps within 4s" in came.timeline
    # The function answered by itself, at its first look.
    assert "failed (attempt" not in came.timeline
    assert came.calls["codepipeline:PutJobFailureResult"] == 1
