"""Write a recording to a file, which contains a whole scenario at any time.

If the file exists already, only a complete recording replaces it. Until then
the recording is written to a file beside it, ``NAME.partial.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from ..atomic_file import AtomicFile
from ..errors import CoprFakeError


class OutputFile:
    """A file for one scenario; locked against other recorders within a ``with`` block."""

    def __init__(self, path: Path) -> None:
        self._complete = AtomicFile(path)
        if path.exists():
            self._partial = AtomicFile(path.parent / f"{path.stem}.partial{path.suffix}")
        else:
            self._partial = self._complete
        self._locks = ExitStack()

    def __enter__(self) -> OutputFile:
        """Lock the file.

        :raises CoprFakeError: if the file cannot be written, or if another recorder has locked it.
        """
        with ExitStack() as entered:
            entered.enter_context(self._complete)
            entered.enter_context(self._partial)
            self._locks = entered.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._locks.close()

    def write_partial(self, scenario: Mapping[str, object]) -> Path:
        """Write an incomplete recording and return its path.

        :raises CoprFakeError: if the file cannot be written; the previous content stays.
        """
        return _write(self._partial, scenario)

    def write_complete(self, scenario: Mapping[str, object]) -> Path:
        """Replace the file with a complete recording and return its path.

        :raises CoprFakeError: if the file cannot be written; the previous content stays.
        """
        path = _write(self._complete, scenario)
        if self._partial is not self._complete:
            self._partial.path.unlink(missing_ok=True)
        return path


def _write(file: AtomicFile, scenario: Mapping[str, object]) -> Path:
    try:
        file.replace(f"{json.dumps(scenario, indent=2)}\n".encode())
    except OSError as error:
        raise CoprFakeError(f"{file.path}: cannot be written: {error.strerror}") from None
    return file.path
