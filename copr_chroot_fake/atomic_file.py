"""Files that are replaced as a whole or not at all, and by one process at a time."""

# All system calls go through ``os``, not through paths, so that a test can make any of them fail.
# ruff: noqa: PTH101, PTH105, PTH108, PTH112, PTH116

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import threading
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from .errors import CoprFakeError

_MAX_HOLDER = 500
"""Maximum of bytes read from a lock file."""

_NOT_SUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""Errors of file systems that cannot flush directories."""


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace the content of a file once; see :class:`AtomicFile`.

    :raises CoprFakeError: if it is not writable, or if another process is writing it.
    :raises OSError: if writing fails; the file is unchanged.
    """
    AtomicFile(path, mode).replace(content)


class AtomicFile:
    """A regular file whose content is replaced completely or not at all.

    Symbolic links are followed: the target is replaced, not the link. If the process or
    the machine stops at any time, the file has either the old or the new content. An
    existing file keeps its permissions.

    Within ``with``, the file is locked: no other process can lock or replace it. The
    operating system releases the lock when the process ends. The lock file and the
    temporary file are in the same directory, and are removed after ``with``; if the
    process is killed, the next one to lock the file removes them.

    :param mode: permissions of a new file, before the umask is applied.
    """

    def __init__(self, path: Path, mode: int = 0o666) -> None:
        self.path = path
        self._target = Path(os.path.realpath(path))
        self._temporary = self._target.parent / f".{self._target.name}.copr-fake-new"
        self._lock = _LockFile(self._target.parent / f".{self._target.name}.copr-fake-lock")
        self._mode = mode
        self._depth = 0
        self._writing = threading.Lock()

    def __enter__(self) -> AtomicFile:
        """Lock the file.

        :raises CoprFakeError: if another process has locked it, or if the directory is not writable.
        """
        if self._depth == 0:
            self._acquire()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._lock.release()

    def read(self, max_bytes: int) -> bytes | None:
        """Return the content, or ``None`` if the file does not exist.

        :raises CoprFakeError: if it is larger, or not a regular file.
        :raises OSError: if it cannot be read.
        """
        if self._status(self._target) is None:
            return None
        # If a pipe has replaced the file, open() would block without O_NONBLOCK.
        handle = os.open(self._target, os.O_RDONLY | _flag("O_NONBLOCK") | _flag("O_CLOEXEC") | _flag("O_BINARY"))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            self._check_kind(status)
            if status.st_size > max_bytes:
                raise CoprFakeError(f"{self.path}: {status.st_size} bytes; expected at most {max_bytes}")
            return file.read()

    def replace(self, content: bytes) -> None:
        """Replace the content, and flush it to the disk.

        :raises CoprFakeError: if another process has locked the file, or if it is not a regular file.
        :raises OSError: if writing fails. The file is unchanged then, and the temporary file is removed.
            But if the last step, flushing the directory, fails, the file has the new content.
        """
        with self._writing, self:
            old = self._status(self._target)
            directory = _open_directory(self._target.parent)
            try:
                self._write(content, old)
                _flush_directory(directory)
            finally:
                if directory is not None:
                    os.close(directory)

    def _write(self, content: bytes, old: os.stat_result | None) -> None:
        try:
            handle = self._create_temporary(self._mode if old is None else 0o600)
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(handle, rest) :]
                if old is not None:
                    self._keep_permissions(old)
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(self._temporary, self._target)
        except BaseException:
            # An error here must not hide the first one.
            with suppress(OSError):
                self._remove_temporary()
            raise

    def _acquire(self) -> None:
        self._status(self.path)
        if not os.path.isdir(self._target.parent):
            raise CoprFakeError(f"{self.path}: the directory {self._directory} does not exist; create it first")
        # A file mounted on its own, as by a container's volume option, can be written but not replaced.
        if os.path.ismount(self._target):
            raise CoprFakeError(
                f"{self.path}: mounted as a single file, which cannot be replaced; mount its directory instead"
            )
        try:
            self._lock.acquire()
        except BlockingIOError:
            raise CoprFakeError(
                f"{self.path}: in use by {self._lock.holder()}; stop that process first, or choose another file"
            ) from None
        except OSError as error:
            raise self._unusable(error) from None
        try:
            # Creating a file is the only check for write access that works on every file system.
            try:
                os.close(self._create_temporary(0o600))
            finally:
                self._remove_temporary()
        except OSError as error:
            self._lock.release()
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> CoprFakeError:
        if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            remedy = "this file system cannot lock files; choose a file on another one"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            remedy = f"make {self._directory} writable, or choose a file elsewhere"
        else:
            remedy = "choose a file elsewhere"
        file = f" ({error.filename})" if error.filename else ""
        return CoprFakeError(
            f"{self.path}: nothing can be written to {self._directory}: {error.strerror}{file}; {remedy}"
        )

    @property
    def _directory(self) -> Path:
        """The directory as the user has given it, for messages."""
        return self._target.parent if self.path.is_symlink() else self.path.parent

    def _status(self, path: Path) -> os.stat_result | None:
        """Return the status of the existing file, or ``None`` if there is none.

        :raises CoprFakeError: if it is not a regular file, or not accessible.
        """
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CoprFakeError(f"{self.path}: cannot be opened: {error.strerror}; expected a file") from None
        self._check_kind(status)
        return status

    def _check_kind(self, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode):
            raise CoprFakeError(f"{self.path}: is a directory; expected the name of a file")
        if not stat.S_ISREG(status.st_mode):
            raise CoprFakeError(f"{self.path}: is a device or a pipe; expected a regular file")

    def _create_temporary(self, mode: int) -> int:
        """Create the temporary file; replace one left by a killed process."""
        self._remove_temporary()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        return os.open(self._temporary, flags | _flag("O_CLOEXEC") | _flag("O_BINARY"), mode)

    def _remove_temporary(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._temporary)

    def _keep_permissions(self, old: os.stat_result) -> None:
        if sys.platform != "win32":
            # Only root may give a file to another user.
            with suppress(PermissionError):
                os.chown(self._temporary, old.st_uid, old.st_gid)
        os.chmod(self._temporary, stat.S_IMODE(old.st_mode))


