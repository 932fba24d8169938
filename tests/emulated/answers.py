"""An AWS that only takes answers: it writes down what it is told about jobs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import cbor2

from .serving import Quiet, served


@dataclass
class Taken:
    """What was told, by operation, and what is done about it."""

    url: str = ""
    calls: list[tuple[str, dict]] = field(default_factory=list)
    refuses: bool = False
    """Refuses everything, as where a right is missing."""
    hangs: tuple[str, ...] = ()
    """Operations that are never answered."""

    def of(self, operation: str) -> list[dict]:
        return [body for name, body in self.calls if name == operation]


@contextmanager
def taking() -> Iterator[Taken]:
    """Takes answers until the block ends."""
    taken, over = Taken(), threading.Event()

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.body()
            operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
            if operation in taken.hangs:
                over.wait()
                return
            taken.calls.append((operation, json.loads(body) if operation else {}))
            if taken.refuses or not operation.startswith("Put"):
                refusal = {"__type": "AccessDeniedException", "message": "not allowed"}
                if protocol := self.headers.get("smithy-protocol"):
                    self.reply(400, cbor2.dumps(refusal), Content_Type="application/cbor", Smithy_Protocol=protocol)
                    return
                self.reply(400, json.dumps(refusal).encode(), Content_Type="application/x-amz-json-1.1")
            else:
                self.reply(200, b"{}", Content_Type="application/x-amz-json-1.1")

    with served(Handler) as port:
        taken.url = f"http://127.0.0.1:{port}"
        yield taken
        over.set()
