"""Addresses of servers: listening sockets, and running servers as Python code sees them."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from ..validation.rule import frozen


@frozen()
class TlsServer:
    """A server that speaks TLS.

    :param url: the ``copr_url`` of its clients.
    :param certificate_file: the certificate in PEM with which clients verify the server's.
    """

    url: str
    certificate_file: Path


@frozen()
class CoprProxy:
    """A proxy that answers for Copr's hosts.

    ``repr`` omits the environment, which can have secrets.

    :param url: of the proxy; below ``/_fake/`` it has the control API and the page.
    :param certificate_file: the certificate in PEM with which clients verify the proxy's.
    :param environment: of this process, with the variables that make programs use the proxy.
    """

    url: str
    certificate_file: Path
    environment: Mapping[str, str] = field(repr=False)


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
