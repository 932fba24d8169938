"""Packs each function's binary for Lambda, the same bytes for the same binary.

usage: package.py FOLDER-OF-CARGO-LAMBDA TO-FOLDER FUNCTION...
"""

import sys
import zipfile
from pathlib import Path

LAMBDAS_MAX_MB = 250
"""What a function may have unpacked."""


def pack(binary: Path, package: Path) -> None:
    """Writes a zip that holds the binary as `bootstrap`, executable."""
    # The earliest moment that a zip knows, so that no build differs by its time.
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    content = binary.read_bytes()
    assert len(content) < LAMBDAS_MAX_MB * 1e6, f"{binary} is larger than Lambda takes"
    with zipfile.ZipFile(package, "w") as own:
        own.writestr(entry, content, compresslevel=9)


def main(built: Path, folder: Path, functions: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for function in functions:
        package = folder / f"{function}.zip"
        pack(built / function / "bootstrap", package)
        print(f"{package}: {package.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
