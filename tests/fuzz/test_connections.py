"""Mutated requests on connections, in a number that fits a test run."""

from __future__ import annotations

import os
from random import Random

import pytest

from ..examples import sample
from .connections import connections
from .mutating import make_connection

CASES = int(os.environ.get("COPR_FAKE_CONNECTIONS", "150"))


@pytest.mark.sampled
@pytest.mark.parametrize("part", sample(range(4)))
def test_mutated_requests_are_answered_or_rejected(part: int) -> None:
    """Each connection ends, without internal errors, and without worlds that the client may not create."""
    for seed in range(part * CASES, (part + 1) * CASES):
        case = make_connection(Random(seed))
        try:
            connections(case)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {case!r}") from error
