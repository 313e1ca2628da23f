"""Calls on the server: its health, its worlds, its state on disk, and what the page shows."""

from __future__ import annotations

from typing import cast, get_args

from .. import checks
from ..checks import Form
from ..errors import CoprFakeError
from ..lives.progress import How
from ..server.worlds import World
from . import views
from .bodies import WorldBody
from .calls import Call, NotFoundError, number

WORLD = Form.of(WorldBody.__annotations__, WorldBody.__required_keys__)


def show_health(call: Call) -> views.HealthView:
    return views.health(call.fake, len(call.setting.worlds))


def show_overview(call: Call) -> views.OverviewView:
    return views.overview(
        call.fake,
        [world.name for world in call.setting.worlds],
        call.query.read("builds", number, 50),
        call.query.read("chroots", number, 100),
        call.query.read("after", number, 0),
    )


def show_worlds(call: Call) -> views.WorldsView:
    worlds = call.setting.worlds
    return {"worlds": [views.world(world) for world in worlds], "most": worlds.most}


def show_world(call: Call) -> views.WorldView:
    return views.world(_named(call))


def put_world(call: Call) -> views.WorldView:
    """Let there be a world of that name, in the place of what there was of it."""
    fields = call.fields(WORLD)
    beginning = call.setting.recipe.changed(
        scenario=fields.read("scenario", checks.json_object, None),
        progress=fields.read("progress", _how, None),
        seed=fields.read("seed", checks.whole_number, None),
        default_limit=fields.read("default_limit", checks.positive, None),
        speed=fields.read("speed", checks.amount, None),
    )
    return views.world(call.setting.worlds.put(call.path["world"], beginning))


def reset_world(call: Call) -> views.WorldView:
    world = _named(call)
    world.reset()
    return views.world(world)


def delete_world(call: Call) -> None:
    call.setting.worlds.delete(_named(call).name)


def save(call: Call) -> views.SavedView:
    if call.setting.save is None:
        raise CoprFakeError("this server keeps no state; serve with --state FILE")
    return {"file": call.setting.save(call.setting.worlds)}


def _named(call: Call) -> World:
    name = call.path["world"]
    world = call.setting.worlds.find(name)
    if world is None:
        there = ", ".join(world.name for world in list(call.setting.worlds)[:10]) or "none"
        raise NotFoundError(f"there is no world {name!r}; there are: {there}")
    return world


def _how(field: str, value: object) -> How:
    return cast(How, checks.one_of(get_args(How))(field, value))
