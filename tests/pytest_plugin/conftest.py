"""Run pytest with the plugin in a temporary directory."""

from __future__ import annotations

import pytest

from .runs import Run


@pytest.fixture
def run(imported_kit: None, pytester: pytest.Pytester) -> Run:
    return Run(pytester)
