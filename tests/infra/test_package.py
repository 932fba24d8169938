"""What `make package` writes beside binaries, and that it writes the same again. `make reproducible` compiles twice."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from infra.template import ROOT

BINARY = b"\x7fELF, and what follows" * 1000
FUNCTIONS = ("sluice-reaper", "sluice-bake")


def pack(folder: Path, binary: bytes = BINARY, **variables: str) -> subprocess.CompletedProcess:
    """Packs binaries that stand in for what cargo-lambda built."""
    for function in FUNCTIONS:
        own = folder / "built" / function
        own.mkdir(parents=True, exist_ok=True)
        (own / "bootstrap").write_bytes(binary)
    return subprocess.run(
        [sys.executable, "-B", ROOT / "infra" / "package.py", folder / "built", folder / "out", *FUNCTIONS],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The folder of packages."""
    folder = tmp_path_factory.mktemp("packages")
    done = pack(folder, PYTHONHASHSEED="1")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def bill(packed):
    """What one function was made of."""
    return json.loads((packed / "sluice-bake.cdx.json").read_text())


def crates(bill: dict) -> dict[str, dict]:
    return {component["name"]: component for component in bill["components"]}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def checked(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)


def test_the_same_binary_gives_the_same_bytes_from_another_folder_and_another_time(packed, tmp_path):
    assert pack(tmp_path / "elsewhere", PYTHONHASHSEED="2", TZ="Asia/Tokyo").returncode == 0
    again = contents(tmp_path / "elsewhere" / "out")
    assert again == contents(packed)
    names = {f"{function}.{kind}" for function in FUNCTIONS for kind in ("zip", "cdx.json")}
    assert set(again) == {*names, "SHA256SUMS"}


def test_a_package_holds_the_binary_executable_and_nothing_else(packed):
    with zipfile.ZipFile(packed / "sluice-bake.zip") as package:
        [entry] = package.infolist()
        assert package.testzip() is None
        assert package.read(entry) == BINARY
    assert (entry.filename, entry.external_attr >> 16, entry.create_system) == ("bootstrap", 0o100755, 3)


def test_checksums_are_over_all_files_and_notice_another(packed, tmp_path):
    assert checked(packed).stdout.count(": OK\n") == 2 * len(FUNCTIONS)
    for name, content in contents(packed).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "sluice-bake.zip").write_bytes(b"another")
    assert checked(tmp_path).returncode == 1
    assert "sluice-bake.zip: FAILED" in checked(tmp_path).stdout


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_bill_of_materials_is_cyclonedx(packed, function):
    text = (packed / f"{function}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert json.loads(text)["metadata"]["component"]["name"] == function


def test_the_bill_names_each_crate_with_its_licence_and_the_checksum_that_cargo_locks(bill):
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    sums = {f"pkg:cargo/{own['name']}@{own['version']}": own.get("checksum") for own in locked}
    theirs = [crate for crate in bill["components"] if "purl" in crate]
    assert len(theirs) > 150
    for crate in theirs:
        [own] = crate["hashes"]
        assert own == {"alg": "SHA-256", "content": sums[crate["purl"]]}
    assert all(crate["licenses"][0]["expression"] for crate in bill["components"])


def test_the_bill_has_what_is_linked_and_nothing_that_only_builds_or_tests(bill):
    named = crates(bill)
    assert {"aws-sdk-cloudwatch", "ring", "rustls", "sluice-core", "sluice-gates"} <= set(named)
    # A macro, what it is written with, a build script's, a test's.
    assert not {"serde_derive", "syn", "cc", "proptest"} & set(named)
    # Ours in the place of another's: what is said of that one holds for it no longer.
    assert "purl" not in named["crc-fast"]


def test_every_crate_of_the_bill_is_there_because_of_another(bill):
    below = {ref for own in bill["dependencies"] for ref in own.get("dependsOn", [])}
    assert below == {crate["bom-ref"] for crate in bill["components"]}


def test_another_binary_has_another_bill(packed, bill, tmp_path):
    assert pack(tmp_path, b"another").returncode == 0
    other = json.loads((tmp_path / "out" / "sluice-bake.cdx.json").read_text())
    assert other["serialNumber"] != bill["serialNumber"]
    assert other["metadata"]["component"]["hashes"] != bill["metadata"]["component"]["hashes"]
    assert other["components"] == bill["components"]


def test_the_bill_says_when_it_was_made_only_where_the_builder_does(bill, tmp_path):
    assert "timestamp" not in bill["metadata"]
    assert pack(tmp_path, SOURCE_DATE_EPOCH="1767225600").returncode == 0
    told = json.loads((tmp_path / "out" / "sluice-bake.cdx.json").read_text())
    assert told["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"


def test_a_binary_that_names_a_folder_of_the_machine_is_not_packed(tmp_path):
    home = tmp_path / "home" / "cargo"
    refused = pack(tmp_path, BINARY + f"{home}/registry/src/x.rs".encode(), CARGO_HOME=str(home))
    assert refused.returncode == 1
    assert f"sluice-reaper names {home}: it differs elsewhere" in refused.stderr
    assert not list((tmp_path / "out").glob("*.zip"))
