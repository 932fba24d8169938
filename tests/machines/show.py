"""Runs the stage checks of an example on this machine, and shows what happens as it happens.

`python -m machines.show FOLDER`, in the folder `tests`; `make stage-checks` does. The folder has `sluice.yaml` (the
pipeline's stages, and the release's own plan), `scenario.yaml` (what happens in AWS) and `layers/` (the plan store).
It ends with 0 if the first release succeeded, the second one failed, and the stage went back from it.
"""

import signal
import sys
import tempfile
import time
from pathlib import Path

from .showing import Shown
from .whole import Whole, whole

SECOND_AT = 42
"""Seconds after the beginning at which the second release begins: a little before the alarm of the example fires."""

FIRST = """The state machines run in an emulator, the functions are the real binaries, AWS
is simulated. Each line has seconds, who, and the path of states; one with `=`
is what a gate's function said, or how an execution ended.
"""
EXPECTED = {"first": "Succeeded", "second": "Failed", "went back": "Succeeded", "rollback": "SUCCEEDED"}
INTERRUPTED = 130


def release(own: Whole, shown: Shown, which: str) -> str:
    """Runs a release to its end, and says what the console shows then."""

    def more() -> None:
        shown.more(own.seen()["executions"])

    begun = own.release()
    shown.say(time.time(), "CodePipeline", f"the {which} release of {own.service} begins")
    status = own.ended(begun, also=more)
    shown.say(time.time(), "CodePipeline", f"= the {which} release {status}: {own.said()}")
    return status


def show(own: Whole, began: float) -> dict[str, str]:
    """Runs both releases, and gives how each thing ended."""
    shown = Shown(began, write=lambda line: print(line, flush=True))
    ended = {"first": release(own, shown, "first")}
    time.sleep(max(0, began + SECOND_AT - time.time()))
    ended["second"] = release(own, shown, "second")
    seen = own.settled(also=lambda: shown.more(own.seen()["executions"]))
    newest = own.releases()[0]
    if newest.get("executionType") == "ROLLBACK":
        ended["went back"] = own.ended(newest["pipelineExecutionId"])
        shown.say(time.time(), "CodePipeline", f"= the rollback of the stage {ended['went back']}")
    return ended | {e["machine"]: e["status"] for e in seen["executions"] if e["machine"] == "rollback"}


def main(folder: Path) -> int:
    """Shows an example, and says whether it went as it should."""
    print(FIRST, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        plan, scenario = (folder / "sluice.yaml").read_text(), (folder / "scenario.yaml").read_text()
        with whole(Path(scratch), plan, scenario) as own:
            for said in own.push_all(folder / "layers", Path(scratch)):
                print(said, flush=True)
            ended = show(own, time.time())
    return judged(ended)


def judged(ended: dict[str, str]) -> int:
    """Whether all ended as the example says."""
    if ended == EXPECTED:
        print("\nThe first release went through; the second one was rolled back.")
        return 0
    print(f"\nNot as the example says. Expected {EXPECTED}, seen {ended}.")
    return 1


def interrupted(*_) -> None:
    """Being told to end is like Ctrl-C: what was started is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(Path(sys.argv[1])))
    except KeyboardInterrupt:
        print("\nStopped; whatever was started is ended.")
        sys.exit(INTERRUPTED)
