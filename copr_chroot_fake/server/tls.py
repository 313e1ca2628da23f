"""TLS on a connection, below the protocol that speaks HTTP, and the authority that issues its certificates.

asyncio's own TLS hides a connection from its protocol until the handshake has succeeded, waits for the client when it
closes, and buffers more, differently in each version of Python. Here the protocol gets and limits a connection from its
first byte on, and the connection pauses, resets and closes like any other.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import cast

import trustme

from ..errors import InputError
from ..validation.checks import listing
from .responses import rejection

_NO_TLS = "this port speaks TLS; use https://"


class TlsLayer(asyncio.Transport, asyncio.BufferedProtocol):
    """The protocol of a connection, and the transport of the protocol that uses the connection through TLS.

    :param protocol: gets the calls of the protocol of a connection, ``connection_made`` before the handshake.
    :param buffer: for received bytes, which the protocol shares.
    """

    _transport: asyncio.Transport

    def __init__(self, protocol: asyncio.BufferedProtocol, context: ssl.SSLContext, buffer: memoryview) -> None:
        super().__init__()
        self._protocol: asyncio.BaseProtocol = protocol
        self._buffer = buffer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_established = self._is_reading_paused = False

    # The protocol of the connection, called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._protocol.connection_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.receive(self._buffer[:nbytes])

    def receive(self, data: bytes | memoryview) -> None:
        """Decrypt received bytes, and pass them on."""
        self._incoming.write(data)
        self._read()

    def _read(self) -> None:
        """Continue the handshake, or pass on what has been received, unless reading is paused."""
        try:
            if not self._is_established:
                self._tls.do_handshake()
                self._is_established = True
            while not (self._is_reading_paused or self.is_closing()):
                size = cast(int, self._tls.read(len(self._buffer), self._buffer))
                if not size:
                    # The client has ended TLS.
                    self.close()
                else:
                    self._pass_on(size)
        except ssl.SSLWantReadError:
            self._send()
        except ssl.SSLError as error:
            # An alert tells the client why, unless it does not speak TLS at all.
            self._send(rejection(400, _NO_TLS) if error.reason == "HTTP_REQUEST" else b"")
            self._transport.close()

    def _pass_on(self, size: int) -> None:
        protocol = self._protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            protocol.buffer_updated(size)
        else:
            cast(asyncio.Protocol, protocol).data_received(bytes(self._buffer[:size]))

    def _send(self, last: bytes = b"") -> None:
        data = self._outgoing.read() or last
        if data and not self.is_closing():
            self._transport.write(data)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._protocol.connection_lost(error)

    # The transport of the protocol.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if data and not self.is_closing():
            self._tls.write(data)
            self._send()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        self._is_reading_paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._is_reading_paused = False
        self._transport.resume_reading()
        # Later, because the protocol may be in the middle of a call.
        asyncio.get_running_loop().call_soon(self._read)

    def close(self) -> None:
        """Tell the client that TLS ends here, and close the connection without waiting for its reply."""
        if self.is_closing():
            return
        if self._is_established:
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._send()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._transport.get_extra_info(name, default)


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
