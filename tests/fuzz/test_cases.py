"""What the fuzzer has found its way with, or has failed with once, holds."""

from __future__ import annotations

import pytest

from .cases import read_cases
from .targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_every_case_that_is_kept_holds(target: str) -> None:
    """Requests, scenarios and calls of the control API, each answered or refused as it should be."""
    cases = read_cases(target)
    assert cases
    for case in cases:
        try:
            TARGETS[target](case)
        except Exception as error:
            raise AssertionError(f"{target}: {case!r}") from error
