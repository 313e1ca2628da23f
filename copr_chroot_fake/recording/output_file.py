"""Write a recording to a file, which contains a whole scenario at any time.

If the file already exists, only a complete recording replaces it. Until then the recording is written to a file beside
it, ``NAME.partial.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..atomic_file import AtomicFile
from ..errors import CoprFakeError


class OutputFile:
    """A file for one scenario; see :func:`open_output_file`."""

    def __init__(self, path: Path) -> None:
        self.complete = AtomicFile(path)
        self.partial = AtomicFile(path.parent / f"{path.stem}.partial{path.suffix}") if path.exists() else self.complete

    def write_partial(self, scenario: Mapping[str, object]) -> Path:
        """Write an incomplete recording and return its path.

        :raises CoprFakeError: if the file cannot be written; the previous content stays.
        """
        return _write(self.partial, scenario)

    def write_complete(self, scenario: Mapping[str, object]) -> Path:
        """Replace the file with a complete recording and return its path.

        :raises CoprFakeError: if the file cannot be written; the previous content stays.
        """
        path = _write(self.complete, scenario)
        if self.partial is not self.complete:
            self.partial.path.unlink(missing_ok=True)
        return path


@contextmanager
def open_output_file(path: Path) -> Iterator[OutputFile]:
    """Lock an output file against other recorders within a ``with`` block.

    :raises CoprFakeError: if the file cannot be written, or if another recorder has locked it.
    """
    file = OutputFile(path)
    with file.complete, file.partial:
        yield file


def _write(file: AtomicFile, scenario: Mapping[str, object]) -> Path:
    try:
        file.replace(f"{json.dumps(scenario, indent=2)}\n".encode())
    except OSError as error:
        raise CoprFakeError(f"{file.path}: cannot be written: {error.strerror}") from None
    return file.path
