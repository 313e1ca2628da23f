"""Control calls on a fake: scenario, clock, seed, accounts, snapshots, faults and state changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import compress
from operator import attrgetter, eq
from typing import Annotated

from ..engine.chroot import Change
from ..engine.clock import SystemClock, check_speed
from ..errors import CoprFakeError, InputError
from ..model.fault import parse_fault
from ..scenario.entries import Scenario
from ..scenario.spec import ScenarioSpec
from ..validation import checks
from ..validation.schema import Written
from . import views
from .call import Call, in_digits


def show_scenario(call: Call) -> Annotated[Scenario, Written(ScenarioSpec)]:
    """Get the current content as a scenario."""
    return call.fake.to_scenario()


def replace_scenario(call: Call) -> views.WorldView:
    """Replace everything with a scenario."""
    call.world.replace_fake(call.world.initial_state.make_from(call.said))
    return views.world(call.world)


def add_scenario(call: Call) -> views.WorldView:
    """Add the content of a scenario."""
    call.fake.add_scenario(call.said)
    return views.world(call.world)


def clear(call: Call) -> None:
    """Delete all builds, projects and faults; keep the clock and the request journal."""
    call.fake.clear()


def show_seed(call: Call) -> views.SeedView:
    """Get the random seed."""
    return {"seed": call.fake.seed}


def reseed(call: Call) -> None:
    """Set the random seed."""
    call.fake.reseed(call.fields.require("seed", checks.whole_number))


def show_accounts(call: Call) -> views.AccountsView:
    """List the accounts."""
    accounts = call.fake.accounts
    return {"accounts": [views.account(account) for account in call.page(accounts)], "total": len(accounts)}


def add_account(call: Call) -> views.AccountView:
    """Add an account; logins without an account are rejected from then on."""
    fields = call.fields
    groups: tuple[str, ...] = fields.read("groups", checks.groups, ())
    name, login = (fields.require(key, checks.text) for key in ("name", "login"))
    return views.account(call.fake.add_account(name, login, fields.require("token", checks.secret), groups))


def show_clock(call: Call) -> views.ClockView:
    """Get the clock's time and speed."""
    return views.clock(call.fake)


def change_clock(call: Call) -> views.ClockView:
    """Move, pause or resume the clock, or set its speed; an invalid body changes nothing."""
    fields, clock = call.fields, call.fake.clock
    now = fields.read("now", checks.amount, None)
    tick = fields.read("tick", checks.amount, 0.0)
    speed = fields.read("speed", check_speed, None)
    paused = fields.read("paused", checks.flag, None)
    if not isinstance(clock, SystemClock) and (speed is not None or paused is False):
        raise CoprFakeError("this fake has a virtual clock, which has no speed; move it with now or tick")
    if tick and (clock.now() if now is None else now) + tick > checks.LARGEST_INTEGER:
        raise InputError("tick", f"{tick} would move the clock beyond {checks.LARGEST_INTEGER}, the last time of Copr")
    if now is not None:
        clock.move_to(now)
    clock.tick(tick)
    if isinstance(clock, SystemClock):
        clock.speed = speed or clock.speed
        if paused is not None:
            (clock.pause if paused else clock.resume)()
    return views.clock(call.fake)


def show_changes(call: Call) -> views.ChangesView:
    """List the latest changes of state, in chronological order."""
    build_id = call.query.read("build_id", in_digits(checks.positive), None)
    chrootname = call.query.read("chrootname", checks.text, None)
    found = _filter("chrootname", chrootname, _filter("build_id", build_id, call.fake.changes))
    return {"changes": [views.change(change) for change in call.latest(found)], "total": len(found)}


def _filter(name: str, value: object, changes: Sequence[Change]) -> Sequence[Change]:
    """Filter changes by an attribute; without a Python step for each, because there are so many."""
    if value is None:
        return changes
    return list(compress(changes, map(partial(eq, value), map(attrgetter(name), changes))))


def show_snapshots(call: Call) -> views.SnapshotsView:
    """List the snapshots."""
    snapshots = call.world.snapshots
    return {"snapshots": [{"id": number} for number in call.page(snapshots)], "total": len(snapshots)}


def take_snapshot(call: Call) -> views.SnapshotView:
    """Take a snapshot."""
    return {"id": call.world.take_snapshot()}


def restore_snapshot(call: Call) -> views.WorldView:
    """Restore a snapshot."""
    snapshots = call.world.snapshots
    call.fake.restore(snapshots[call.number("snapshot", snapshots)])
    return views.world(call.world)


def delete_snapshot(call: Call) -> None:
    """Delete a snapshot."""
    snapshots = call.world.snapshots
    del snapshots[call.number("snapshot", snapshots)]


def show_faults(call: Call) -> views.FaultsView:
    """List the faults."""
    faults = call.fake.faults
    return {"faults": [views.fault(active) for active in call.page(faults)], "total": len(faults)}


def add_fault(call: Call) -> views.FaultView:
    """Add a fault."""
    return views.fault(call.fake.faults.add_written(parse_fault("", call.body)))


def clear_faults(call: Call) -> None:
    """Remove all faults."""
    call.fake.faults.clear()


def remove_fault(call: Call) -> None:
    """Remove a fault."""
    faults = call.fake.faults
    faults.remove(call.number("fault", faults.ids))
