"""Compiles functions for Lambda with cargo-lambda, the same bytes from whichever folder.

usage: build.py TARGET-FOLDER FUNCTION...

A binary holds the paths of its sources, for the messages of panics. What depends on who builds where is named here by
what it is: the folder of this repository, and those in which cargo keeps crates and the compiler its library.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRATES, LIBRARY, OURS = "/crates", "/rust", "/sluice"
"""What stands in a binary for the folders of the machine that built it."""


def said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def folders(environment: dict[str, str]) -> dict[str, str]:
    """The machine's folders, and the name that each has in a binary. The most particular comes last, and holds."""
    home = Path(environment.get("CARGO_HOME", Path.home() / ".cargo"))
    # Where crates are unpacked has a part of its name from where they were downloaded.
    unpacked = sorted((home / "registry" / "src").glob("*"))
    return {
        str(home): CRATES,
        **{str(folder): CRATES for folder in unpacked},
        said(environment.get("RUSTC", "rustc"), "--print", "sysroot"): LIBRARY,
        str(ROOT): OURS,
    }


def build(target: Path, functions: list[str], *more: str) -> None:
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    # Either would stand in the place of the flags below, and of those that cargo-lambda adds.
    for name in ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"):
        environment.pop(name, None)
    # The crates have to be there for their folder to be known.
    subprocess.run([environment.get("CARGO", "cargo"), "fetch", "--locked", "-q"], cwd=ROOT, check=True)
    flags = [f"--remap-path-prefix={folder}={name}" for folder, name in folders(environment).items()]
    command = ["cargo-lambda", "lambda", "build", "--release", "--locked"]
    # A list in JSON is one in TOML.
    command += ["--config", f"build.rustflags={json.dumps(flags)}", *more]
    command += [word for function in functions for word in ("-p", function)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build(Path(sys.argv[1]).resolve(), sys.argv[2:])
