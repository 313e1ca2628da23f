"""Files that are replaced completely or not at all, by one process at a time."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copr_chroot_fake import CoprFakeError
from copr_chroot_fake import atomic_file as atomic
from copr_chroot_fake.atomic_file import AtomicFile, replace_file

OLD, NEW = b"old", b"new" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An existing file, alone in its directory."""
    path = tmp_path / "file.json"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def error_of(act: Callable[[], object]) -> str | None:
    """The message of the error that something ends with."""
    try:
        act()
    except (OSError, CoprFakeError) as error:
        return str(error)
    return None


class FailingOs:
    """The ``os`` module; the call with a given number, counted from 1, fails."""

    def __init__(self, fail_at: int, code: int = errno.ENOSPC) -> None:
        self.calls: list[str] = []
        self._fail_at = fail_at
        self._code = code

    def __getattr__(self, name: str) -> Any:
        value = getattr(os, name)
        return self._counted(name, value) if callable(value) and not isinstance(value, type) else value

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self._fail_at:
                if name == "close":
                    # A close that fails has closed the file all the same.
                    os.close(*args)
                raise OSError(self._code, os.strerror(self._code))
            return function(*args, **options)

        return call


def test_content_is_replaced_and_permissions_are_kept(path: Path) -> None:
    replace_file(path, NEW, 0o600)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_new_file_gets_the_mode_without_the_umask(tmp_path: Path, mode: int) -> None:
    replace_file(tmp_path / "file", NEW, mode)
    plain = tmp_path / "plain"
    plain.touch(mode)
    assert (tmp_path / "file").stat().st_mode == plain.stat().st_mode


