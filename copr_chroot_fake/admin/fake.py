"""Calls on a fake as a whole: its scenario, clock, seed, snapshots and faults, who may log in, what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import compress
from operator import attrgetter, eq

from ..engine.chroot import Change
from ..engine.clock import SystemClock, check_speed
from ..errors import CoprFakeError, InputError
from ..fake import FakeCopr
from ..model.fault import read_fault
from ..scenario.entries import Scenario
from ..server.recipe import SameFake
from ..validation import checks
from . import views
from .call import Call, in_digits


def show_scenario(call: Call) -> Scenario:
    """All that there is, as a scenario."""
    return call.fake.to_scenario()


def load_scenario(call: Call) -> views.WorldView:
    """Have what a scenario says, and nothing else."""
    if isinstance(call.world.beginning, SameFake):
        # It is emptied in place, so a mistake has to be found before that.
        # With its own seed: whether a life gets to the state in which it is held can depend on that.
        FakeCopr(seed=call.world.beginning.taken.seed).add_scenario(call.said)
    fake = call.world.beginning.make_empty()
    fake.add_scenario(call.said)
    call.world.put(fake)
    return views.world(call.world)


def add_scenario(call: Call) -> views.WorldView:
    """Add what a scenario says."""
    call.fake.add_scenario(call.said)
    return views.world(call.world)


def clear(call: Call) -> None:
    """Have nothing anymore; the clock, and what was asked, stay."""
    call.fake.clear()


def show_seed(call: Call) -> views.SeedView:
    """What all that is drawn is drawn from."""
    return {"seed": call.fake.seed}


def reseed(call: Call) -> None:
    """Draw from another seed from now on."""
    call.fake.reseed(call.fields.require("seed", checks.whole_number))


def show_accounts(call: Call) -> views.AccountsView:
    """Who may log in."""
    accounts = call.fake.accounts
    return {"accounts": [views.account(account) for account in call.page(accounts)], "total": len(accounts)}


def add_account(call: Call) -> views.AccountView:
    """Let a user log in, and none who was not added."""
    fields = call.fields
    groups: tuple[str, ...] = fields.read("groups", checks.groups, ())
    name, login = (fields.require(key, checks.text) for key in ("name", "login"))
    return views.account(call.fake.add_account(name, login, fields.require("token", checks.secret), groups))


def show_clock(call: Call) -> views.ClockView:
    """The time, and how fast it goes."""
    return views.clock(call.fake)


def change_clock(call: Call) -> views.ClockView:
    """Move the clock, and let it go faster, slower or not at all; nothing of it if there is a mistake."""
    fields, clock = call.fields, call.fake.clock
    now = fields.read("now", checks.amount, None)
    tick = fields.read("tick", checks.amount, 0.0)
    speed = fields.read("speed", check_speed, None)
    paused = fields.read("paused", checks.flag, None)
    if not isinstance(clock, SystemClock) and (speed is not None or paused is False):
        raise CoprFakeError("this fake's clock stands still until it is moved; it has no speed")
    if tick and (now or clock.now()) + tick > checks.LARGEST_INTEGER:
        raise InputError("tick", f"{tick} would lead beyond {checks.LARGEST_INTEGER}, the last time that Copr can keep")
    if now is not None:
        clock.move_to(now)
    clock.tick(tick)
    if isinstance(clock, SystemClock):
        clock.speed = speed or clock.speed
        if paused is not None:
            (clock.pause if paused else clock.resume)()
    return views.clock(call.fake)


def show_changes(call: Call) -> views.ChangesView:
    """The latest changes of state, in the order in which they have happened."""
    build_id = call.query.read("build_id", in_digits(checks.positive), None)
    chrootname = call.query.read("chrootname", checks.text, None)
    found = _having("chrootname", chrootname, _having("build_id", build_id, call.fake.changes))
    return {"changes": [views.change(change) for change in call.latest(found)], "total": len(found)}


def _having(name: str, value: object, changes: Sequence[Change]) -> Sequence[Change]:
    """The changes that have a value, if one is wanted; without a step in Python for each, as there are so many."""
    if value is None:
        return changes
    return list(compress(changes, map(partial(eq, value), map(attrgetter(name), changes))))


def show_snapshots(call: Call) -> views.SnapshotsView:
    """What is kept of what it was."""
    snapshots = call.world.snapshots
    return {"snapshots": [{"id": number} for number in call.page(snapshots)], "total": len(snapshots)}


def take_snapshot(call: Call) -> views.SnapshotView:
    """Keep what it is now."""
    return {"id": call.world.take_snapshot()}


def restore_snapshot(call: Call) -> views.WorldView:
    """Take it back to what it was."""
    snapshots = call.world.snapshots
    call.fake.restore(snapshots[call.number("snapshot", snapshots)])
    return views.world(call.world)


def delete_snapshot(call: Call) -> None:
    """Forget what it was."""
    snapshots = call.world.snapshots
    del snapshots[call.number("snapshot", snapshots)]


def show_faults(call: Call) -> views.FaultsView:
    """What goes wrong."""
    faults = call.fake.faults
    return {"faults": [views.fault(active) for active in call.page(faults)], "total": len(faults)}


def add_fault(call: Call) -> views.FaultView:
    """Let something go wrong."""
    return views.fault(call.fake.faults.add_written(read_fault("", call.body)))


def clear_faults(call: Call) -> None:
    """Let all be well again."""
    call.fake.faults.clear()


def remove_fault(call: Call) -> None:
    """Let one thing be well again."""
    faults = call.fake.faults
    faults.remove(call.number("fault", faults.ids))