class _LockFile:
    """A lock file, which contains a line about the process that holds the lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Acquire the lock.

        :raises BlockingIOError: if another process holds the lock.
        :raises OSError: if the file cannot be created or locked.
        """
        while self._handle is None:
            flags = os.O_RDWR | os.O_CREAT | _flag("O_CLOEXEC") | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK")
            handle = os.open(self._path, flags, 0o666)
            try:
                _lock(handle)
                # The previous holder may have removed the file after this process opened it; then open a new one.
                if self._exists(handle):
                    os.ftruncate(handle, 0)
                    os.write(handle, _describe_process().encode())
                    self._handle = handle
            except BlockingIOError:
                raise
            except OSError:
                with suppress(OSError):
                    os.unlink(self._path)
                raise
            finally:
                if self._handle is None:
                    os.close(handle)

    def release(self) -> None:
        """Release the lock and remove the file."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        # Windows cannot remove open files. Elsewhere the file is removed while this process holds the lock.
        with suppress(OSError):
            if sys.platform != "win32" and self._exists(handle):
                os.unlink(self._path)
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):
                os.unlink(self._path)

    def holder(self) -> str:
        """Return a description of the process that holds the lock."""
        try:
            handle = os.open(self._path, os.O_RDONLY | _flag("O_CLOEXEC") | _flag("O_NONBLOCK"))
            try:
                line = os.read(handle, _MAX_HOLDER).decode(errors="replace")
            finally:
                os.close(handle)
        except OSError:
            line = ""
        return " ".join(line.split()) or "another process"

    def _exists(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self._path))
        except FileNotFoundError:
            return False


def _describe_process() -> str:
    since = datetime.now(timezone.utc).isoformat(sep=" ", timespec="seconds")
    return f"process {os.getpid()} on {socket.gethostname()} since {since}\n"


def _open_directory(path: Path) -> int | None:
    """Open a directory for flushing; Windows does not support that."""
    return None if sys.platform == "win32" else os.open(path, os.O_RDONLY | _flag("O_CLOEXEC"))


def _flush_directory(handle: int | None) -> None:
    """Flush a directory; otherwise a power failure may bring back the old file."""
    if handle is None:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise


def _flag(name: str) -> int:
    """Return a flag of ``os.open``, or 0 on platforms without it."""
    return getattr(os, name, 0)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # Other processes cannot read a locked byte, so lock one far behind the text.
        os.lseek(handle, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError from None
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
