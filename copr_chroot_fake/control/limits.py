"""Default limits of a server."""

MAX_WORLDS = 10_000
"""Named worlds."""

MAX_HEAD = 64 * 1024
"""Bytes of a request before its body."""

READ_TIMEOUT = 30
"""Seconds after which a client that reads nothing of its response is disconnected."""

MAX_STREAMS = 100
"""Event streams that a server sends at the same time."""
