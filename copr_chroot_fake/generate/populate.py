"""Add generated builds to a store."""

from __future__ import annotations

from ..engine.build import Build
from ..engine.create import add_scenario
from ..engine.store import Store
from ..scenario.spec import ScenarioSpec
from ..validation import checks
from ..validation.spec import parse
from .provider import seeded_provider


def populate(store: Store, builds: int, chroots: int, seed: int | None) -> list[Build]:
    """Add builds in their state at the time of the store's clock, and return them."""
    checked_seed = checks.optional(checks.whole_number)("seed", seed)
    with store.lock:
        store.catch_up()
        first_id = store.last_build_id + 1
        # The id makes a second call add other builds.
        provider = seeded_provider(f"{store.seed if checked_seed is None else checked_seed}/{first_id}")
        scenario = provider.copr_scenario(
            builds, chroots, first_id=first_id, now=int(store.clock.now()), taken=list(store.projects)
        )
        # Loading it must not move the clock.
        del scenario["now"]
        return add_scenario(parse(ScenarioSpec, "", scenario), store)
