"""How much a server takes by default."""

MAX_WORLDS = 10_000
"""Worlds with a name."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes in a body that steers the fake: enough for a scenario of some 100,000 chroots."""

MAX_HEAD = 64 * 1024
"""Bytes of a request before its body."""

MAX_STATE = 1024 * 1024 * 1024
"""Bytes of a state file: enough for some 3,000,000 chroots."""
