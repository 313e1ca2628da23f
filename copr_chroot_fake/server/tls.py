"""TLS on a connection, below the protocol that speaks HTTP.

asyncio's own TLS hides a connection from its protocol until the handshake has succeeded, waits for the client when it
closes, and buffers more, differently in each version of Python. Here the protocol gets and limits a connection from its
first byte on, and the connection pauses, resets and closes like any other.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import cast

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
