"""Builds live as they have been seen to live in Copr, step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import Build, EventError, FakeCopr

from ..adapters import Ask, asking
from ..recordings import DIRECTORY

LIVES = json.loads((DIRECTORY / "lifecycles.json").read_text(encoding="utf-8"))


def submitted(life: Mapping[str, Any]) -> tuple[FakeCopr, Build]:
    """A build as the recording begins with it, whose chroots go on only by the events."""
    fake = FakeCopr()
    return fake, fake.add_build(life["build_id"], life["chroots"], project="@copr/copr-dev", state="waiting")


def happen(build: Build, event: Mapping[str, Any]) -> bool | None:
    """Let an event happen as the recorder did; whether the service has accepted it, where it said so."""
    details = {key: event[key] for key in ("at", "result_dir", "packages") if key in event}
    if "cancel" in event:
        build.cancel()
        return None
    chroot = build[event["chroot"]]
    if "to" in event or "canceled" in event:
        return chroot.report(event.get("to", "canceled"), **details)
    if event.get("set") == "skipped":
        chroot.skip(**details)
        return None
    if "set" in event:
        chroot.force_state(event["set"])
        return None
    try:
        chroot.reschedule()
    except EventError:
        return False
    return True


def shown_of(ask: Ask, build_id: int, chrootname: str) -> dict[str, object]:
    """A chroot and its packages, as the recorder has noted them."""
    paths = {"build_chroot": "build-chroot", "built_packages": "build-chroot/built-packages"}
    target = f"build_id={build_id}&chrootname={chrootname}"
    return {name: json.loads(ask("GET", f"/api_3/{path}?{target}").body) for name, path in paths.items()}


@pytest.mark.parametrize("life", LIVES, ids=[life["name"] for life in LIVES])
def test_every_step_shows_what_copr_showed(life: Mapping[str, Any]) -> None:
    """After each event every endpoint shows what was recorded then, and refused is what was refused."""
    fake, build = submitted(life)
    ask = asking(fake)
    for step in life["steps"]:
        if step["event"] is not None:
            assert happen(build, step["event"]) == step.get("accepted"), step["event"]
        shown = {name: shown_of(ask, build.id, name) for name in life["chroots"]}
        assert shown == step["then"], step["event"]
        # Recorded in whatever order the database had them.
        listed = json.loads(ask("GET", f"/api_3/build-chroot/list?build_id={build.id}").body)["items"]
        assert {item["name"]: item for item in listed} == {item["name"]: item for item in step["list"]}, step["event"]
