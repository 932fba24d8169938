"""The real `sluice world` process."""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WAIT = 30
"""Seconds after which a process that does not end is taken for stuck."""


def binary():
    """The command that cargo built, or another that the environment names."""
    built = ROOT / "target" / os.environ.get("SLUICE_PROFILE", "debug") / "sluice"
    path = Path(os.environ.get("SLUICE_BINARY", built))
    assert path.exists(), f"{path} is not there: run `make test`, which builds it"
    return path


class Command:
    """A world that listens, with the plan's pipeline and these functions."""

    def __init__(self, functions, *more):
        arguments = [binary(), "world", "--port", "0", "--json"]
        arguments += ["--scenario", HERE / "scenario.yaml", "--plan", HERE / "sluice.yaml"]
        arguments += ["--functions", functions.url, *more]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.first = json.loads(self.process.stdout.readline())
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        # Whoever writes to a full pipe waits, so it is read all the time.
        self.lines.extend(json.loads(line) for line in self.process.stdout)

    def settings(self):
        """What clients need to reach it."""
        return {
            "endpoint_url": self.first["url"],
            "region_name": self.first["region"],
            "aws_access_key_id": self.first["access_key_id"],
            "aws_secret_access_key": self.first["secret_access_key"],
        }

    def ended(self):
        """Its code and all that it printed, once it has ended by itself."""
        code = self.process.wait(timeout=WAIT)
        self.reader.join(timeout=WAIT)
        self.process.stdout.close()
        return code, self.lines

    def interrupt(self):
        """The same, after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()
