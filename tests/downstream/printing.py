"""A callback for ``fedora-messaging consume``: it prints each message on a line."""

from __future__ import annotations

import json

from fedora_messaging.message import Message


def print_message(message: Message) -> None:
    line = {
        "id": message.id,
        "class": type(message).__name__,
        "topic": message.topic,
        "body": message.body,
        "summary": message.summary,
        "severity": message.severity,
    }
    print(json.dumps(line), flush=True)
