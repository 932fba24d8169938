"""Runs the stage checks of an example on this machine, and shows what happens as it happens.

`python -m machines.show FOLDER`, in the folder `tests`; `make stage-checks` does. The folder has `sluice.yaml` (the
pipeline's stages, and the release's own plan), `scenario.yaml` (what happens in AWS) and `layers/` (the plan store).
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from .whole import Whole, answers, states, whole

WIDTH = 80
SECOND_AT = 42
"""Seconds after the beginning at which the second release begins: a little before the alarm of the example fires."""


class Shown:
    """Prints each state, look and end once."""

    def __init__(self, own: Whole) -> None:
        self.own = own
        self.began = time.monotonic()
        self.states: dict[str, int] = {}
        self.looks: dict[str, int] = {}
        self.ends: set[str] = set()

    def passed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    def say(self, text: str, indent: str = "") -> None:
        """A line with the seconds since the beginning, cut at the terminal's width."""
        line = f"{self.passed():5.0f}s  {indent}{' '.join(text.split())}"
        print(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}...", flush=True)

    def whole(self, text: str, indent: str = "") -> None:
        """All of a text, folded."""
        room = WIDTH - 7 - len(indent)
        for line in text.splitlines():
            while len(line) > room and " " in line[:room]:
                at = line[:room].rindex(" ")
                self.say(line[:at], indent)
                line = line[at + 1 :]
            self.say(line, indent)

    def more(self) -> None:
        """Whatever is new."""
        for execution in self.own.seen()["executions"]:
            self.execution(execution)

    def execution(self, execution: dict) -> None:
        name = execution["machine"]
        if name == "gate":
            name = f"gate {json.loads(input_of(execution))['gate']}"
        indent = "    " if execution["machine"] == "gate" else ""
        key, entered = execution["arn"], states(execution)
        before = self.states.get(key, 0)
        if fresh := [state for _, state in entered[before:]]:
            self.whole(f"{name}: {' -> '.join(fresh)}", indent)
        self.states[key] = len(entered)
        told = answers(execution) if execution["machine"] == "gate" else []
        for answer in told[self.looks.get(key, 0) :]:
            self.say(f"{answer['look']}: {answer['line'] or answer['reason']}", indent + "  ")
        self.looks[key] = len(told)
        if execution["status"] != "RUNNING" and key not in self.ends:
            self.ends.add(key)
            error = f": {execution['error']}" if execution["error"] else ""
            self.say(f"{name} {execution['status']}{error}", indent)
            if execution["machine"] != "gate" and execution["cause"]:
                self.whole(execution["cause"], "  | ")


def input_of(execution: dict) -> str:
    """What an execution was started with."""
    return execution["events"][0]["executionStartedEventDetails"]["input"]


def layers(own: Whole, folder: Path, scratch: Path) -> None:
    """Pushes every file of the plan store."""
    for file in sorted((folder / "layers").glob("*.yaml")):
        scope, _, rest = file.stem.partition("-")
        pattern = f"{rest}*" if scope == "stage" else rest
        said = own.push(scope if not rest else f"{scope}:{pattern}", file.read_text(), scratch)
        print(said.strip().splitlines()[0])


def main(folder: Path) -> int:
    plan, scenario = (folder / "sluice.yaml").read_text(), (folder / "scenario.yaml").read_text()
    with tempfile.TemporaryDirectory() as scratch:
        with whole(Path(scratch), plan, scenario) as own:
            layers(own, folder, Path(scratch))
            shown = Shown(own)
            for number, at in ((1, 0), (2, SECOND_AT)):
                time.sleep(max(0, at - shown.passed()))
                release = own.release()
                shown.say(f"release {number} of {own.service} begins")
                status = own.ended(release, also=shown.more)
                shown.say(f"release {number} {status}")
                shown.whole(own.said(), "  | ")
            own.settled(also=shown.more)
            newest = own.releases()[0]
            if newest.get("executionType") == "ROLLBACK":
                shown.say(f"the stage went back: a rollback execution {newest['status']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
