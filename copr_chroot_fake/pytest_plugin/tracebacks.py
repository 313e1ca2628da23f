"""Ends the tracebacks of the kit's errors at the line that called the kit. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ..errors import CoprFakeError, PollLoopError

_PACKAGE = str(Path(__file__).parents[1])


def trim_traceback(error: BaseException) -> None:
    """Remove the kit's own lines from the end of the traceback, if it is one of the kit's errors."""
    last = _last_user_line(error.__traceback__)
    if last is not None and isinstance(error, (CoprFakeError, PollLoopError)):
        last.tb_next = None


def _last_user_line(traceback: TracebackType | None) -> TracebackType | None:
    last = None
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            last = traceback
        traceback = traceback.tb_next
    return last
