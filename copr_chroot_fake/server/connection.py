"""One connection: it reads requests, has the application answer them in order, and writes the responses."""

from __future__ import annotations

import asyncio
import math
import struct
import time
from contextlib import aclosing, suppress
from socket import SO_LINGER, SOL_SOCKET, socket
from typing import TYPE_CHECKING, cast

from ..adapters.delivery import split_body
from ..wire.answer import Answer, Delivery, Failure, error_body, json_answer
from .context import Context, ReadTimer, TunnelWanted, connection_of
from .log import AccessLog, describe
from .request import BodyWanted, Request, Respond, Stream
from .request_reader import InvalidRequestError, RequestReader
from .responses import CONNECTED, CONTINUE, PROBLEM, encode_head, internal_error, rejection

if TYPE_CHECKING:
    from ssl import SSLContext


REQUEST_TIMEOUT = 60
"""Seconds within which a request must arrive, from the time of its first byte, or of the connection."""

KEEP_ALIVE_TIMEOUT = 5
"""Seconds for which a connection is kept after a response."""

_LARGE_PIECE = 64 * 1024
"""Bytes in a piece of a body that is not copied to write it together with the head."""

_TLS_HANDSHAKE = 22
"""The first byte that a client sends with TLS."""

_NO_TLS = "this port speaks TLS; use https://"

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Exchange:
    """A request and its response so far."""

    __slots__ = ("began", "body", "request", "size", "status", "wanted")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.wanted: BodyWanted | None = None
        """Answers the request, once its body is complete."""
        self.body = bytearray()
        """What has arrived of a wanted body."""
        self.status: int | None = None
        """The status of the response, once it has begun."""
        self.size = 0
        """Bytes of the body of the response."""
        self.began = time.perf_counter()


