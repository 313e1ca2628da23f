"""Run pytest-httpserver with one fixed response, on the port given as argument."""

from __future__ import annotations

import signal
import sys

from pytest_httpserver import HTTPServer

from .static_app import BODY

server = HTTPServer(port=int(sys.argv[1]))
server.expect_request("/").respond_with_data(b"")
server.expect_request("/api_3/build-chroot").respond_with_data(BODY, content_type="application/json")
server.start()
signal.pause()
