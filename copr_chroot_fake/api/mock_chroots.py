"""Mock chroots: the chroots in which the service can build."""

from __future__ import annotations

from .context import RequestContext, Success
from .endpoint import endpoint
from .rendering import json_success


@endpoint("mock-chroots/list")
def list_mock_chroots(context: RequestContext) -> Success:
    """Return all active chroots of Copr, each with its comment, which the fake leaves empty."""
    return json_success(dict.fromkeys(context.store.active_chroots, ""))
