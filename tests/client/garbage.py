"""A server on a real socket that sends given bytes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

RESET = struct.pack("ii", 1, 0)
"""The socket option that resets the connection on close."""


@contextmanager
def serving(answers: Callable[[], Iterable[bytes]], *, reset: bool = False) -> Iterator[str]:
    """Run a server that reads a request, sends the bytes and closes the connection; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        is_over = threading.Event()

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if is_over.is_set():
                        return
                    if reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    try:
                        _read_head(connection)
                        for piece in answers():
                            connection.sendall(piece)
                    except OSError:
                        # The client disconnected first.
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            is_over.set()
            socket.create_connection(address).close()
            thread.join()


def _read_head(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("the client disconnected")
        received += piece
