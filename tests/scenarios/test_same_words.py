"""Chroots mean the same in a scenario, in Python and over the control API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, VirtualClock
from copr_chroot_fake.model.lifecycle import LIFECYCLES
from copr_chroot_fake.model.states import STATES
from copr_chroot_fake.scenario.spec import Scenario

from ..adapters import direct_client
from ..chroots import F41, F42

NOTHING = dict.fromkeys(("started_on", "ended_on", "result_dir", "packages"))
EVERYTHING = {"started_on": 5, "ended_on": 9, "result_dir": "other", "packages": ["nano-8.1-1.fc41.x86_64"]}

DERIVED_ONLY_BY_ADD_BUILD = ("starting", "running", "forked")
"""Chroots that have not ended, or were never built, are recorded with only a state."""

SETTINGS: dict[str, Mapping[str, Any]] = {
    "neither": {},
    **{state: {"state": state} for state in STATES if state not in DERIVED_ONLY_BY_ADD_BUILD},
    **{f"{state} with nothing": {"state": state, **NOTHING} for state in STATES},
    **{f"{state} with everything": {"state": state, **EVERYTHING} for state in STATES},
    **{lifecycle: {"lifecycle": lifecycle} for lifecycle in LIFECYCLES},
    "lifecycle without packages": {"lifecycle": "succeeds", "packages": None},
    "lifecycle from a state": {"lifecycle": "succeeds", "state": "pending"},
    "held": {"hold": "running"},
}


def forms(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return arguments of add_build, which are also keys of a build, that say the same of its chroots."""
    names = (F41, F42)
    written: dict[str, dict[str, Any]] = {
        "objects": {"chroots": [{"name": name, **settings} for name in names]},
        "by name": {"chroots": dict.fromkeys(names, settings)},
    }
    if settings.keys() <= {"state", "lifecycle"}:
        written["of the build"] = {"chroots": [*names], **settings}
    if settings.keys() == {"state"}:
        written["states"] = {"chroots": dict.fromkeys(names, settings["state"])}
    return written


def facts(fake: FakeCopr) -> object:
    """Return what responses show of the chroots, now and at the end, and how they are saved."""
    send = direct_client(fake)
    paths = ["build-chroot/list/1", f"build-chroot/1/{F41}", "build/built-packages/1"]
    before = fake.to_scenario()["builds"][0]["chroots"]
    shown = [send("GET", f"/api_3/{path}").body for path in paths]
    fake.clock.tick(86_400)
    return before, shown, [send("GET", f"/api_3/{path}").body for path in paths]


def loaded(scenario: Scenario) -> FakeCopr:
    return FakeCopr.from_scenario(scenario, progress="clock", clock=VirtualClock(2_000_000_000), seed=1)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_chroots_are_the_same_in_scenarios_and_in_python(settings: Mapping[str, Any]) -> None:
    """Whether they are named, described, or have what their build has; a dump loads to the same."""
    for form in forms(settings).values():
        added = loaded({})
        added.add_build(id=1, **form)
        expected = facts(added)
        scenario: Scenario = {"builds": [{"id": 1, **form}]}
        assert facts(loaded(scenario)) == expected
        assert facts(loaded(loaded(scenario).to_scenario())) == expected
