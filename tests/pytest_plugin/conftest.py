"""A test file to run, in a directory of its own."""

from __future__ import annotations

import pytest

from .runs import Run


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return Run(pytester)
