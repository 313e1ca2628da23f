"""``make address`` writes the address of the repository everywhere it belongs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from docs.set_address import PLACES, ROOT, set_address

URL = "https://github.com/jdoe/copr-chroot-fake"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the files that have the address, and of those that a wheel needs."""
    for file in {*PLACES, "LICENSE", "copr_chroot_fake/__init__.py", "copr_chroot_fake/version.py"}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, tmp_path / file)
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    return tmp_path


def metadata_of_wheel(source: Path) -> Message:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=source, check=True)
    (wheel,) = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        return message_from_bytes(archive.read(name))


def test_description_of_the_wheel_has_only_absolute_links(copy: Path) -> None:
    set_address(copy, URL)
    metadata = metadata_of_wheel(copy)
    links = re.findall(r"\]\(([^)]*)\)", str(metadata.get_payload()))
    assert f"{URL}/blob/main/docs/faults.md" in links
    assert f"{URL}/raw/main/docs/page.png" in links
    assert [link for link in links if not link.startswith("https://")] == []
    assert f"Source, {URL}" in metadata.get_all("Project-URL", [])


def test_every_place_names_the_address(copy: Path) -> None:
    set_address(copy, URL)
    assert [file for file in PLACES if not re.search(rf"{URL}|@jdoe/", (copy / file).read_text())] == []


def test_another_address_replaces_the_first(copy: Path) -> None:
    set_address(copy, "https://github.com/first/name")
    set_address(copy, URL)
    assert [file for file in PLACES if "first/name" in (copy / file).read_text()] == []


@pytest.mark.parametrize("url", ["", "github.com/jdoe/p", "https://github.com/jdoe", f"{URL}/", "https://a.com/b/c"])
def test_other_addresses_are_rejected(copy: Path, url: str) -> None:
    with pytest.raises(ValueError, match=r"expected https://github\.com/OWNER/NAME"):
        set_address(copy, url)
    assert (copy / "README.md").read_bytes() == (ROOT / "README.md").read_bytes()
