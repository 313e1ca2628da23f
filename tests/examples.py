"""How many examples a property test tries, and how many of a long list of cases."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

SHARE = float(os.environ.get("COPR_FAKE_EXAMPLES", "0.05"))
"""The fraction of examples to run: all of them in CI, few for each mutant."""

ALL_RECORDINGS = os.environ.get("COPR_FAKE_RECORDINGS") == "all"
"""Whether to replay all recordings through each adapter, which takes minutes, and not only some of each kind."""


def examples(number: int) -> int:
    """The given share of a number of examples, but not less than 5."""
    return max(5, round(number * SHARE))


def sample(cases: Iterable[T]) -> list[T]:
    """The given share of cases, spread evenly."""
    return [*cases][:: max(1, round(1 / SHARE))]
