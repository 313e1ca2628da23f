"""Fills a fake with builds."""

from __future__ import annotations

from ..engine.build import Build
from ..engine.create import create_scenario
from ..engine.store import Store
from ..scenario.entries import Scenario
from ..scenario.spec import ScenarioSpec
from ..validation import checks
from ..validation.spec import parse
from .provider import seeded


def populate(store: Store, builds: int, chroots: int, seed: int | None) -> list[Build]:
    """Add builds as Copr could have them at the time that the store's clock shows."""
    checked_seed = checks.optional(checks.whole_number)("seed", seed)
    with store.lock:
        store.catch_up()
        first_id = max((0, *store.builds, *store.removed)) + 1
        # What is added next is something else, from the same seed.
        faker = seeded(f"{store.seed if checked_seed is None else checked_seed}/{first_id}")
        made = faker.copr_scenario(
            builds, chroots, first_id=first_id, now=int(store.clock.now()), taken=list(store.projects)
        )
        batch = create_scenario(parse(ScenarioSpec, "", _without_now(made)), store)
        store.add(batch)
    return list(batch.builds.values())


def _without_now(scenario: Scenario) -> Scenario:
    """Whose clock it is decides what time it is."""
    return {"chroots": scenario["chroots"], "projects": scenario["projects"], "builds": scenario["builds"]}
