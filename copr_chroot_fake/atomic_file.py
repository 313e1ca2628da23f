"""Write files atomically: they contain either the old or the new content."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from .errors import CoprFakeError


def check_replaceable(path: Path) -> None:
    """Check that a file can be replaced, or created.

    :raises CoprFakeError: if it is not a regular file, or if its directory is missing or not writable.
    """
    target = Path(os.path.realpath(path))
    directory = target.parent if path.is_symlink() else path.parent
    if target.is_dir():
        raise CoprFakeError(f"{path}: is a directory; expected the name of a file")
    if target.exists() and not target.is_file():
        raise CoprFakeError(f"{path}: is a device or a pipe; expected a regular file")
    if not directory.is_dir():
        raise CoprFakeError(f"{path}: the directory {directory} does not exist; create it first")
    if not os.access(directory, os.W_OK):
        raise CoprFakeError(f"{path}: {directory} is not writable; choose a file elsewhere")
    # A container's volume option can mount a single file.
    if os.path.ismount(target):
        raise CoprFakeError(f"{path}: mounted as a single file, which cannot be replaced; mount its directory instead")


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace the content of a file; a symbolic link is followed, and an existing file keeps its permissions.

    :param mode: permissions of a new file, before the umask is applied.
    :raises CoprFakeError: if the file cannot be written; it is unchanged then.
    """
    check_replaceable(path)
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.copr-fake-new")
    try:
        try:
            temporary.unlink(missing_ok=True)
            with open(temporary, "xb", opener=partial(os.open, mode=mode)) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CoprFakeError(f"{path}: cannot be written: {error.strerror}") from None
