"""Stored fuzz cases pass."""

from __future__ import annotations

import pytest

from ..examples import sample
from .cases import read_cases
from .targets import TARGETS

IN_PROCESS = ("bodies", "requests")
"""Targets whose cases are quick, as the core gets them without a server."""


@pytest.mark.sampled
@pytest.mark.parametrize("target", TARGETS)
def test_kept_fuzz_cases_pass(target: str) -> None:
    """Requests, scenarios and control calls."""
    cases = read_cases(target)
    assert cases
    for case in cases if target in IN_PROCESS else sample(cases):
        try:
            TARGETS[target](case)
        except Exception as error:
            raise AssertionError(f"{target}: {case!r}") from error
