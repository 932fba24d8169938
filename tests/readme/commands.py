"""The commands that a document tells people to run, and how each has to end."""

import re
import shlex
from dataclasses import dataclass

# What a command may begin with; another one has to be made known here first.
PROGRAMS = ("aws", "make", "sam", "sluice")


@dataclass(frozen=True)
class Command:
    """One line of a block of `sh`."""

    line: str
    words: tuple[str, ...]
    exit: int

    @property
    def program(self) -> str:
        """What it begins with."""
        return self.words[0]

    @property
    def title(self) -> str:
        """The line without its remark."""
        return " ".join(self.words)


def commands(text: str) -> list[Command]:
    """All commands of a document, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = (line for block in blocks for line in block.splitlines() if line.strip())
    return [command(line) for line in lines]


def command(line: str) -> Command:
    """A line of a block: words, and the exit code behind `# exit`."""
    words = tuple(shlex.split(line, comments=True))
    if not words or words[0] not in PROGRAMS:
        raise ValueError(f"this is no command that can be followed: {line}")
    code = re.search(r"#\s*exit (\d+)\s*$", line)
    return Command(line, words, int(code[1]) if code else 0)


def untold(text: str) -> list[str]:
    """Lines that look like commands, in blocks that nobody follows."""
    blocks = re.findall(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = (line for block in blocks for line in block.splitlines())
    return [line for line in lines if line.split(" ")[0] in PROGRAMS]
