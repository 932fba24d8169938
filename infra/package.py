"""Packs each function's binary for Lambda, the same bytes for the same binary, with what it was made of beside it.

usage: package.py FOLDER-OF-CARGO-LAMBDA TO-FOLDER FUNCTION...

Of each function come NAME.zip and NAME.cdx.json; SHA256SUMS is over all in the folder. The moment of SOURCE_DATE_EPOCH
stands in the bill of materials where that is set; else none does.
"""

import hashlib
import os
import struct
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import build
import deflate
import sbom

LAMBDAS_MAX_MB = 250
"""What a function may have unpacked."""
TARGET = "x86_64-unknown-linux-gnu"
SUMS = "SHA256SUMS"

# Of the format's specification, 4.3.7 (a file's header), 4.3.12 (its entry) and 4.3.16 (the end).
HEADER, ENTRY, END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
VERSION, DEFLATED, UNIX = 20, 8, 3
# The earliest moment that a zip knows, so that no build differs by its time.
TIME, DATE = 0, 1 << 5 | 1
EXECUTABLE = 0o100755 << 16


def packed(content: bytes) -> bytes:
    """A zip that holds the binary as `bootstrap`, executable.

    By hand, because Python's own zips take no other compressor than zlib: libdeflate's are smaller by 3 to 4 %.
    """
    name = b"bootstrap"
    body = bytes(deflate.deflate_compress(content, 12))
    about = (DEFLATED, TIME, DATE, zlib.crc32(content), len(body), len(content), len(name), 0)
    file = struct.pack(HEADER, b"PK\3\4", VERSION, 0, *about) + name + body
    made_by = UNIX << 8 | VERSION
    entry = struct.pack(ENTRY, b"PK\1\2", made_by, VERSION, 0, *about, 0, 0, 0, EXECUTABLE, 0) + name
    return file + entry + struct.pack(END, b"PK\5\6", 0, 0, 1, 1, len(entry), len(file), 0)


def paths_of_the_machine(binary: bytes) -> list[str]:
    """The folders of whoever built it that stand in a binary, so that it would differ elsewhere."""
    # One directly below the root, as `/src`, may stand in any path.
    folders = [path for path in build.folders(dict(os.environ)) if len(Path(path).parts) > 2]
    return [path for path in folders if f"{path}/".encode() in binary]


def moment() -> datetime | None:
    """When it was made, where whoever builds says so."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def write_sums(folder: Path) -> None:
    """Checksums of all that may be delivered, as `sha256sum -c` reads them."""
    files = sorted([*folder.glob("*.zip"), *folder.glob("*.cdx.json")])
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (folder / SUMS).write_text("".join(lines))


def main(built: Path, folder: Path, functions: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for function in functions:
        binary, package = (built / function / "bootstrap").read_bytes(), folder / f"{function}.zip"
        assert len(binary) < LAMBDAS_MAX_MB * 1e6, f"{function} is larger than Lambda takes"
        assert not (paths := paths_of_the_machine(binary)), f"{function} names {', '.join(paths)}: it differs elsewhere"
        package.write_bytes(packed(binary))
        (folder / f"{function}.cdx.json").write_text(sbom.bill(function, binary, TARGET, moment()))
        print(f"{package}: {package.stat().st_size / 1e6:.2f} MB")
    write_sums(folder)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
