"""Relays, which pass bytes on between two connections in both directions."""

from __future__ import annotations

import asyncio
from socket import socket
from typing import cast

from .context import Context, ReadTimer, connection_of

_CONNECT_TIMEOUT = 30
"""Seconds within which another host must accept a connection."""


class Relay(asyncio.Protocol):
    """One of two connections, each of which sends what the other one receives.

    When one of them ends, what it has received is sent, and the other one is closed (RFC 9110 9.3.6).
    """

    _peer: Relay
    transport: asyncio.Transport
    _connection: asyncio.Transport
    """The same as the transport, but below TLS."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._read_timer = ReadTimer(self, context.read_timeout)

    def join(self, peer: Relay) -> None:
        """Relay between this connection and another one."""
        self._peer, peer._peer = peer, self

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self._connection = cast(asyncio.Transport, transport), connection_of(transport)
        self._context.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._peer.transport.write(data)

    def pause_writing(self) -> None:
        """Receive nothing more from the peer until this connection has sent what waits."""
        self._peer.transport.pause_reading()
        self._read_timer.start()

    def resume_writing(self) -> None:
        self._peer.transport.resume_reading()
        self._read_timer.stop()

    def connection_lost(self, error: Exception | None) -> None:
        self._context.connections.discard(self)
        self._read_timer.stop()
        self._peer.close()
        self._context.on_end()

    def close(self) -> None:
        """Close the connection after sending what waits."""
        if not self.transport.is_closing():
            self.transport.close()
        self._connection.close()
        self._read_timer.start()

    # Called by the server.

    @property
    def unread(self) -> int:
        """Bytes in the server that wait to be read by the other end."""
        return self._connection.get_write_buffer_size()

    @property
    def socket(self) -> socket:
        """The socket of the connection."""
        connected: socket = self._connection.get_extra_info("socket")
        return connected

    def abort(self) -> None:
        """Close the connection, and discard what has not been sent yet."""
        self._connection.abort()

    # It has no responses to finish.
    shutdown = drop = abort


class _Paused(asyncio.Protocol):
    """The protocol of a connection to another host until its tunnel takes over; it reads nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).pause_reading()


class RelayTunnel:
    """A tunnel to a connection with another host."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._upstream = transport

    def take_over(self, context: Context, transport: asyncio.Transport, unread: bytes) -> None:
        """Relay between a connection and the other host."""
        client, upstream = Relay(context), Relay(context)
        client.join(upstream)
        for relay, connection in ((client, transport), (upstream, self._upstream)):
            connection.set_protocol(relay)
            relay.connection_made(connection)
        self._upstream.write(unread)
        self._upstream.resume_reading()

    def close(self) -> None:
        """Close the connection with the other host."""
        self._upstream.close()


async def open_relay(host: str, port: int) -> RelayTunnel:
    """Connect to another host.

    :raises OSError: with the reason if that is not possible.
    """
    connecting = asyncio.get_running_loop().create_connection(_Paused, host, port)
    try:
        transport, _ = await asyncio.wait_for(connecting, _CONNECT_TIMEOUT)
    except asyncio.TimeoutError:
        raise OSError(f"no reply within {_CONNECT_TIMEOUT} seconds") from None
    except UnicodeError as error:
        # Python cannot encode the name of the host.
        raise OSError(str(error)) from None
    return RelayTunnel(transport)
