"""TLS of a connection, and the authority that issues its certificates."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import sys
import tempfile
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import trustme

from ..errors import InputError
from ..validation.checks import listing
from .context import connection_of


class _TlsLayer(SSLProtocol):
    """asyncio's TLS, below a protocol that has got the connection before the handshake.

    Back pressure is that of the connection, to which all that is encrypted is written at once.
    """

    max_size = 64 * 1024
    """Bytes of the buffer that asyncio keeps for each connection."""

    def __init__(self, protocol: asyncio.BufferedProtocol, context: ssl.SSLContext) -> None:
        # Nothing waits for the handshake.
        waiter: asyncio.Future[None] = None  # type: ignore[assignment]  # asyncio allows it
        super().__init__(asyncio.get_running_loop(), protocol, context, waiter, server_side=True)
        self._first_protocol = protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._extra["connection"] = connection_of(transport)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        self._app_protocol.pause_writing()

    def resume_writing(self) -> None:
        self._app_protocol.resume_writing()

    def connection_lost(self, error: BaseException | None) -> None:
        transport = self._app_transport
        super().connection_lost(error)
        if transport is not None:
            # Python 3.10 warns of a transport that only its client has closed.
            transport.abort()
        # asyncio does not tell it if the handshake has not succeeded.
        self._first_protocol.connection_lost(None)


def start_tls(
    transport: asyncio.Transport, protocol: asyncio.BufferedProtocol, context: ssl.SSLContext, received: bytes
) -> None:
    """Begin TLS on a connection; ``protocol`` gets the new transport after the handshake.

    :param received: the first bytes from the client.
    """
    layer = _TlsLayer(protocol, context)
    transport.set_protocol(layer)
    layer.connection_made(transport)
    if sys.version_info >= (3, 11):
        layer.get_buffer(len(received))[: len(received)] = received
        layer.buffer_updated(len(received))
    else:
        layer.data_received(received)


LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""The names of this machine."""


class CertificateAuthority:
    """Issues certificates, which clients verify with its own, in a file.

    :param directory: where to write the file.
    """

    def __init__(self, directory: Path) -> None:
        self._authority = trustme.CA(organization_unit_name="copr-chroot-fake")
        self.directory = directory
        self.file = directory / "authority.pem"
        self.file.write_bytes(self._authority.cert_pem.bytes())
        self.context_for = lru_cache(maxsize=100)(self._make_context)

    def _make_context(self, *names: str) -> ssl.SSLContext:
        """Return the TLS settings of a server with names and addresses, some of which may occur twice.

        :raises InputError: for a name that cannot be in a certificate.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # No client resumes sessions often enough to gain from tickets.
        context.num_tickets = 0
        try:
            self._authority.issue_cert(*dict.fromkeys(names)).configure_cert(context)
        except ValueError as error:
            raise InputError("--tls", f"cannot issue a certificate for {listing(names)}: {error}") from None
        return context


@contextmanager
def certificate_authority() -> Iterator[CertificateAuthority]:
    """A new authority; its directory is deleted after the block, but not by a forked child."""
    process, directory = os.getpid(), Path(tempfile.mkdtemp(prefix="copr-chroot-fake-"))
    try:
        yield CertificateAuthority(directory)
    finally:
        if os.getpid() == process:
            shutil.rmtree(directory, ignore_errors=True)
