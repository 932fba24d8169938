"""What functions send to AWS, written down on its way to the world that answers it."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .serving import Quiet, served

HOPS = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Headers that are about one connection."""


@dataclass
class Recorder:
    """Stands between functions and the world."""

    url: str = ""
    world: int = 0
    """The world's port."""
    instead: dict[str, int] = field(default_factory=dict)
    """Ports that answer in the world's place, by the beginning of what `X-Amz-Target` says."""
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body of all requests."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forget(self) -> None:
        """Begins anew."""
        with self.lock:
            self.sent.clear()

    def port(self, target: str) -> int:
        """Who answers a request."""
        return next((port for beginning, port in self.instead.items() if target.startswith(beginning)), self.world)

    def objects(self, beginning: str) -> list[bytes]:
        """What was put into S3 under keys that begin so."""
        return [body for path, body in self.sent if f"/{beginning}" in path and body]

    def everything(self) -> bytes:
        """All that was sent, paths included."""
        return b"\n".join(path.encode() + b" " + body for path, body in self.sent)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Passes requests on until the block ends."""
    recorder = Recorder()

    class Between(Quiet):
        def pass_on(self) -> None:
            body = self.body()
            with recorder.lock:
                recorder.sent.append((self.path, body))
            port = recorder.port(self.headers.get("x-amz-target", ""))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOPS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = pass_on

    with served(Between) as port:
        recorder.url = f"http://127.0.0.1:{port}"
        yield recorder
