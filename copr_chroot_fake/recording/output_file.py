"""The file that a recording goes to: whole at every moment, and never in the place of a better one.

What is not complete does not take the place of what was there before: it is
kept beside it then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from ..atomic_file import AtomicFile
from ..errors import CoprFakeError


class Keeper:
    """Writes a scenario to a file, again and again; within ``with``, no other recorder writes there."""

    def __init__(self, output: Path) -> None:
        self._output = AtomicFile(output)
        if output.exists():
            self._partial = AtomicFile(output.parent / f"{output.stem}.partial{output.suffix}")
        else:
            self._partial = self._output
        self._locked = ExitStack()

    def __enter__(self) -> Keeper:
        """Lock the file.

        :raises CoprFakeError: if it cannot be written there, or if another recorder writes it.
        """
        with ExitStack() as entered:
            entered.enter_context(self._output)
            entered.enter_context(self._partial)
            self._locked = entered.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._locked.close()

    def keep(self, scenario: Mapping[str, object]) -> Path:
        """Keep what there is so far; returns where.

        :raises CoprFakeError: if it cannot be written; what was there before stays.
        """
        return _write(self._partial, scenario)

    def finish(self, scenario: Mapping[str, object]) -> Path:
        """Write what is complete, in the place of what there was; returns where.

        :raises CoprFakeError: if it cannot be written; what was there before stays.
        """
        written = _write(self._output, scenario)
        if self._partial is not self._output:
            self._partial.path.unlink(missing_ok=True)
        return written


def _write(file: AtomicFile, scenario: Mapping[str, object]) -> Path:
    try:
        file.replace(f"{json.dumps(scenario, indent=2)}\n".encode())
    except OSError as error:
        raise CoprFakeError(f"{file.path}: cannot be written: {error.strerror}") from None
    return file.path
