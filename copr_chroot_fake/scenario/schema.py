"""How a scenario is written, as a JSON Schema: for editors, and for whoever makes scenarios up.

What Python has as an object (a lifecycle, a duration, a package) has its written form here.
"""

from __future__ import annotations

from typing import Annotated

from ..model.lifecycle import LifecycleLike, LifecycleValue
from ..model.nevra import PackageLike, PackageValue
from ..model.progress import ProgressLike, ProgressValue
from ..validation.schema import Schema, Schemas, Written

WrittenLifecycle = Annotated[LifecycleLike, Written(LifecycleValue)]
WrittenProgress = Annotated[ProgressLike, Written(ProgressValue)]
WrittenPackage = Annotated[PackageLike, Written(PackageValue)]


def scenario_schema() -> dict[str, object]:
    """The JSON Schema of a scenario, complete in itself."""
    # Imported here, as it imports the forms above.
    from .entries import Scenario

    schemas = Schemas("#/$defs/", nulls=True)
    schemas.ref(Scenario)
    scenario: Schema = schemas.definitions.pop(Scenario.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of copr-chroot-fake",
        **scenario,
        "$defs": schemas.definitions,
    }
