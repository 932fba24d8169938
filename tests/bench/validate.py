"""Measures what requests of the gate `validate` cost its function's release build, beside clients that people know.

Every client sends its requests one after the other on a kept connection to the same server, which notes when each
arrives: from one to the next is what a request costs, the client's own work included. Over plain HTTP on loopback.
"""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulated.lambdas import ROOT

from .functions import PACKAGES, VARIABLES, look, unpacked

HERE = ROOT / "tests" / "bench"
REQUESTS = 500
ROUNDS = 5
DIFFERENCE_MS_MAX = 1.0
MEMORY_MIB_MAX = 64
SECONDS_MAX = 20
BODY_BYTES_MAX = 2 * 1024 * 1024
# What lies in buffers of two sockets and of the server when a connection is cut.
IN_FLIGHT_BYTES_MAX = 16_000_000


@dataclass
class Server:
    """What the tests test."""

    port: int

    def noted(self) -> dict:
        """What it noted since it was last asked; this connection is one of them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/noted")
        noted = json.load(connection.getresponse())
        connection.close()
        return noted


@contextmanager
def serving() -> Iterator[Server]:
    """Serves until the block ends."""
    command = ["node", str(HERE / "server.js")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.kill()


def plan(server: Server, tests: str) -> str:
    """A plan with these tests."""
    return f"""
service: checkout
stages:
  prod:
    gates:
      - validate:
          at_once: 20
          allow_addresses: [127.0.0.1]
          vars: {{ base: "http://127.0.0.1:{server.port}" }}
          http:
{tests}
"""


@dataclass
class Looked:
    """What came of a look."""

    ms: float
    mib: float
    said: str
    noted: dict


def looked(server: Server, tests: str) -> Looked:
    """One look of the function, in a new process."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        command = [str(unpacked("sluice-validate", folder))]
        server.noted()
        ms, mib = look(command, dict, folder, plan(server, tests), **VARIABLES)
        log = (folder / "function.log").read_text()
        ended = [json.loads(line) for line in log.splitlines() if '"message":"ended"' in line]
        return Looked(ms, mib, ended[0]["text"] if ended else log, server.noted())


def of_gate(server: Server) -> list[float]:
    """When the requests of a test came."""
    one = f'            - {{ name: many, get: "${{base}}/small", repeat: {REQUESTS}, expect: {{ status: 200 }} }}'
    return looked(server, one).noted["asked"]


def of_python(server: Server) -> list[float]:
    """The same with Python's `http.client`."""
    server.noted()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(REQUESTS):
        connection.request("GET", "/small")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
    connection.close()
    return server.noted()["asked"]


def of_autocannon(server: Server) -> list[float]:
    """The same with npm's autocannon."""
    server.noted()
    own = HERE / "node_modules" / "autocannon" / "autocannon.js"
    command = ["node", own, "-c", "1", "-p", "1", "-a", str(REQUESTS), "-j", f"http://127.0.0.1:{server.port}/small"]
    subprocess.run(command, check=True, capture_output=True)
    return server.noted()["asked"]


def apart(asked: list[float]) -> list[float]:
    """Milliseconds from one request to the next."""
    assert len(asked) >= REQUESTS, f"{len(asked)} requests came"
    return [later - earlier for earlier, later in zip(asked, asked[1:])]


def compare(server: Server) -> list[str]:
    """Prints what a request costs each client; what is wrong with that."""
    clients = {"sluice-validate": of_gate, "Python's http.client": of_python, "autocannon": of_autocannon}
    medians = {name: [] for name in clients}
    # In turns, so that what else the machine does is shared out.
    for _ in range(ROUNDS):
        for name, client in clients.items():
            medians[name].append(statistics.median(apart(client(server))))
    middle = {name: statistics.median(own) for name, own in medians.items()}
    for name, own in medians.items():
        print(f"  {name:<22}{middle[name]:7.3f} ms a request ({min(own):.3f} to {max(own):.3f})")
    own = middle["sluice-validate"]
    return [
        f"a request costs {own - other:.3f} ms more than with {name}"
        for name, other in middle.items()
        if own - other > DIFFERENCE_MS_MAX
    ]


def held(name: str, own: Looked) -> list[str]:
    """Prints what a look cost; what is wrong with that."""
    print(f"  {name}: {own.ms / 1e3:.2f} s, peak memory {own.mib:.1f} MiB (at most {MEMORY_MIB_MAX})")
    wrong = [f"{name}: {own.ms:.0f} ms"] if own.ms > SECONDS_MAX * 1e3 else []
    return wrong + ([f"{name}: {own.mib:.1f} MiB"] if own.mib > MEMORY_MIB_MAX else [])


def many(server: Server) -> list[str]:
    """Looks with 500 requests."""
    one = f'            - {{ name: many, get: "${{base}}/small", repeat: {REQUESTS}, expect: {{ status: 200 }} }}'
    tests = "\n".join(
        f'            - {{ name: test-{number}, get: "${{base}}/small", repeat: {repeat}, '
        "expect: { status: 200, json: [{ path: $.ok, equals: true }] } }"
        for number, repeat in [(number, 2 if number < 100 else 3) for number in range(200)]
    )
    wrong = []
    for name, text in ((f"{REQUESTS} requests of one test", one), (f"{REQUESTS} requests of 200 tests", tests)):
        own = looked(server, text)
        wrong += held(name, own)
        # One of the connections asked for the notes.
        print(f"    on {own.noted['connections'] - 1} connections")
        if len(own.noted["asked"]) != REQUESTS or ": pass: " not in own.said:
            wrong.append(f"{name}: {len(own.noted['asked'])} came, and {own.said}")
    return wrong


def huge(server: Server) -> list[str]:
    """Looks at ten bodies of 5 GB at once."""
    texts = "\n".join(
        f'            - {{ name: huge-{number}, get: "${{base}}/huge", expect: {{ body: {{ contains: b }} }} }}'
        for number in range(10)
    )
    own = looked(server, texts)
    wrong = held("ten bodies of 5 GB", own)
    print(f"    {own.noted['sent'] / 1e6:.1f} MB were sent; {own.said.splitlines()[1]}")
    if own.noted["sent"] > 10 * (BODY_BYTES_MAX + IN_FLIGHT_BYTES_MAX):
        wrong.append("more was sent than is read")
    if f"the body has more than {BODY_BYTES_MAX} bytes" not in own.said:
        wrong.append("nothing is said of the limit")
    return wrong


def main() -> int:
    with serving() as server:
        print(f"validate: {REQUESTS} requests one after the other, median of {ROUNDS} runs' medians")
        wrong = compare(server)
        wrong += many(server)
        wrong += huge(server)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    assert PACKAGES.exists(), "run `make package` first"
    sys.exit(main())
