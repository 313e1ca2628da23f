"""Write a recording to a file, which contains a whole scenario at any time.

If the file already exists, only a complete recording replaces it. Until then the recording is written to a file beside
it, ``NAME.partial.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..atomic_file import check_replaceable, replace_file


class OutputFile:
    """A file for one scenario.

    :raises CoprFakeError: if the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        check_replaceable(path)
        self.complete = path
        self.partial = path.parent / f"{path.stem}.partial{path.suffix}" if path.exists() else path

    def write_partial(self, scenario: Mapping[str, object]) -> Path:
        """Write an incomplete recording and return its path.

        :raises CoprFakeError: if the file cannot be written; the previous content stays.
        """
        return _write(self.partial, scenario)

    def write_complete(self, scenario: Mapping[str, object]) -> Path:
        """Replace the file with a complete recording and return its path.

        :raises CoprFakeError: if the file cannot be written; the previous content stays.
        """
        _write(self.complete, scenario)
        if self.partial != self.complete:
            self.partial.unlink(missing_ok=True)
        return self.complete


def _write(path: Path, scenario: Mapping[str, object]) -> Path:
    replace_file(path, f"{json.dumps(scenario, indent=2)}\n".encode())
    return path
