"""The JSON Schema of scenarios, for editors and for generators of test data."""

from __future__ import annotations

from ..validation.schema import Schema, Schemas
from .spec import ScenarioSpec


def scenario_schema() -> dict[str, object]:
    """Return the JSON Schema of a scenario, which refers to no other document."""
    schemas = Schemas("#/$defs/", nulls=True)
    schemas.ref(ScenarioSpec)
    scenario: Schema = schemas.definitions.pop(ScenarioSpec.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of copr-chroot-fake",
        **scenario,
        "$defs": schemas.definitions,
    }
