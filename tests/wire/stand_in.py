"""A stand-in for the functions that the world invokes."""

import json
import queue
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Event:
    """An event that a function got."""

    function: str
    payload: dict
    answer: queue.Queue = field(default_factory=queue.Queue)

    @property
    def job(self):
        return self.payload["CodePipeline.job"]

    def end(self, status=200, body=None):
        """Has the function's process answer."""
        self.answer.put((status, {} if body is None else body))

    def die(self):
        """Has the function's process end without an answer."""
        self.answer.put(None)


class Functions:
    """Takes invocations as cargo-lambda's emulator does."""

    def __init__(self):
        self.events = queue.Queue()
        functions = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                payload = json.loads(self.rfile.read(length))
                if self.path.split("/")[3] == "none":
                    self.answer(404, "there is no such function")
                    return
                event = Event(self.path.split("/")[3], payload)
                functions.events.put(event)
                answer = event.answer.get()
                if answer is None:
                    self.close_connection = True
                    return
                try:
                    self.answer(*answer)
                except BrokenPipeError:
                    # Lambda did not wait for it.
                    self.close_connection = True

            def answer(self, status, body):
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def next(self):
        """The next event; none within half a minute is an error."""
        return self.events.get(timeout=30)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
