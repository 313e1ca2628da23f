"""Control calls on the server: health, overview for the page, saving, and worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..engine.clock import check_speed
from ..errors import CoprFakeError, InputError, ScenarioError, below
from ..scenario.bundled import by_name
from ..validation import checks
from ..worlds.initial import InitialConfig, check_progress_mode
from ..worlds.world import World
from . import views
from .bodies import DEFAULT_BUILDS, DEFAULT_LIMIT, MAX_LIMIT
from .call import Call, NotFoundError, at_most, in_digits

if TYPE_CHECKING:
    from ..scenario.load import ScenarioSource


def show_health(call: Call) -> views.HealthView:
    """Check that the server responds, and get its version."""
    return views.health(call.fake, len(call.setting.worlds))


def show_overview(call: Call) -> views.OverviewView:
    """Get everything that the page displays."""
    limit = in_digits(at_most(MAX_LIMIT))
    return views.overview(
        call.fake,
        call.setting.worlds.names,
        call.query.read("builds", limit, DEFAULT_BUILDS),
        call.query.read("chroots", limit, DEFAULT_LIMIT),
        call.query.read("after", in_digits(checks.whole_number), 0),
    )


async def save(call: Call) -> views.SavedView:
    """Save the state of all worlds to the state file."""
    if call.setting.save is None:
        raise CoprFakeError("this server has no state file; serve with --state FILE")
    return {"file": await call.setting.save(call.setting.worlds)}


def show_worlds(call: Call) -> views.WorldsView:
    """List the named worlds."""
    worlds = call.setting.worlds
    return {
        "worlds": [views.world(world) for world in call.page(worlds)],
        "total": len(worlds),
        "maximum": worlds.max_worlds,
    }


def show_world(call: Call) -> views.WorldView:
    """Get a world."""
    return views.world(_world(call))


def replace_world(call: Call) -> views.WorldView:
    """Create a world, or replace an existing one."""
    try:
        return views.world(call.setting.worlds.replace(call.path["world"], _initial_config(call)))
    except ScenarioError as error:
        if error.source is not None:
            raise
        raise below(error, "scenario") from None


def _initial_config(call: Call) -> InitialConfig:
    """Return the initial state in the body; omitted keys are as in the initial state of the server."""
    fields, initial = call.fields, call.setting.initial
    scenario = fields.read("scenario", _scenario, None)
    options = initial.options
    limit = None if "default_limit" in call.said else options.default_limit
    return replace(
        initial,
        scenarios=initial.scenarios if scenario is None else (scenario,),
        options=replace(
            options,
            progress=fields.read("progress", check_progress_mode, options.progress),
            default_limit=fields.read("default_limit", checks.positive, limit),
            seed=fields.read("seed", checks.whole_number, options.seed),
            requests_kept=fields.read("requests_kept", checks.whole_number, options.requests_kept),
        ),
        speed=fields.read("speed", check_speed, initial.speed),
    )


def _scenario(field: str, value: object) -> ScenarioSource:
    """Return an inline scenario, or the path of a bundled one; clients cannot read other files."""
    if not isinstance(value, str):
        return checks.json_object(field, value)
    bundled = by_name()
    if value not in bundled:
        raise InputError(field, f"{checks.shown(value)} is not a bundled scenario; {checks.choices(value, bundled)}")
    return bundled[value]


def reset_world(call: Call) -> views.WorldView:
    """Reset a world to its initial state."""
    world = _world(call)
    world.reset()
    return views.world(world)


def delete_world(call: Call) -> None:
    """Delete a world."""
    call.setting.worlds.delete(_world(call).name)


def reset(call: Call) -> views.WorldView:
    """Reset to the initial state."""
    call.world.reset()
    return views.world(call.world)


def _world(call: Call) -> World:
    """Return the world in the path.

    :raises NotFoundError: listing the existing worlds.
    """
    worlds, name = call.setting.worlds, call.path["world"]
    world = worlds.find(name)
    if world is None:
        raise NotFoundError(f"world {checks.shown(name)}", worlds.names)
    return world
