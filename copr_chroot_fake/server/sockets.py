"""Listening sockets, and the limit of open files."""

from __future__ import annotations

import math
import os
import socket

BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 selects a free port.

    :raises OSError: if the address is not available.
    """
    listener = occupy(host, port)
    listener.listen(BACKLOG)
    return listener


def occupy(host: str, port: int) -> socket.socket:
    """Return a socket that occupies an address, where connections are refused until it listens.

    :raises OSError: if the address is not available.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bound.family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Inherited by connections. Without it the kernel delays a large body, which
        # is written after the head, until the client acknowledges the head.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def url_of(listener: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def max_files() -> float:
    """Return the maximum number of open files of the process."""
    try:
        import resource
    except ImportError:  # on Windows
        return math.inf
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else soft
