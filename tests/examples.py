"""How many examples a property test tries."""

from __future__ import annotations

import os

SHARE = float(os.environ.get("COPR_FAKE_EXAMPLES", "0.1"))
"""The fraction of examples to run: all of them in CI, few for each mutant."""


def examples(number: int) -> int:
    """The given share of a number of examples, but not less than 5."""
    return max(5, round(number * SHARE))
