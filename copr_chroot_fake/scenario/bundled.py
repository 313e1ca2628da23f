"""The scenarios that ship with the kit, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DEFAULT_SCENARIO = "all-states.json"


def shipped_scenarios() -> Path:
    """The directory of the scenarios that ship with the kit: in the package once built, else in the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def by_name() -> Mapping[str, Path]:
    """Their files by name; the folders that they are in are no part of it."""
    return {path.stem: path for path in sorted(shipped_scenarios().rglob("*.json"), key=lambda path: path.stem)}