class HttpProtocol(asyncio.BufferedProtocol):
    """A connection. It answers one request at a time; the next one is not read until then.

    :param tls: the certificate of the server, if the client is to begin with TLS.
    """

    _transport: asyncio.Transport
    _connection: asyncio.Transport
    """The same as the transport, but below TLS."""

    def __init__(self, context: Context, loop: asyncio.AbstractEventLoop, tls: SSLContext | None = None) -> None:
        self._context = context
        self._loop = loop
        self._tls = tls
        self._reader = RequestReader(context.max_head)
        self._read_timer = ReadTimer(self, context.read_timeout)
        self._exchange: _Exchange | None = None
        """The request that has no complete response yet."""
        self._delivery: asyncio.Task[None] | None = None
        """Sends a response that takes time."""
        self._is_endless = False
        """Whether the request never gets a complete response."""
        self._is_ended = False
        """Whether nothing more is read or answered."""
        self._is_reading_paused = self._is_writing_paused = False
        self._resumed: asyncio.Event | None = None
        """Set when writing is resumed."""
        self._is_arriving = True
        """Whether a request is arriving; otherwise the connection is idle."""
        self._deadline = loop.time() + REQUEST_TIMEOUT
        self._timer: asyncio.TimerHandle | None = None

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or continue after the handshake of TLS."""
        self._transport, self._connection = cast(asyncio.Transport, transport), connection_of(transport)
        if self not in self._context.connections:
            self._context.connections.add(self)
            self._set_timer()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._context.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.receive(bytes(self._context.buffer[:nbytes]))

    def receive(self, data: bytes) -> None:
        """Process received bytes."""
        if self._is_ended or self._is_endless:
            return
        tls, self._tls = self._tls, None
        if tls is None:
            self._reader.receive(data)
            self._continue()
        elif data[0] == _TLS_HANDSHAKE:
            from .tls import start_tls

            start_tls(self._transport, self, tls, data)
        else:
            self._reject(400, _NO_TLS)

    def pause_writing(self) -> None:
        """Answer no request while the client does not read responses."""
        self._is_writing_paused = True
        self._read_timer.start()

    def resume_writing(self) -> None:
        self._is_writing_paused = False
        self._read_timer.stop()
        if self._resumed is not None:
            self._resumed.set()
        self._continue()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_ended = True
        self._context.connections.discard(self)
        self._read_timer.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._give_up()
        self._context.on_end()

    # Called by the server.

    @property
    def unread(self) -> int:
        """Bytes in the server that wait to be read by the client."""
        return self._connection.get_write_buffer_size()

    def shutdown(self) -> None:
        """Close the connection, after the response in progress if its request is complete."""
        if self._is_endless:
            # The client would never get a complete response.
            self.drop()
        elif self._exchange is None or self._reader.in_body:
            self._end()
        else:
            self._exchange.request.keeps_alive = False

    @property
    def socket(self) -> socket:
        """The socket of the connection."""
        connected: socket = self._connection.get_extra_info("socket")
        return connected

    def abort(self) -> None:
        """Reset the connection and discard unread bytes, including those in the system's buffers."""
        # It may be closed already.
        with suppress(OSError):
            self.socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET_ON_CLOSE)
        self._connection.abort()

    def drop(self) -> None:
        """Close the connection without sending what has not been sent yet."""
        self._connection.abort()

    # Reading requests.

    def _continue(self) -> None:
        """Read and answer requests as far as possible now."""
        if self._is_ended:
            return
        try:
            self._read()
        except InvalidRequestError as error:
            self._reject(error.status, str(error))
        except Exception as error:
            self._context.report(describe("a connection", error))
            self._reject(500, PROBLEM)
        else:
            if not self._is_ended:
                self._wait()

    def _read(self) -> None:
        reader = self._reader
        while not self._is_ended:
            if not reader.in_body:
                request = None if self._is_busy else reader.read_head()
                if request is None:
                    return
                exchange = self._exchange = _Exchange(request)
                # An error in the body precedes the response.
                body = reader.read_body() if reader.in_body else b""
                self._begin(exchange)
            else:
                body = reader.read_body()
            pending = self._exchange
            if pending is not None and pending.wanted is not None:
                self._receive_body(pending, pending.wanted, body)
            if reader.in_body:
                return
            self._is_arriving = False
            if not reader.has_unread:
                return

    @property
    def _is_busy(self) -> bool:
        """Whether the next request waits for a response, or for the client to read the last one."""
        return self._exchange is not None or self._is_writing_paused

    def _begin(self, exchange: _Exchange) -> None:
        try:
            result = self._context.app(exchange.request)
        except Exception as error:
            self._fail(exchange, error)
            return
        if isinstance(result, Answer):
            self._respond(exchange, result)
            return
        if isinstance(result, TunnelWanted):
            self._context.start(self._open_tunnel(exchange, result))
            return
        exchange.wanted = result

    def _receive_body(self, exchange: _Exchange, wanted: BodyWanted, piece: bytes) -> None:
        """Add a piece to the body of a request; answer the request if the body is complete or too large."""
        exchange.body += piece
        if len(exchange.body) + self._reader.announced > wanted.max_body:
            exchange.wanted = None
            problem = f"the body is larger than {wanted.max_body} bytes; {wanted.remedy}"
            self._respond(exchange, json_answer(error_body(problem), 413))
        elif not self._reader.in_body:
            exchange.wanted = None
            self._answer(exchange, wanted.respond, bytes(exchange.body))
        elif exchange.request.expects_continue:
            exchange.request.expects_continue = False
            self._transport.write(CONTINUE)

    def _answer(self, exchange: _Exchange, respond: Respond, content: bytes) -> None:
        """Answer a request whose body is complete, at once or in a task."""
        try:
            answer = respond(content)
        except Exception as error:
            self._fail(exchange, error)
            return
        if isinstance(answer, Answer):
            self._respond(exchange, answer)
        else:
            self._is_endless = True
            self._delivery = self._context.start(self._stream(exchange, answer))

    def _wait(self) -> None:
        """Wait for data, and set the time for which to wait."""
        reader, is_busy, has_unread = self._reader, self._is_busy, self._reader.has_unread
        is_reading_paused = is_busy and has_unread and not (reader.in_body or self._is_endless)
        if is_reading_paused != self._is_reading_paused:
            self._is_reading_paused = is_reading_paused
            if is_reading_paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()
        if reader.in_body or (has_unread and not is_busy):
            if self._is_arriving:
                return
            self._is_arriving = True
            self._deadline = self._loop.time() + REQUEST_TIMEOUT
        elif is_busy:
            self._deadline = math.inf
            return
        else:
            self._deadline = self._loop.time() + KEEP_ALIVE_TIMEOUT
        self._set_timer()

    def _set_timer(self) -> None:
        """Set a timer for the deadline, unless one will end before; it will be set again then."""
        if self._timer is not None:
            if self._timer.when() <= self._deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._loop.time() >= self._deadline:
            self._end()
        elif self._deadline != math.inf:
            self._set_timer()

    # Writing responses.

    def _respond(self, exchange: _Exchange, answer: Answer) -> None:
        """Send a response, at once if nothing prevents it."""
        try:
            if answer.delivery is not None:
                self._delivery = self._context.start(self._deliver(exchange, answer, answer.delivery))
                return
            head, body = self._encode(exchange, answer)
        except Exception as error:
            self._fail(exchange, error)
            return
        self._write(exchange, head, body)
        self._finish(exchange)

    async def _open_tunnel(self, exchange: _Exchange, wanted: TunnelWanted) -> None:
        """Leave the connection to a tunnel, after confirming CONNECT; or respond with the error."""
        try:
            tunnel = await wanted.open()
        except Exception as error:
            self._fail(exchange, error)
            return
        has_left = self._exchange is not exchange or self._transport.is_closing()
        if isinstance(tunnel, Answer):
            if not has_left:
                self._respond(exchange, tunnel)
        elif has_left:
            tunnel.close()
        else:
            exchange.status = 200
            self._transport.write(CONNECTED)
            tunnel.take_over(self._context, self._transport, self._reader.unread)
            if self._is_reading_paused:
                self._transport.resume_reading()
            # For this protocol, the connection has ended.
            self.connection_lost(None)

    async def _deliver(self, exchange: _Exchange, answer: Answer, delivery: Delivery) -> None:
        """Send a response as a fault prescribes: late, in pieces, in part or not at all."""
        try:
            if delivery.failure is Failure.TIMEOUT:
                self._is_endless = True
            else:
                await asyncio.sleep(delivery.delay)
                if delivery.failure is Failure.REFUSED:
                    # In this order, because the client may reconnect at once.
                    await self._context.close_port(delivery.closed)
                if delivery.failure in (Failure.REFUSED, Failure.RESET):
                    self._reset()
                else:
                    await self._deliver_pieces(exchange, answer, delivery)
        except Exception as error:
            self._fail(exchange, error)
        else:
            self._continue()

    async def _deliver_pieces(self, exchange: _Exchange, answer: Answer, delivery: Delivery) -> None:
        head, body = self._encode(exchange, answer)
        pieces = split_body(body, delivery)
        self._write(exchange, head, next(pieces, b""))
        for piece in pieces:
            await asyncio.sleep(delivery.pause)
            await self._wait_until_writable()
            self._write(exchange, b"", piece)
        if delivery.failure is Failure.RESET_WITHIN:
            # A reset discards what the client has not read yet, so let the written part arrive first.
            await asyncio.sleep(0.01)
            self._reset()
        else:
            self._finish(exchange)

    async def _stream(self, exchange: _Exchange, stream: Stream) -> None:
        exchange.status, exchange.request.keeps_alive = 200, False
        self._write(exchange, stream.head + self._context.date_header() + b"\r\n", b"")
        try:
            if exchange.request.method != "HEAD":
                async with aclosing(stream.pieces()) as pieces:
                    async for piece in pieces:
                        await self._wait_until_writable()
                        self._write(exchange, b"", piece)
        except Exception as error:
            self._fail(exchange, error)
        else:
            self._finish(exchange)

    async def _wait_until_writable(self) -> None:
        while self._is_writing_paused:
            self._resumed = asyncio.Event()
            await self._resumed.wait()

    def _encode(self, exchange: _Exchange, answer: Answer) -> tuple[bytes, bytes]:
        """Return the head and the body of a response.

        :raises ValueError: if it cannot be sent.
        """
        status, headers, body, _ = answer
        status_line, fields, length, closes = encode_head(status, headers)
        request = exchange.request
        if length is None or request.method == "HEAD":
            body = b""
        elif len(body) != length:
            raise ValueError(f"the body has {len(body)} bytes, but Content-Length is {length}")
        if closes:
            request.keeps_alive = False
        exchange.status = status
        last = b"\r\n" if request.keeps_alive or closes else b"connection: close\r\n\r\n"
        return status_line + self._context.date_header() + fields + last, body

    def _write(self, exchange: _Exchange, head: bytes, piece: bytes) -> None:
        exchange.size += len(piece)
        if len(piece) > _LARGE_PIECE:
            self._transport.write(head)
            self._transport.write(piece)
        else:
            self._transport.write(head + piece)

    def _finish(self, exchange: _Exchange) -> None:
        """Note that the response has been written."""
        self._exchange = self._delivery = None
        if self._context.access_log is not None:
            self._log(exchange, self._context.access_log)
        if not exchange.request.keeps_alive or self._transport.is_closing():
            self._end()

    def _log(self, exchange: _Exchange, access_log: AccessLog) -> None:
        client = self._connection.get_extra_info("peername")
        seconds = time.perf_counter() - exchange.began
        access_log.add(client and client[0], exchange.request, exchange.status, exchange.size, seconds)

    # Ending the connection.

    def _fail(self, exchange: _Exchange, error: Exception) -> None:
        """Report an internal error, respond if no response has begun, and close the connection."""
        request = exchange.request
        self._context.report(describe(f"{request.method} {request.target}", error))
        if self._exchange is not exchange:
            return
        request.keeps_alive = False
        if exchange.status is None:
            self._write(exchange, *self._encode(exchange, internal_error()))
        self._finish(exchange)

    def _reject(self, status: int, problem: str) -> None:
        """Respond to bytes that are no valid request, unless a response has begun, and close the connection."""
        exchange = self._exchange
        if exchange is None or exchange.status is None:
            has_body = exchange is None or exchange.request.method != "HEAD"
            self._transport.write(rejection(status, problem, has_body=has_body))
        self._end()

    def _end(self) -> None:
        """Close the connection after sending what has been written; nothing more is read or answered."""
        self._is_ended = True
        self._give_up()
        if not self._transport.is_closing():
            self._transport.close()
        # Without waiting for the client to end TLS, too.
        self._connection.close()
        self._read_timer.start()

    def _reset(self) -> None:
        """Reset the connection, unless the client has closed it."""
        if not self._transport.is_closing():
            self.abort()

    def _give_up(self) -> None:
        """Stop answering the current request."""
        if self._delivery is not None:
            self._delivery.cancel()
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        if self._context.access_log is not None:
            self._log(exchange, self._context.access_log)
