"""Packages are what rpm takes for packages."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copr_chroot_fake import Nevra
from copr_chroot_fake.results import rpm_file

from ..examples import examples
from .oracles import needs_tools, run

SOURCE = Nevra("hello", "2.12", "3.fc43", "src")
FORM = "%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{NEVRA}|%{SOURCERPM}|%{SOURCEPACKAGE}|%{BUILDTIME}|%{VENDOR}\\n"

words = st.text("abcXYZ019_+.", min_size=1, max_size=12)
versions = st.text("0123456789abc._~^+", min_size=1, max_size=20).filter(lambda text: text[0] not in "~^")
nevras = st.builds(
    Nevra,
    name=st.one_of(words, st.text("ab-é0", min_size=1, max_size=200)),
    version=versions,
    release=versions,
    arch=st.sampled_from(["x86_64", "i686", "noarch", "src", "aarch64", "s390x", "ppc64le", "riscv64"]),
    epoch=st.none() | st.integers(0, 2**31 - 1),
)


def write(directory: Path, nevra: Nevra, name: str | None = None) -> Path:
    path = directory / (name or rpm_file.file_name(nevra))
    path.write_bytes(rpm_file.write(nevra, source=SOURCE, vendor="Fedora Copr - jdoe/hello", built_on=1_700_000_000))
    return path


def shown(nevra: Nevra) -> str:
    """What rpm is to say of a package."""
    epoch = "(none)" if nevra.epoch is None else str(nevra.epoch)
    evr = f"{'' if nevra.epoch is None else f'{nevra.epoch}:'}{nevra.version}-{nevra.release}"
    source = "(none)|1" if nevra.arch == "src" else "hello-2.12-3.fc43.src.rpm|(none)"
    return (
        f"{nevra.name}|{epoch}|{nevra.version}|{nevra.release}|{nevra.arch}|{nevra.name}-{evr}.{nevra.arch}|{source}|"
        "1700000000|Fedora Copr - jdoe/hello"
    )


@needs_tools
@settings(max_examples=examples(25), deadline=None)
@given(st.lists(nevras, min_size=1, max_size=20))
def test_rpm_reads_what_was_written(built: list[Nevra]) -> None:
    """Name, epoch, version, release and architecture come back, whatever they are, and all digests are right."""
    with TemporaryDirectory() as directory:
        paths = [write(Path(directory), nevra, f"{at}.rpm") for at, nevra in enumerate(built)]
        assert run("rpm", "-qp", "--qf", FORM, *paths).splitlines() == [shown(nevra) for nevra in built]
        assert run("rpm", "-K", *paths) == "".join(f"{path}: digests OK\n" for path in paths)


@needs_tools
@pytest.mark.parametrize("damaged", [-1, -60, 900])
def test_rpm_notices_damage(tmp_path: Path, damaged: int) -> None:
    """The digests are of the bytes that they are said to be of: no byte of header or archive can be another one."""
    path = write(tmp_path, Nevra("hello", "2.12", "3.fc43", "x86_64"))
    content = bytearray(path.read_bytes())
    content[damaged] ^= 1
    path.write_bytes(content)
    assert subprocess.run(["rpm", "-K", path], capture_output=True, check=False).returncode != 0


@needs_tools
def test_every_digest_is_there(tmp_path: Path) -> None:
    """rpm checks header, archive, and both together, and finds no signature, as nobody has signed anything."""
    checked = run("rpm", "-Kv", write(tmp_path, Nevra("hello", "2.12", "3.fc43", "noarch"))).splitlines()
    kinds = ("Header SHA256", "Header SHA1", "Payload SHA256", "MD5")
    assert [line.strip() for line in checked[1:]] == [f"{kind} digest: OK" for kind in kinds]


@needs_tools
def test_the_archive_is_whole_and_empty(tmp_path: Path) -> None:
    """rpm2cpio unpacks it, and cpio's trailer is all that is in it."""
    archive = run("rpm2cpio", write(tmp_path, SOURCE))
    assert archive.startswith("070701")
    assert "TRAILER!!!" in archive
    assert run("rpm", "-qpl", tmp_path / rpm_file.file_name(SOURCE)) == "(contains no files)\n"


@needs_tools
def test_a_repository_can_be_made_of_the_packages(tmp_path: Path) -> None:
    """createrepo_c takes binaries for binaries and sources for sources, and each provides itself."""
    built = [SOURCE, Nevra("hello", "1~rc1", "1.fc43", "x86_64", 2), Nevra("hello-doc", "1^git1", "1.fc43", "noarch")]
    for nevra in built:
        write(tmp_path, nevra)
    run("createrepo_c", "--quiet", "--general-compress-type=gz", ".", cwd=tmp_path)
    (primary,) = tmp_path.glob("repodata/*primary.xml.gz")
    root = ET.fromstring(subprocess.run(["gzip", "-dc", primary], capture_output=True, check=True).stdout)
    common, rpm = "{http://linux.duke.edu/metadata/common}", "{http://linux.duke.edu/metadata/rpm}"
    found = {}
    for package in root.iter(f"{common}package"):
        version = package.find(f"{common}version")
        assert version is not None
        provided = [entry.attrib["ver"] for entry in package.iterfind(f".//{rpm}provides/{rpm}entry")]
        key = (package.findtext(f"{common}name"), package.findtext(f"{common}arch"))
        found[key] = (version.attrib["epoch"], version.attrib["ver"], version.attrib["rel"], provided)
    assert found == {
        ("hello", "src"): ("0", "2.12", "3.fc43", []),
        ("hello", "x86_64"): ("2", "1~rc1", "1.fc43", ["1~rc1"]),
        ("hello-doc", "noarch"): ("0", "1^git1", "1.fc43", ["1^git1"]),
    }


def test_the_same_package_is_the_same_bytes() -> None:
    """Written twice they do not differ, and they are small."""
    once, again = (
        rpm_file.write(SOURCE, source=SOURCE, vendor="Fedora Copr", built_on=1_700_000_000) for _ in range(2)
    )
    assert once == again
    assert len(once) < 2000
