"""The file that a recording goes to: whole at every moment, and never in the place of a better one.

What is not complete does not take the place of what was there before: it is
kept beside it then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ..atomic import replace_file
from ..errors import CoprFakeError


class Keeper:
    """Writes a scenario to a file, again and again.

    :raises CoprFakeError: if there is no place for the file.
    """

    def __init__(self, output: Path) -> None:
        if output.is_dir():
            raise CoprFakeError(f"{output}: is a directory; expected the name of a file")
        if output.exists() and not output.is_file():
            raise CoprFakeError(f"{output}: is a device or a pipe; expected a file, or no --output")
        if not output.parent.is_dir():
            raise CoprFakeError(f"{output}: there is no directory {output.parent}; make it first")
        if not os.access(output.parent, os.W_OK):
            raise CoprFakeError(f"{output}: nothing can be written to {output.parent}; choose another place")
        self.output = output
        self.unfinished = output.with_name(f"{output.stem}.partial{output.suffix}") if output.exists() else output
        """Where what is not complete is kept."""
        self._mode = _usual_mode()

    def keep(self, scenario: Mapping[str, object]) -> Path:
        """Keep what there is so far; returns where.

        :raises CoprFakeError: if it cannot be written; what was there before stays.
        """
        return self._write(self.unfinished, scenario)

    def finish(self, scenario: Mapping[str, object]) -> Path:
        """Write what is complete, in the place of what there was; returns where.

        :raises CoprFakeError: if it cannot be written; what was there before stays.
        """
        self._write(self.output, scenario)
        if self.unfinished != self.output:
            self.unfinished.unlink(missing_ok=True)
        return self.output

    def _write(self, path: Path, scenario: Mapping[str, object]) -> Path:
        try:
            replace_file(path, f"{json.dumps(scenario, indent=2)}\n".encode(), self._mode)
        except OSError as error:
            raise CoprFakeError(f"{path}: cannot be written: {error.strerror}") from None
        return path


def _usual_mode() -> int:
    """Who may read and write a file that somebody makes."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
