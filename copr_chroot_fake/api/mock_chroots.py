"""Mock chroots: the chroots in which the service can build."""

from __future__ import annotations

from .context import RequestContext, Success
from .rendering import json_success


def list_mock_chroots(context: RequestContext) -> Success:
    """Answer ``mock-chroots/list``: each active chroot with its comment, which the fake leaves empty."""
    return json_success(dict.fromkeys(context.store.active_chroots, ""))
