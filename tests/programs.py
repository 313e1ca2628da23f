"""Tests that run programs which may not be installed."""

from __future__ import annotations

import os
import shutil

import pytest

IS_CI = bool(os.environ.get("CI"))
"""Whether missing programs are errors: CI must run every test."""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Return a mark that skips a test if programs are not installed, except in CI."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing) and not IS_CI, reason=f"not installed: {', '.join(missing)}")
