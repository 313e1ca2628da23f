"""Calls on a fake as a whole: its scenario, clock, journal, faults, seed and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast, get_args

from .. import checks
from ..checks import Form
from ..errors import CoprFakeError, InputError
from ..fake import FakeCopr
from ..journal import Request
from ..lives.clock import SystemClock
from ..scenarios.entries import Scenario
from ..service.routes import EndpointName
from . import views
from .bodies import Assertion, ClockBody, SeedBody, VerifyBody
from .calls import Call, NotFoundError, number

CLOCK = Form.of(ClockBody.__annotations__, ClockBody.__required_keys__)
SEED = Form.of(SeedBody.__annotations__, SeedBody.__required_keys__)
VERIFY = Form.of(VerifyBody.__annotations__, VerifyBody.__required_keys__)


def show_scenario(call: Call) -> Scenario:
    return call.fake.to_scenario()


def load_scenario(call: Call) -> views.WorldView:
    """Be a fake of this scenario from now on, set up as the world is in all else."""
    fake = call.world.beginning.make_empty()
    fake.add_scenario(_scenario(call))
    call.world.put(fake)
    return views.world(call.world)


def add_scenario(call: Call) -> views.WorldView:
    call.fake.add_scenario(_scenario(call))
    return views.world(call.world)


def _scenario(call: Call) -> Mapping[str, object]:
    return checks.mapping("scenario", {} if call.body is None else call.body)


def reset(call: Call) -> views.WorldView:
    call.world.reset()
    return views.world(call.world)


def reseed(call: Call) -> None:
    call.fake.reseed(call.fields(SEED).require("seed", checks.whole_number))


def show_clock(call: Call) -> views.ClockView:
    return views.clock(call.fake)


def change_clock(call: Call) -> views.ClockView:
    """Move the clock, and let it go faster, slower or not at all; nothing of it if there is a mistake."""
    fields, clock = call.fields(CLOCK), call.fake.clock
    now = fields.read("now", checks.amount, None)
    tick = fields.read("tick", checks.amount, 0.0)
    speed = fields.read("speed", checks.amount, None)
    paused = fields.read("paused", checks.flag, None)
    if not isinstance(clock, SystemClock) and (speed is not None or paused is False):
        raise CoprFakeError("this fake's clock stands still until it is moved; it has no speed")
    if speed == 0:
        raise InputError("speed", "time would stand still at 0; expected a number above 0, or paused to be true")
    if now is not None:
        clock.move_to(now)
    clock.tick(tick)
    if isinstance(clock, SystemClock):
        clock.speed = clock.speed if speed is None else speed
        if paused is not None:
            (clock.pause if paused else clock.resume)()
    return views.clock(call.fake)


def show_requests(call: Call) -> views.RequestsView:
    """The latest that were meant, in the order of their answers."""
    limit = call.query.read("limit", number, 1000)
    found = _found(call, call.fake.requests_after(call.query.read("after", number, 0)))
    return {"requests": [views.request(request) for request in (found[-limit:] if limit else [])]}


def count_requests(call: Call) -> views.CountView:
    return {"count": len(_found(call, call.fake.requests))}


def _found(call: Call, requests: list[Request]) -> list[Request]:
    endpoint = call.query.read("endpoint", _endpoint, None)
    build_id = call.query.read("build_id", number, None)
    chrootname = call.query.read("chrootname", checks.text, None)
    return [
        request
        for request in requests
        if endpoint in (None, request.endpoint)
        and build_id in (None, request.build_id)
        and chrootname in (None, request.chrootname)
    ]


def forget_requests(call: Call) -> None:
    call.fake.forget_requests()


def show_unmatched(call: Call) -> views.UnmatchedsView:
    unmatched = call.fake.unmatched
    return {"unmatched": [{"request": views.request(request), "nearest": nearest} for request, nearest in unmatched]}


def verify(call: Call) -> views.VerdictView:
    said = call.given(VERIFY)
    name = cast(Assertion, checks.one_of(_ASSERTIONS)("assertion", said.pop("assertion", None)))
    needed, taken, assertion = _ASSERTIONS[name]
    for key in (*needed, *said):
        if key not in said:
            raise InputError(key, f"missing, and required for {name}; add it")
        if key not in taken:
            raise InputError(key, f"does not go with {name}; expected some of {', '.join(taken)}")
    try:
        assertion(call.fake, said)
    except AssertionError as error:
        return {"passed": False, "message": str(error)}
    return {"passed": True, "message": None}


def _assert_requested(fake: FakeCopr, said: Mapping[str, object]) -> None:
    fake.assert_requested(
        _endpoint("endpoint", said["endpoint"]),
        build_id=_positive("build_id", said.get("build_id")),
        chrootname=_text("chrootname", said.get("chrootname")),
        times=_whole("times", said.get("times")),
    )


def _assert_not_requested(fake: FakeCopr, said: Mapping[str, object]) -> None:
    _assert_requested(fake, {**said, "times": 0})


def _assert_polled_no_faster_than(fake: FakeCopr, said: Mapping[str, object]) -> None:
    fake.assert_polled_no_faster_than(
        checks.amount("seconds", said["seconds"]),
        build_id=_positive("build_id", said.get("build_id")),
        chrootname=_text("chrootname", said.get("chrootname")),
    )


def _assert_all_pages_read(fake: FakeCopr, said: Mapping[str, object]) -> None:
    fake.assert_all_pages_read(checks.positive("build_id", said["build_id"]))


_positive = checks.optional(checks.positive)
_whole = checks.optional(checks.whole_number)
_text = checks.optional(checks.text)

_WHAT = ("endpoint", "build_id", "chrootname")
_ASSERTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[FakeCopr, Mapping[str, object]], None]]] = {
    "requested": (("endpoint",), (*_WHAT, "times"), _assert_requested),
    "not-requested": (("endpoint",), _WHAT, _assert_not_requested),
    "polled-no-faster-than": (("seconds",), ("seconds", "build_id", "chrootname"), _assert_polled_no_faster_than),
    "all-pages-read": (("build_id",), ("build_id",), _assert_all_pages_read),
}
"""Of each assertion what it needs, what it takes, and what it does."""


def _endpoint(field: str, value: object) -> EndpointName:
    return cast(EndpointName, checks.one_of(get_args(EndpointName))(field, value))


def show_faults(call: Call) -> views.FaultsView:
    return {"faults": [views.fault(active) for active in call.fake.faults]}


def add_fault(call: Call) -> views.FaultView:
    return views.fault(call.fake.faults.add(cast("Mapping[str, object]", call.body)))


def clear_faults(call: Call) -> None:
    call.fake.faults.clear()


def remove_fault(call: Call) -> None:
    sent = call.path["fault_id"]
    if not any(str(active.id) == sent for active in call.fake.faults):
        there = ", ".join(str(active.id) for active in call.fake.faults) or "none"
        raise NotFoundError(f"there is no fault {sent}; there are: {there}")
    call.fake.faults.remove(int(sent))


def take_snapshot(call: Call) -> views.SnapshotView:
    return {"id": call.world.take_snapshot()}


def restore_snapshot(call: Call) -> views.WorldView:
    call.fake.restore(call.world.snapshots[_snapshot(call)])
    return views.world(call.world)


def delete_snapshot(call: Call) -> None:
    del call.world.snapshots[_snapshot(call)]


def _snapshot(call: Call) -> int:
    sent = call.path["snapshot_id"]
    taken = call.world.snapshots
    if not any(str(number) == sent for number in taken):
        there = ", ".join(map(str, taken)) or "none"
        raise NotFoundError(f"there is no snapshot {sent}; there are: {there}")
    return int(sent)
