"""Files that are replaced completely or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copr_chroot_fake import CoprFakeError
from copr_chroot_fake.atomic_file import check_replaceable, replace_file

OLD, NEW = b"old", b"new" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An existing file, alone in its directory."""
    path = tmp_path / "file.json"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def test_content_is_replaced_and_permissions_are_kept(path: Path) -> None:
    replace_file(path, NEW, 0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (NEW, 0o640)
    assert [*path.parent.iterdir()] == [path]


def test_new_file_gets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    replace_file(path, NEW, 0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (NEW, 0o600)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failed_replacement_leaves_the_old_content(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(CoprFakeError, match=r"file\.json: cannot be written: No space left on device"):
        replace_file(path, NEW)
    assert path.read_bytes() == OLD
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("is_there", [False, True])
def test_symbolic_links_are_followed(tmp_path: Path, is_there: bool) -> None:
    (tmp_path / "link.json").symlink_to("file.json")
    if is_there:
        (tmp_path / "file.json").write_bytes(OLD)
    replace_file(tmp_path / "link.json", NEW)
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "file.json").read_bytes() == NEW


def test_file_of_a_killed_process_is_replaced(path: Path) -> None:
    path.with_name(".file.json.copr-fake-new").write_bytes(b"half")
    replace_file(path, NEW)
    assert path.read_bytes() == NEW
    assert [*path.parent.iterdir()] == [path]


def test_only_regular_files_are_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CoprFakeError, match="pipe: is a device or a pipe; expected a regular file"):
        replace_file(tmp_path / "pipe", NEW)
    with pytest.raises(CoprFakeError, match="is a directory; expected the name of a file"):
        replace_file(tmp_path, NEW)


def test_unusable_directory_is_named(tmp_path: Path) -> None:
    """Not even root can write to the second one."""
    with pytest.raises(CoprFakeError, match=r"nowhere/file: the directory .*nowhere does not exist; create it first"):
        check_replaceable(tmp_path / "nowhere" / "file")
    with pytest.raises(CoprFakeError, match="/proc/self/file: /proc/self is not writable; choose a file"):
        replace_file(Path("/proc/self/file"), NEW)


def test_file_that_is_mounted_by_itself_is_rejected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda mounted: Path(mounted) == path)
    with pytest.raises(CoprFakeError, match="mounted as a single file, which cannot be replaced; mount its directory"):
        check_replaceable(path)
