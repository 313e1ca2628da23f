"""Builds change through recorded events as they did in Copr."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import Build, FakeCopr

from ..adapters import SendRequest, direct_client
from ..recordings import DIRECTORY

LIFECYCLES = json.loads((DIRECTORY / "lifecycles.json").read_text(encoding="utf-8"))


def submit(lifecycle: Mapping[str, Any]) -> tuple[FakeCopr, Build]:
    """Return a fake and the build with which the recording begins; its chroots change only by events."""
    fake = FakeCopr()
    return fake, fake.add_build(
        lifecycle["chroots"], id=lifecycle["build_id"], project="@copr/copr-dev", state="waiting"
    )


def apply(build: Build, event: Mapping[str, Any]) -> bool | None:
    """Apply a recorded event; return whether it is accepted, if the recording has that."""
    details = {"packages": ()} | {key: event[key] for key in ("at", "result_dir", "packages") if key in event}
    if "cancel" in event:
        build.cancel()
        return None
    chroot = build[event["chroot"]]
    if "to" in event or "canceled" in event:
        return chroot.report(event.get("to", "canceled"), **details)
    if event.get("set") == "skipped":
        chroot.set_state("skipped", started_on=event["at"], ended_on=event["at"])
        return None
    if "set" in event:
        chroot.set_state(event["set"])
        return None
    # Any other chroot is not rescheduled, but queued, by such a report.
    return chroot.state in ("starting", "running") and chroot.report("pending")


def read_chroot(send: SendRequest, build_id: int, chrootname: str) -> dict[str, object]:
    """Return a chroot and its packages in the form of the recording."""
    paths = {"build_chroot": "build-chroot", "built_packages": "build-chroot/built-packages"}
    target = f"build_id={build_id}&chrootname={chrootname}"
    return {name: json.loads(send("GET", f"/api_3/{path}?{target}").body) for name, path in paths.items()}


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=[lifecycle["name"] for lifecycle in LIFECYCLES])
def test_every_step_matches_the_recording(lifecycle: Mapping[str, Any]) -> None:
    """After each event all endpoints match, and rejected events are rejected."""
    fake, build = submit(lifecycle)
    send = direct_client(fake)
    for step in lifecycle["steps"]:
        if step["event"] is not None:
            assert apply(build, step["event"]) == step.get("accepted"), step["event"]
        chroots = {name: read_chroot(send, build.id, name) for name in lifecycle["chroots"]}
        assert chroots == step["then"], step["event"]
        # The database returned them in no defined order.
        listed = json.loads(send("GET", f"/api_3/build-chroot/list?build_id={build.id}").body)["items"]
        assert {item["name"]: item for item in listed} == {item["name"]: item for item in step["list"]}, step["event"]
