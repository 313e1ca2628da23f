"""The states, the events that lead from one to another, and the lifecycles with the duration of each stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

EPOCH = 1_700_000_000
NUMBERS = {
    "failed": 0,
    "succeeded": 1,
    "canceled": 2,
    "running": 3,
    "pending": 4,
    "skipped": 5,
    "starting": 6,
    "importing": 7,
    "forked": 8,
    "waiting": 9,
    "unknown": 1000,
}
FINAL = ("succeeded", "failed", "canceled", "skipped", "forked")
UNBUILT, BUILDING = ("waiting", "importing", "pending"), ("starting", "running")
UNIMPORTED = ("waiting", "importing")
_PRECEDENCE = ("running", "starting", "pending", "failed", "succeeded", "skipped", "forked")


def state_of_build(source: str, chroots: Collection[str], canceled: bool) -> str:
    """Return the state of a build from that of its source and those of its chroots."""
    if canceled:
        return "canceled"
    if source in ("starting", "pending", "running", "importing", "failed"):
        return source
    if not chroots:
        return "waiting"
    return next((state for state in _PRECEDENCE if state in chroots), "pending" if "waiting" in chroots else "unknown")


EVENTS: Mapping[str, tuple[Sequence[str], str]] = {
    "begin_import": (("waiting",), "importing"),
    "queue": (UNIMPORTED, "pending"),
    "start": (("pending",), "starting"),
    "run": (("starting",), "running"),
    "succeed": (BUILDING, "succeeded"),
    "fail": ((*UNIMPORTED, *BUILDING), "failed"),
    "skip": (UNBUILT, "skipped"),
    "fork": (("waiting",), "forked"),
    "reschedule": (BUILDING, "pending"),
    "confirm_cancel": ((*UNBUILT, *BUILDING), "canceled"),
}
FORWARD = [*EVENTS][:8]

_TO_RUNNING = [("importing", 10), ("pending", 30), ("starting", 20), ("running", 240)]
LIFECYCLES: Mapping[str, Sequence[tuple[str, int | None]]] = {
    "succeeds": [*_TO_RUNNING, ("succeeded", None)],
    "as-deployed": [("waiting", 10), *_TO_RUNNING[1:], ("succeeded", None)],
    "fails": [*_TO_RUNNING, ("failed", None)],
    "source-fails": [("waiting", 10), ("failed", None)],
    "import-fails": [("importing", 10), ("failed", None)],
    "skipped": [("importing", 10), ("skipped", None)],
    "forked": [("waiting", 10), ("forked", None)],
    "retried": [*_TO_RUNNING, *_TO_RUNNING[1:], ("succeeded", None)],
    "stuck-pending": [("importing", 10), ("pending", None)],
    "canceled-while-pending": [("importing", 10), ("pending", 30), ("pending canceled", 10), ("canceled", None)],
    "canceled-while-running": [*_TO_RUNNING, ("running canceled", 10), ("failed", None)],
    "deleted": [*_TO_RUNNING, ("deleted", None)],
    "appears-late": [("absent", 10), *_TO_RUNNING[1:], ("succeeded", None)],
}
