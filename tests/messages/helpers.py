"""Fakes whose builds are submitted, and short forms of their messages."""

from __future__ import annotations

import json
from collections.abc import Iterable

from copr_chroot_fake import FakeCopr, Message
from copr_chroot_fake.engine.clock import FIRST_NOW

from ..chroots import F41, F42

S390 = "epel-9-s390x"
HEADERS = {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
SOURCE = "srpm-builds"


def submit(fake: FakeCopr, *chroots: str, package: str = "hello", **fields: object) -> int:
    """Submit a source package to a project, which is added if it is missing; return the id of the build."""
    if "jdoe/tools" not in fake.projects:
        fake.add_project("jdoe/tools", chroots=[F41, F42, S390])
    body = {"ownername": "jdoe", "projectname": "tools", "pkgs": [f"https://x.org/{package}-1.0-2.src.rpm"]}
    if chroots:
        body["chroots"] = [*chroots]
    answer = fake.answer("POST", "/api_3/build/create/url", HEADERS, json.dumps({**body, **fields}).encode())
    assert answer.status == 200, answer.body
    build_id: int = json.loads(answer.body)["items"][0]["id"]
    return build_id


def short(messages: Iterable[Message]) -> list[tuple[str, str, int]]:
    """Return the topic, the chroot and the seconds since the clock started of each message, without chroot.start."""
    return [
        (message.topic.removeprefix("copr.build."), message.body["chroot"], message.time - FIRST_NOW)
        for message in messages
        if message.topic != "copr.chroot.start"
    ]


def ends(messages: Iterable[Message]) -> list[tuple[int, str, int]]:
    """Return build, chroot and status of each end."""
    bodies = [message.body for message in messages if message.topic == "copr.build.end"]
    return [(body["build"], body["chroot"], body["status"]) for body in bodies]
