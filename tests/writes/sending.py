"""Requests that change something, sent to the core."""

from __future__ import annotations

from typing import Any

from copr_chroot_fake import Answer, FakeCopr

from .drawn import write


def send(fake: FakeCopr, method: str, target: str, fields: Any = None, user: str = "admin1") -> Answer:
    """Send JSON to a target; one without a leading slash is below ``/api_3/``."""
    path = target if target.startswith("/") else f"/api_3/{target}"
    return fake.answer(*write(method, path, {} if fields is None else fields, user))


def error(answer: Answer) -> tuple[int, str]:
    """Return the status and the message of an error."""
    return answer.status, answer.json()["error"]