def test_every_failing_call_leaves_the_old_content(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No temporary file remains. Only flushing the directory can fail after the content was replaced."""
    with AtomicFile(path) as file:
        beside = names(path.parent)
        for fail_at in range(1, 100):
            path.write_bytes(OLD)
            failing = FailingOs(fail_at)
            with monkeypatch.context() as patch:
                patch.setattr(atomic, "os", failing)
                error = error_of(lambda: file.replace(NEW))
            if error is None:
                break
            assert "No space left" in error
            assert path.read_bytes() == (NEW if "replace" in failing.calls[: fail_at - 1] else OLD)
            assert names(path.parent) == beside
    # The calls of the one that succeeded.
    assert fail_at == len(failing.calls) + 1
    assert {"open", "write", "chmod", "replace", "close"} <= {*failing.calls}
    assert [call for call in failing.calls if call in ("fsync", "replace")] == ["fsync", "replace", "fsync"]
    assert path.read_bytes() == NEW


def test_every_failing_call_leaves_nothing_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process can lock the file, and removes leftovers."""
    for fail_at in range(1, 100):
        failing = FailingOs(fail_at)
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "os", failing)
            file = AtomicFile(path)
            error = error_of(file.__enter__)
        if error is None:
            file.__exit__(None, None, None)
            break
        assert "No space left" in error
        assert names(path.parent) == [path.name] or failing.calls[fail_at - 1] == "unlink"
        with AtomicFile(path):
            pass
        assert names(path.parent) == [path.name]
    assert fail_at > 5


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_directory_that_cannot_be_flushed_is_no_error(path: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have no such operation."""
    counting = FailingOs(0)
    with AtomicFile(path) as file:
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "os", counting)
            file.replace(OLD)
        last_flush = len(counting.calls) - counting.calls[::-1].index("fsync")
        monkeypatch.setattr(atomic, "os", FailingOs(last_flush, code))
        file.replace(NEW)
    assert path.read_bytes() == NEW


def test_short_writes_are_continued(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(data)[:7]))
    with AtomicFile(path) as file:
        file.replace(NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("is_there", [True, False])
def test_symbolic_links_are_followed(tmp_path: Path, is_there: bool) -> None:
    """Relative links, chains, and links to a missing file; the temporary file is beside the target."""
    home, links = tmp_path / "home", tmp_path / "links"
    home.mkdir()
    links.mkdir()
    target = home / "file"
    if is_there:
        target.write_bytes(OLD)
    (links / "last").symlink_to("../home/file")
    (links / "first").symlink_to(links / "last")
    with AtomicFile(links / "first") as file:
        assert names(links) == ["first", "last"]
        assert len(names(home)) == 1 + is_there
        file.replace(NEW)
        with pytest.raises(CoprFakeError, match="in use by"):
            AtomicFile(target).__enter__()
    assert target.read_bytes() == NEW
    assert (links / "first").is_symlink()
    assert (links / "last").is_symlink()
    assert names(home) == ["file"]


def test_link_that_leads_to_itself_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(CoprFakeError, match="loop: cannot be opened: Too many levels of symbolic links"):
        replace_file(tmp_path / "loop", NEW)
    assert names(tmp_path) == ["loop"]


def special(path: Path, kind: str) -> Path:
    """A file that is not a regular file."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        return Path(kind)
    return path


@pytest.mark.parametrize("kind", ["pipe", "directory", "socket", "link", "/dev/zero", "/dev/null"])
def test_only_regular_files_are_read_and_replaced(tmp_path: Path, kind: str) -> None:
    """Also if another kind of file appears later."""
    path = special(tmp_path / "file", kind)
    before = path.stat().st_mode
    match = f"^{path}: is a (directory|device or a pipe); expected"
    with pytest.raises(CoprFakeError, match=match):
        AtomicFile(path).__enter__()
    with pytest.raises(CoprFakeError, match=match):
        AtomicFile(path).read(10)
    if kind != "link":
        with pytest.raises(CoprFakeError, match=match):
            replace_file(path, NEW)
    assert path.stat().st_mode == before


def test_pipe_that_comes_later_is_neither_read_nor_replaced(path: Path) -> None:
    with AtomicFile(path) as file:
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(CoprFakeError, match="device or a pipe"):
            file.read(10)
        with pytest.raises(CoprFakeError, match="device or a pipe"):
            file.replace(NEW)
        assert path.is_fifo()


def test_large_file_is_not_read(path: Path) -> None:
    """A file of the maximum size is read; the file in this test is sparse."""
    assert AtomicFile(path).read(len(OLD)) == OLD
    os.truncate(path, 1 << 40)
    with pytest.raises(CoprFakeError, match=f"{path}: {1 << 40} bytes; expected at most 1000"):
        AtomicFile(path).read(1000)


def test_missing_file_has_no_content(tmp_path: Path) -> None:
    assert AtomicFile(tmp_path / "file").read(10) is None


@pytest.mark.parametrize("is_there", [True, False])
def test_locked_file_names_its_holder(tmp_path: Path, is_there: bool) -> None:
    """To another process that locks or replaces it; afterwards the file is free."""
    path = tmp_path / "file"
    if is_there:
        path.write_bytes(OLD)
    holder = rf"process {os.getpid()} on {socket.gethostname()} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00"
    match = f"^{path}: in use by {holder}; stop that process first, or choose another file$"
    with AtomicFile(path) as file:
        with pytest.raises(CoprFakeError, match=match):
            AtomicFile(path).__enter__()
        with pytest.raises(CoprFakeError, match=match):
            replace_file(path, OLD)
        with file:
            file.replace(NEW)
        # It is still locked after an inner block.
        with pytest.raises(CoprFakeError, match=match):
            AtomicFile(path).__enter__()
    replace_file(path, OLD)
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("content", [b"", b"\xff\x00\n" * 10_000])
def test_unreadable_lock_still_names_the_file(path: Path, content: bytes) -> None:
    """On one short line."""
    with AtomicFile(path):
        (lock,) = {*path.parent.iterdir()} - {path}
        lock.write_bytes(content)
        with pytest.raises(CoprFakeError, match="in use by") as raised:
            AtomicFile(path).__enter__()
    assert len(str(raised.value)) < 2000
    assert "\n" not in str(raised.value)
    assert content or "in use by another process" in str(raised.value)


def test_files_of_a_killed_process_are_removed(path: Path) -> None:
    """Other files in the directory stay."""
    with AtomicFile(path):
        (lock,) = {*path.parent.iterdir()} - {path}
    temporary = path.with_name(f".{path.name}.copr-fake-new")
    others = [path.with_name(name) for name in (".file.json.tmp", ".other.copr-fake-new", "file.json.copr-fake-new")]
    for each in (lock, temporary, *others):
        each.write_text("left")
    with AtomicFile(path) as file:
        assert not temporary.exists()
        file.replace(NEW)
    assert {*path.parent.iterdir()} == {path, *others}


def test_lock_is_not_shared_with_a_removed_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holder may remove its lock file after another process has opened it, and before it is locked."""
    opened: list[Path] = []

    class ReleasingOs:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def open(self, path: Path, *args: int) -> int:
            handle = os.open(path, *args)
            opened.append(path)
            if len(opened) == 1:
                os.unlink(path)  # noqa: PTH108  # Path.unlink is replaced in this test
            return handle

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "os", ReleasingOs())
        file = AtomicFile(path).__enter__()
    assert opened[0] == opened[1]
    with pytest.raises(CoprFakeError, match="in use by"):
        AtomicFile(path).__enter__()
    file.__exit__(None, None, None)
    assert names(path.parent) == [path.name]


def test_lock_of_another_process_is_not_removed(path: Path) -> None:
    """Somebody may have deleted the lock file, and another process created it again."""
    first, second = AtomicFile(path), AtomicFile(path)
    with first:
        (lock,) = {*path.parent.iterdir()} - {path}
        lock.unlink()
        second.__enter__()
    assert lock.exists()
    second.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.EROFS, "Read-only file system; make {} writable, or choose a file elsewhere"),
        (errno.EACCES, "Permission denied; make {} writable, or choose a file elsewhere"),
        (errno.ENOLCK, "No locks available; this file system cannot lock files; choose a file on another one"),
        (errno.ENOSPC, "No space left on device; choose a file elsewhere"),
    ],
)
def test_unusable_directory_is_found_on_entering(
    path: Path, code: int, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its second call is the first one that writes."""
    failing = FailingOs(2, code)
    monkeypatch.setattr(atomic, "os", failing)
    file = AtomicFile(path)
    with pytest.raises(CoprFakeError) as raised:
        file.__enter__()
    assert failing.calls[:2] == ["stat", "open"]
    expected = remedy.format(path.parent)
    assert str(raised.value) == f"{path}: nothing can be written to {path.parent}: {expected}"


def test_file_that_is_mounted_by_itself_is_rejected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be replaced; without the check, the first save would fail."""
    monkeypatch.setattr("os.path.ismount", lambda mount: Path(mount) == path)
    with pytest.raises(CoprFakeError, match=r"mounted as a single file, .*; mount its directory instead"):
        AtomicFile(path).__enter__()


@pytest.mark.parametrize("name", ["none/file", "file.json/file"])
def test_missing_directory_is_named(path: Path, name: str) -> None:
    with pytest.raises(CoprFakeError, match=r"does not exist|Not a directory"):
        AtomicFile(path.parent / name).__enter__()


def test_interrupted_replacement_leaves_the_old_content(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, NEW)
    assert path.read_bytes() == OLD
    assert names(path.parent) == [path.name]
