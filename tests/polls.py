"""What polls see of build 1, or of another."""

from __future__ import annotations

import json

from .adapters import SendRequest

F41 = "fedora-41-x86_64"


def state(ask: SendRequest, chrootname: str = F41, build_id: int = 1) -> str:
    """The state that a poll sees, or the error."""
    document = json.loads(ask("GET", f"/api_3/build-chroot?build_id={build_id}&chrootname={chrootname}").body)
    return str(document.get("state") or document["error"])


def listed(ask: SendRequest, arguments: str = "") -> list[str]:
    document = json.loads(ask("GET", f"/api_3/build-chroot/list?build_id=1{arguments}").body)
    return [item["state"] for item in document["items"]]
