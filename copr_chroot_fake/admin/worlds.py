"""Calls on the server: its health, its worlds, its state on disk, and what the page shows."""

from __future__ import annotations

from dataclasses import replace

from ..engine.clock import check_speed
from ..errors import CoprFakeError, InputError, ScenarioError
from ..scenario.bundled import by_name
from ..scenario.load import ScenarioSource
from ..server.recipe import Recipe, read_how
from ..server.worlds import World
from ..validation import checks
from . import views
from .bodies import DEFAULT_BUILDS, DEFAULT_LIMIT, MAX_LIMIT
from .call import Call, NotFoundError, at_most, in_digits


def show_health(call: Call) -> views.HealthView:
    """Whether it answers, and its version."""
    return views.health(call.fake, len(call.setting.worlds))


def show_overview(call: Call) -> views.OverviewView:
    """What the page shows."""
    limit = in_digits(at_most(MAX_LIMIT))
    return views.overview(
        call.fake,
        call.setting.worlds.names,
        call.query.read("builds", limit, DEFAULT_BUILDS),
        call.query.read("chroots", limit, DEFAULT_LIMIT),
        call.query.read("after", in_digits(checks.whole_number), 0),
    )


async def save(call: Call) -> views.SavedView:
    """Save the state to its file."""
    if call.setting.save is None:
        raise CoprFakeError("this server keeps no state; serve with --state FILE")
    return {"file": await call.setting.save(call.setting.worlds)}


def show_worlds(call: Call) -> views.WorldsView:
    """All worlds that have a name."""
    worlds = call.setting.worlds
    return {"worlds": [views.world(world) for world in call.page(worlds)], "total": len(worlds), "most": worlds.most}


def show_world(call: Call) -> views.WorldView:
    """A world."""
    return views.world(_named(call))


def put_world(call: Call) -> views.WorldView:
    """Make a world, in the place of what there is of it."""
    try:
        return views.world(call.setting.worlds.put(call.path["world"], _read_beginning(call)))
    except ScenarioError as error:
        if error.source is not None:
            raise
        raise InputError(checks.dotted("scenario", error.place), error.problem) from None


def _read_beginning(call: Call) -> Recipe:
    """How the body says that a world begins; what it does not say is as for the server's own world."""
    fields, recipe = call.fields, call.setting.recipe
    scenario = fields.read("scenario", _scenario, None)
    options = recipe.options
    limit = None if "default_limit" in call.said else options.default_limit
    return replace(
        recipe,
        scenarios=recipe.scenarios if scenario is None else (scenario,),
        options=replace(
            options,
            progress=fields.read("progress", read_how, options.progress),
            default_limit=fields.read("default_limit", checks.positive, limit),
            seed=fields.read("seed", checks.whole_number, options.seed),
            requests_kept=fields.read("requests_kept", checks.whole_number, options.requests_kept),
        ),
        speed=fields.read("speed", check_speed, recipe.speed),
    )


def _scenario(field: str, value: object) -> ScenarioSource:
    """What a scenario says, or by its name the file of one that ships: no other file is read for a client."""
    if not isinstance(value, str):
        return checks.json_object(field, value)
    shipped = by_name()
    if value not in shipped:
        raise InputError(field, f"{checks.shown(value)} is no scenario that ships; {checks.choices(value, shipped)}")
    return shipped[value]


def reset_world(call: Call) -> views.WorldView:
    """Take a world back to its beginning."""
    world = _named(call)
    world.reset()
    return views.world(world)


def delete_world(call: Call) -> None:
    """Let a world be gone."""
    call.setting.worlds.delete(_named(call).name)


def reset(call: Call) -> views.WorldView:
    """Be as in the beginning."""
    call.world.reset()
    return views.world(call.world)


def _named(call: Call) -> World:
    """The world that the path names.

    :raises NotFoundError: naming those that there are.
    """
    worlds, name = call.setting.worlds, call.path["world"]
    world = worlds.find(name)
    if world is None:
        raise NotFoundError(f"world {checks.shown(name)}", worlds.names)
    return world
