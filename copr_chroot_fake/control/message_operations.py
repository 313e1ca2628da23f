"""The control call on messages."""

from __future__ import annotations

from ..messages.message import find_messages, read_message
from . import views
from .call import Call, latest
from .specs import MessagesQuery


def show_messages(call: Call, query: MessagesQuery) -> views.MessagesView:
    """List the latest messages that Copr has published, in the order in which they arose."""
    found = find_messages(call.store, query.topic, query.build_id, query.chrootname, query.after, query.search)
    return {"messages": [views.message(read_message(entry)) for entry in latest(found, query)], "total": len(found)}
