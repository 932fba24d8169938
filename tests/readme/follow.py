"""Follows a document word for word in a fresh clone: `make readme`.

    python -m readme.follow [--make demo,package] [--sluice FILE] [--target FOLDER] [DOCUMENT]

Every command of the document's blocks of `sh` is run, in its order, and has to end as the document says. What needs an
account is run against an emulator on this machine; nothing is run on AWS. What cannot be run is named with the reason.
"""

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from .commands import Command, commands

ROOT = Path(__file__).parents[2]
# The longest command, `make test`, takes less.
LONGEST = 90 * 60
FUNCTIONS = ROOT / "functions"
# An archive of the tree has none.
HAS_GIT = (ROOT / ".git").exists()
# What speaks to an account.
ACCOUNT = ("aws", "sam")
# Where `make readme` puts them.
COMMANDS = ROOT / ".venv" / "commands" / "bin"


@dataclass
class Clone:
    """A fresh clone, and what stands in for what was not done in it."""

    folder: Path
    makes: frozenset[str]
    sluice: Path
    environment: dict[str, str]
    remarks: list[str] = field(default_factory=list)

    def why_not(self, command: Command) -> str:
        """Why a command is not run; nothing if it is."""
        if command.program == "make" and command.words[1] not in self.makes:
            return f"`make readme MAKES={command.words[1]}` runs it"
        if command.program in ACCOUNT:
            path = self.environment["PATH"]
            # What one makes the other asks for.
            absent = [f"`{program}`" for program in ACCOUNT if not shutil.which(program, path=path)]
            return f"there is no {' and no '.join(absent)} on this machine" if absent else ""
        return ""

    def run(self, command: Command) -> str:
        """Runs a command; what is wrong with its end, or nothing."""
        done = subprocess.run(
            command.words,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        if done.returncode == command.exit:
            return ""
        said = (done.stdout + done.stderr).strip().splitlines()[-15:]
        return "\n".join([f"ended with {done.returncode}, not {command.exit}", *said])


def clone(folder: Path) -> None:
    """Clones what is committed."""
    git = ["git", "-c", "advice.detachedHead=false"]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    subprocess.run([*git, "clone", "-q", "--no-checkout", str(ROOT), str(folder)], check=True)
    subprocess.run([*git, "checkout", "-q", commit.stdout.strip()], cwd=folder, check=True)


def prepared(folder: Path, arguments: argparse.Namespace, environment: dict[str, str]) -> Clone:
    """The clone with what its commands need that it does not build itself."""
    clone(folder)
    makes = frozenset(name for name in arguments.make.split(",") if name)
    if arguments.target:
        (folder / "target").symlink_to(arguments.target.resolve())
    own = Clone(folder, makes, arguments.sluice.resolve(), environment)
    binaries = folder / "target" / "debug"
    if "demo" not in makes:
        binaries = own.sluice.parent
        own.remarks.append(f"`sluice` is {own.sluice}, which was built elsewhere")
    if "package" not in makes:
        put_zips(folder / "out" / "package")
        own.remarks.append("the functions' zips hold nothing")
    own.environment = environment | {"PATH": f"{binaries}:{COMMANDS}:{environment['PATH']}"}
    return own


def put_zips(folder: Path) -> None:
    """Zips in the place of those that `make package` writes."""
    folder.mkdir(parents=True)
    for name in sorted(path.name for path in FUNCTIONS.iterdir() if path.is_dir()):
        with zipfile.ZipFile(folder / f"sluice-{name}.zip", "w") as archive:
            archive.writestr("bootstrap", name)


def followed(own: Clone, document: str) -> tuple[list[str], list[str], list[str]]:
    """What ran, what did not and why, and what ended otherwise than it should."""
    ran, skipped, wrong = [], [], []
    for command in commands((own.folder / document).read_text()):
        reason = own.why_not(command)
        if reason:
            skipped.append(f"{command.title}: {reason}")
            print(f"  not run  {command.title}", flush=True)
            continue
        problem = own.run(command)
        print(f"  {'wrong' if problem else 'ran':7}  {command.title}", flush=True)
        (wrong if problem else ran).append(f"{command.title}: {problem}" if problem else command.title)
    return ran, skipped, wrong


def report(own: Clone, ran: list[str], skipped: list[str], wrong: list[str]) -> None:
    """Says what was done, and what was not."""
    away = [title for title in ran if title.split(" ")[0] in ACCOUNT]
    print(f"\n{len(ran)} commands ended as they should.")
    if away:
        print(f"{len(away)} of them against an emulator (moto), none on AWS:")
        print("".join(f"  {title}\n" for title in away), end="")
    for what, lines in (("Not run:", skipped), ("Beside that:", own.remarks), ("Wrong:", wrong)):
        if lines:
            print(what, *(f"\n  {line}" for line in lines), sep="")


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="readme.follow", description="follow a document in a fresh clone")
    parser.add_argument("document", nargs="?", default="README.md")
    parser.add_argument("--make", default="", help="targets of make that are run, with commas")
    parser.add_argument("--sluice", type=Path, default=ROOT / "target" / "debug" / "sluice")
    parser.add_argument("--target", type=Path, help="what is built is kept there, and not built again")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Follows, reports, and gives the exit code."""
    from .account import Account

    # What moto has to say of each request and of each type that it does not know.
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    given = read(arguments)
    if not HAS_GIT:
        print("Nothing was followed: this tree has no git, so there is nothing to clone.")
        return 0
    with tempfile.TemporaryDirectory() as folder, Account() as account:
        own = prepared(Path(folder) / "clone", given, dict(os.environ) | account.environment())
        ran, skipped, wrong = followed(own, given.document)
        report(own, ran, skipped, wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
