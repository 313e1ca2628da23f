"""nginx as a proxy of a test, on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .programs import IS_CI
from .served import Server, eventually

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_nginx = pytest.mark.skipif(NGINX is None and not IS_CI, reason="not installed: nginx")

CONFIGURATION = """
daemon off;
pid pid;
error_log error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {http}
}}
"""


@contextmanager
def running_nginx(directory: Path, http: str) -> Iterator[Server]:
    """Run nginx until the end of the block.

    :param http: the configuration of its server, which listens on ``PORT``.
    """
    assert NGINX is not None, "nginx is not installed"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    configuration = directory / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(http=http.replace("PORT", f"127.0.0.1:{port}")))
    command = [NGINX, "-p", str(directory), "-e", str(directory / "error.log"), "-c", str(configuration)]
    with subprocess.Popen(command) as process:
        try:
            proxy = Server(f"http://127.0.0.1:{port}")
            assert eventually(lambda: not proxy.is_refusing)
            yield proxy
        finally:
            process.terminate()
