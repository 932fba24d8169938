"""What each function was made of, as CycloneDX: every crate that it may hold, with the checksum of its source.

A crate that only compiles others (a macro, a build script) is not among them, nor one that only tests use. A crate
among them may still be absent from the binary: the linker drops what is never called.
"""

import hashlib
import json
import subprocess
import tomllib
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


@dataclass(frozen=True)
class Crate:
    """A crate as cargo's tree names it."""

    name: str
    version: str
    licence: str


def said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def tree(function: str, target: str) -> dict[Crate, set[Crate]]:
    """The crates that are linked into a function, itself first, and what each depends on."""
    found: dict[Crate, set[Crate]] = {}
    above: list[Crate] = []
    shape = ("-e", "normal,no-proc-macro", "--prefix", "depth", "--format", "\t{p}\t{l}")
    for line in said("cargo", "tree", "--locked", "-p", function, "--target", target, *shape).splitlines():
        depth, package, licence = line.split("\t")
        name, number = package.split()[:2]
        # What was shown before ends in a star.
        crate = Crate(name, number.removeprefix("v"), licence.removesuffix(" (*)"))
        found.setdefault(crate, set())
        above[int(depth) :] = [crate]
        if len(above) > 1:
            found[above[-2]].add(crate)
    return found


def checksums() -> dict[tuple[str, str], str]:
    """The SHA-256 of each crate that comes from crates.io, by name and version."""
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    for package in packages:
        assert package.get("source", CRATES_IO) == CRATES_IO, f"{package['name']} comes from elsewhere"
    return {(own["name"], own["version"]): own["checksum"] for own in packages if "checksum" in own}


def sha256(checksum: str) -> list[HashType]:
    return [HashType(alg=HashAlgorithm.SHA_256, content=checksum)]


def component(crate: Crate, checksum: str | None) -> Component:
    """A crate: one of this repository has no checksum and is found nowhere else."""
    # The old way to write that either holds.
    licence = LicenseExpression(crate.licence.replace("/", " OR "))
    return Component(
        type=ComponentType.LIBRARY,
        name=crate.name,
        version=crate.version,
        bom_ref=f"{crate.name}@{crate.version}",
        licenses=[licence],
        purl=PackageURL("cargo", None, crate.name, crate.version) if checksum else None,
        hashes=sha256(checksum) if checksum else [],
    )


def built_with() -> list[Component]:
    """What decides, beside the sources, which bytes come out."""
    rustc = said("rustc", "--version").split()[1]
    versions = {"rustc": rustc, **{tool: version(tool) for tool in ("cargo-lambda", "ziglang", "deflate")}}
    return [Component(type=ComponentType.APPLICATION, name=name, version=own) for name, own in versions.items()]


def bill(function: str, binary: bytes, target: str, moment: datetime | None = None) -> str:
    """The file of one function's binary."""
    crates, sums = tree(function, target), checksums()
    components = {crate: component(crate, sums.get((crate.name, crate.version))) for crate in crates}
    whole = components[next(iter(crates))]
    digest = hashlib.sha256(binary).hexdigest()
    whole.type, whole.hashes = ComponentType.APPLICATION, sha256(digest)
    bom = Bom(
        components=[own for own in components.values() if own is not whole],
        # No two binaries have the same, and no binary has two.
        serial_number=uuid5(NAMESPACE_URL, f"{function}:{digest}"),
        metadata=BomMetaData(
            component=whole,
            tools=ToolRepository(components=built_with()),
        ),
    )
    # Without one of ours it would be the time of the build.
    bom.metadata.timestamp = moment
    for crate, below in crates.items():
        bom.register_dependency(components[crate], [components[own] for own in below])
    return json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=1, sort_keys=True) + "\n"
