"""Running servers, as Python code sees them."""

from __future__ import annotations

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
