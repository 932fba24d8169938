"""Builds functions a second time, from another folder and with another of cargo's, and compares them byte for byte.

usage: reproducible.py FOLDER-OF-PACKAGES FUNCTION...

The packages are what `make package` wrote. What git tracks here, as it is now, is copied to a folder that is gone
afterwards; crates are unpacked there anew, from what cargo has downloaded.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def copy_sources(to: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, tracked.stdout.split("\0")):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def another_cargo_home(to: Path) -> None:
    """Cargo's folder with all that was downloaded, and nothing unpacked."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    (to / "registry").mkdir(parents=True)
    own = [*home.glob("config*"), *(home / "registry" / name for name in ("cache", "index"))]
    for path in own:
        (to / path.relative_to(home)).symlink_to(path)


def build(folder: Path, functions: list[str]) -> Path:
    """The packages of a copy of the sources."""
    sources, packages = folder / "copied" / "sources", folder / "packages"
    copy_sources(sources)
    another_cargo_home(folder / "cargo")
    environment = {**os.environ, "CARGO_HOME": str(folder / "cargo")}
    compiled = folder / "compiled"
    for script, *words in (("build.py", compiled), ("package.py", compiled / "lambda", packages)):
        command = [sys.executable, "-B", f"infra/{script}", *map(str, words), *functions]
        subprocess.run(command, cwd=sources, env=environment, check=True)
    return packages


def main(packages: Path, functions: list[str]) -> int:
    files = [f"{function}.{kind}" for function in functions for kind in ("zip", "cdx.json")]
    if absent := [name for name in files if not (packages / name).exists()]:
        sys.exit(f"there is no {', '.join(absent)} in {packages}: `make package` makes them")
    different = 0
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        again = build(Path(folder), functions)
        for name in files:
            first, second = ((place / name).read_bytes() for place in (packages, again))
            different += first != second
            says = f"same bytes, {hashlib.sha256(first).hexdigest()}" if first == second else "DIFFERENT"
            print(f"{name}: {says}")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
