"""Generated packages are valid for rpm and createrepo_c."""

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
FORMAT = (
    "%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{NEVRA}|%{SOURCERPM}|%{SOURCEPACKAGE}|%{BUILDTIME}|%{VENDOR}\\n"
)

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


def expected_output(nevra: Nevra) -> str:
    """Return the output that rpm should print for a package."""
    epoch = "(none)" if nevra.epoch is None else str(nevra.epoch)
    evr = f"{'' if nevra.epoch is None else f'{nevra.epoch}:'}{nevra.version}-{nevra.release}"
    source = "(none)|1" if nevra.arch == "src" else "hello-2.12-3.fc43.src.rpm|(none)"
    return (
        f"{nevra.name}|{epoch}|{nevra.version}|{nevra.release}|{nevra.arch}|{nevra.name}-{evr}.{nevra.arch}|{source}|"
        "1700000000|Fedora Copr - jdoe/hello"
    )


@pytest.mark.slow
@needs_tools
@settings(max_examples=examples(25), deadline=None)
@given(st.lists(nevras, min_size=1, max_size=20))
def test_rpm_reads_the_written_packages(built: list[Nevra]) -> None:
    """Names, versions and architectures are the same, and all digests are right."""
    with TemporaryDirectory() as directory:
        paths = [write(Path(directory), nevra, f"{index}.rpm") for index, nevra in enumerate(built)]
        assert run("rpm", "-qp", "--qf", FORMAT, *paths).splitlines() == [expected_output(nevra) for nevra in built]
        assert run("rpm", "-K", *paths) == "".join(f"{path}: digests OK\n" for path in paths)


@needs_tools
@pytest.mark.parametrize("damaged", [-1, -60, 900])
def test_rpm_detects_a_changed_byte(tmp_path: Path, damaged: int) -> None:
    """The digests cover the header and the archive."""
    path = write(tmp_path, Nevra("hello", "2.12", "3.fc43", "x86_64"))
    content = bytearray(path.read_bytes())
    content[damaged] ^= 1
    path.write_bytes(content)
    assert subprocess.run(["rpm", "-K", path], capture_output=True, check=False).returncode != 0


@needs_tools
def test_package_has_all_digests_and_no_signature(tmp_path: Path) -> None:
    """rpm verifies the digests of the header, of the archive, and of both together."""
    checked = run("rpm", "-Kv", write(tmp_path, Nevra("hello", "2.12", "3.fc43", "noarch"))).splitlines()
    kinds = ("Header SHA256", "Header SHA1", "Payload SHA256", "MD5")
    assert [line.strip() for line in checked[1:]] == [f"{kind} digest: OK" for kind in kinds]


@needs_tools
def test_archive_is_valid_and_empty(tmp_path: Path) -> None:
    """It only contains cpio's trailer."""
    archive = run("rpm2cpio", write(tmp_path, SOURCE))
    assert archive.startswith("070701")
    assert "TRAILER!!!" in archive
    assert run("rpm", "-qpl", tmp_path / rpm_file.file_name(SOURCE)) == "(contains no files)\n"


@needs_tools
def test_createrepo_creates_a_repository(tmp_path: Path) -> None:
    """It distinguishes binary and source packages, and each binary package provides itself."""
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


def test_packages_are_small_and_reproducible() -> None:
    once, again = (
        rpm_file.write(SOURCE, source=SOURCE, vendor="Fedora Copr", built_on=1_700_000_000) for _ in range(2)
    )
    assert once == again
    assert len(once) < 2000
