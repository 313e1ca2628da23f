"""How much a server takes by default."""

MAX_WORLDS = 10_000
"""Worlds with a name."""

MAX_MEMORY = 2 * 1024**3
"""Bytes that all worlds together retain, by an estimate."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes in a body that steers the fake: enough for a scenario of some 100,000 chroots."""

MAX_BODIES = 256 * 1024 * 1024
"""Bytes in all bodies of control calls that are being received at the same time."""

MAX_HEAD = 64 * 1024
"""Bytes of a request before its body."""

MAX_STATE = 1024 * 1024 * 1024
"""Bytes of a state file: enough for some 3,000,000 chroots."""
MAX_UNREAD = 64 * 1024 * 1024
"""Bytes of responses that wait for clients to read them, of all connections together."""

READ_PATIENCE = 30
"""Seconds after which a client is disconnected that reads nothing of its responses."""
