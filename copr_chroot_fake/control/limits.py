"""Default limits of a server."""

MAX_WORLDS = 10_000
"""Named worlds."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of the body of a request to Copr."""

MAX_CONTROL_BODY = 4 * 1024 * 1024
"""Bytes of the body of a control call; to parse a larger one takes seconds, in which nothing else is answered."""

MAX_HEAD = 64 * 1024
"""Bytes of a request before its body."""

READ_TIMEOUT = 30
"""Seconds after which a client that reads nothing of its response is disconnected."""
