"""The JSON Schema of scenarios, for editors and for generators of test data; ``make docs`` generates it."""

from __future__ import annotations

from pathlib import Path


def scenario_schema() -> str:
    """Return the JSON Schema of a scenario, which refers to no other document."""
    return Path(__file__).with_name("schema.json").read_text()
