"""Control calls on the server: health, overview for the page, saving, and worlds."""

from __future__ import annotations

from dataclasses import replace

from ..errors import CoprFakeError, ScenarioError, below
from ..options import SHARED_NAMES
from ..validation import checks
from ..version import COPR_VERSION, __version__
from . import views
from .call import Call, NotFoundError, operation, page
from .events import WorldEvents
from .specs import OverviewQuery, PageQuery, WorldBody
from .worlds import InitialConfig, World


@operation("GET", "/health")
def show_health(call: Call) -> views.HealthView:
    """Check that the server responds, and get its version and that of the Copr that it imitates."""
    limit, worlds = call.service.api.default_limit, len(call.setting.worlds)
    return {
        "status": "ok",
        "version": __version__,
        "copr_version": COPR_VERSION,
        "default_limit": limit,
        "worlds": worlds,
    }


@operation("GET", "/overview")
def show_overview(call: Call, query: OverviewQuery) -> views.OverviewView:
    """Get everything that the page displays."""
    return views.overview(call.service, call.setting.worlds.names, query)


@operation("GET", "/events")
def stream_events(call: Call) -> WorldEvents:
    """Stream an event at once and after each change, at most 4 per second; its data is a ``WorldView``."""
    return WorldEvents(call.setting.worlds, call.world)


@operation("POST", "/save")
def save(call: Call) -> views.SavedView:
    """Save the state of all worlds to the state file."""
    if call.setting.save is None:
        raise CoprFakeError("this server has no state file; serve with --state FILE")
    return {"file": call.setting.save(call.setting.worlds)}


@operation("GET", "/worlds")
def show_worlds(call: Call, query: PageQuery) -> views.WorldsView:
    """List the named worlds."""
    worlds = call.setting.worlds
    return {
        "worlds": [views.world(world) for world in page(worlds, query)],
        "total": len(worlds),
        "maximum": worlds.max_worlds,
    }


@operation("GET", "/worlds/{world}")
def show_world(call: Call) -> views.WorldView:
    """Get a world."""
    return views.world(_world(call))


@operation("PUT", "/worlds/{world}", has_optional_body=True)
def replace_world(call: Call, body: WorldBody) -> views.WorldView:
    """Create a world, or replace an existing one."""
    try:
        return views.world(call.setting.worlds.replace(call.path["world"], _initial_config(call, body)))
    except ScenarioError as error:
        if error.source is not None:
            raise
        raise below(error, "scenario") from None


def _initial_config(call: Call, body: WorldBody) -> InitialConfig:
    """Return the initial state in the body; omitted fields are as in the initial state of the server."""
    initial, sent = call.setting.initial, call.sent
    given = {name: getattr(body, name) for name in SHARED_NAMES if sent.get(name) is not None}
    given.update({name: None for name in ("default_limit", "max_polls") if sent.get(name, ...) is None})
    return replace(
        initial,
        scenarios=initial.scenarios if body.scenario is None else (body.scenario,),
        options=replace(initial.options, **given),
        speed=initial.speed if body.speed is None else body.speed,
    )


@operation("POST", "/worlds/{world}/reset")
def reset_world(call: Call) -> views.WorldView:
    """Reset a world to its initial state."""
    world = _world(call)
    world.reset()
    return views.world(world)


@operation("DELETE", "/worlds/{world}")
def delete_world(call: Call) -> None:
    """Delete a world."""
    call.setting.worlds.delete(_world(call).name)


@operation("POST", "/reset")
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
        raise NotFoundError(f"world {checks.excerpt(name)}", worlds.names)
    return world
