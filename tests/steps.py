"""Counts executed lines of Python, to test how work grows without measuring time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import TraceFunction

KIT = "copr_chroot_fake"


def count_steps(function: Callable[[], object], *files: str) -> int:
    """Return how many lines of the kit's code a call executes, counting repetitions; code in C is not counted."""
    steps = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction | None:
        nonlocal steps
        if not any(part in frame.f_code.co_filename for part in (KIT, *files)):
            return None
        steps += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return steps
