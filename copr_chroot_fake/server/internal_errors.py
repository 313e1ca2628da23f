"""Describing internal errors of the server for its log."""

from __future__ import annotations

import reprlib
import traceback
from collections.abc import Callable
from pathlib import PurePath

Report = Callable[[str], None]
"""Writes a line to the server's log."""


def describe(context: str, error: BaseException) -> str:
    """Return one log line: the context (such as method and target), the exception and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    location = "".join(f", in {PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"internal error: {_short.repr(context)[1:-1]}: {type(error).__name__}: {_short.repr(str(error))}{location}"


_short = reprlib.Repr()
_short.maxstring = 200
