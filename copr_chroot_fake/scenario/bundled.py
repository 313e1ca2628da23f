"""The scenarios that are bundled with the kit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DEFAULT_SCENARIO = "all-states.json"


def bundled_directory() -> Path:
    """Return their directory: in the package when it is built, else in the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def by_name() -> Mapping[str, Path]:
    """Return their files by name, which does not include the directory."""
    return {path.stem: path for path in sorted(bundled_directory().rglob("*.json"), key=lambda path: path.stem)}
