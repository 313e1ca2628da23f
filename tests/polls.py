"""Polls of build 1, or of another build."""

from __future__ import annotations

import json

from .adapters import SendRequest
from .chroots import F41


def state(send: SendRequest, chrootname: str = F41, build_id: int = 1) -> str:
    """Return the state in the response, or the error."""
    document = json.loads(send("GET", f"/api_3/build-chroot?build_id={build_id}&chrootname={chrootname}").body)
    return str(document.get("state") or document["error"])


def listed(send: SendRequest, arguments: str = "") -> list[str]:
    document = json.loads(send("GET", f"/api_3/build-chroot/list?build_id=1{arguments}").body)
    return [item["state"] for item in document["items"]]
