"""What is followed, how each command has to end, and that nothing is said to have run that did not."""

import subprocess
from pathlib import Path

import pytest

from readme import follow
from readme.account import transformed
from readme.commands import command, commands, untold
from readme.follow import ROOT, Clone, followed

TEXT = """
```sh
sluice check a.yaml      # all is well
sluice rehearse b.yaml   # exit 2
make demo
```

```text
{"not": "a command"}
```
"""


def test_every_line_of_every_block_is_a_command_with_its_end():
    found = [(own.title, own.exit) for own in commands(TEXT)]
    assert found == [("sluice check a.yaml", 0), ("sluice rehearse b.yaml", 2), ("make demo", 0)]


def test_a_line_that_cannot_be_followed_is_refused():
    with pytest.raises(ValueError, match="curl"):
        command("curl https://example.com | sh")


def test_the_readme_has_no_command_that_nobody_follows():
    text = (ROOT / "README.md").read_text()
    assert len(commands(text)) > 15
    assert untold(text) == []
    assert untold("```text\nsam deploy\n```\n") == ["sam deploy"]


def test_every_program_is_followed_in_the_readme():
    programs = {own.program for own in commands((ROOT / "README.md").read_text())}
    assert programs == {"aws", "make", "sam", "sluice"}


@pytest.fixture
def own(tmp_path) -> Clone:
    """A folder in the place of a clone, in which `sluice` ends with its first argument."""
    program = tmp_path / "bin" / "sluice"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho said\nexit $1\n")
    program.chmod(0o755)
    return Clone(tmp_path, frozenset({"demo"}), program, {"PATH": f"{program.parent}:/bin"})


def write(own: Clone, *lines: str) -> None:
    (own.folder / "README.md").write_text("```sh\n{}\n```\n".format("\n".join(lines)))


def test_a_command_that_ends_as_it_should_ran(own):
    write(own, "sluice 0", "sluice 2  # exit 2")
    assert followed(own, "README.md") == (["sluice 0", "sluice 2"], [], [])


@pytest.mark.parametrize(("line", "problem"), [("sluice 1", "1, not 0"), ("sluice 0  # exit 2", "0, not 2")])
def test_a_command_that_ends_otherwise_is_wrong_and_what_it_said_is_told(own, line, problem):
    write(own, line)
    ran, skipped, [wrong] = followed(own, "README.md")
    assert (ran, skipped) == ([], [])
    assert problem in wrong
    assert wrong.endswith("said")


def test_what_is_not_run_has_its_reason_and_is_not_among_what_ran(own):
    write(own, "sam deploy", "make package")
    ran, skipped, wrong = followed(own, "README.md")
    assert (ran, wrong) == ([], [])
    assert [line.split(": ")[0] for line in skipped] == ["sam deploy", "make package"]
    assert "there is no `aws` and no `sam` on this machine" in skipped[0]


def test_what_asks_for_what_another_program_makes_is_not_run_without_it(own):
    aws = own.folder / "bin" / "aws"
    aws.parent.mkdir(exist_ok=True)
    aws.write_text("#!/bin/sh\nexit 0\n")
    aws.chmod(0o755)
    own.environment["PATH"] = f"{aws.parent}:{own.environment['PATH']}"
    write(own, "aws sts get-caller-identity")
    assert followed(own, "README.md")[0] == []


@pytest.mark.skipif(not follow.HAS_GIT, reason="this tree has no git")
def test_a_clone_is_of_what_is_committed_and_of_nothing_else(tmp_path):
    follow.clone(tmp_path / "clone")
    folder = tmp_path / "clone"
    assert listed(folder, "ls-files") == listed(ROOT, "ls-tree", "-r", "--name-only", "HEAD")
    assert not (folder / "target").exists()
    assert listed(folder, "status", "--short") == []


def listed(folder: Path, *command: str) -> list[str]:
    """What git says there."""
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_template_without_the_transform_stays_as_it_is():
    text = "Resources: { Own: { Type: AWS::SNS::Topic } }"
    assert transformed(text) == text


def test_there_is_a_zip_for_each_function(tmp_path):
    follow.put_zips(tmp_path / "package")
    named = {path.name for path in Path(tmp_path / "package").iterdir()}
    template = (ROOT / "infra" / "template.yaml").read_text()
    wanted = {line.rsplit("/", 1)[1] for line in template.splitlines() if "../out/package/" in line}
    assert wanted <= named
