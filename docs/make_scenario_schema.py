"""Print the JSON Schema of scenarios, for editors and for generators of test data: ``make docs``."""

from __future__ import annotations

import json

from copr_chroot_fake.scenario.spec import ScenarioSpec

from .schemas import Schemas


def main() -> None:
    schemas = Schemas("#/$defs/")
    schemas.ref(ScenarioSpec)
    scenario = schemas.definitions.pop(ScenarioSpec.__name__)
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of copr-chroot-fake",
        **scenario,
        "$defs": schemas.definitions,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
