"""Requesting the health of a server while it is attacked.

This file runs as a script, in a process of its own, so that the work of the attack does not delay it.
"""

from __future__ import annotations

import http.client
import json
import select
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

BOUND = 10.0
"""Seconds within which a response must arrive.

When thousands of clients connect at once, the system drops attempts, and TCP repeats them after 1, 3 and 7 seconds.
"""

_PAUSE = 0.05
"""Seconds between two requests."""


class Health(NamedTuple):
    """The responses during an attack."""

    requests: int
    slowest: float
    """Seconds until the slowest response."""
    failures: list[str]


@contextmanager
def watching(url: str, authority: Path | None) -> Iterator[list[Health]]:
    """Request the health until the end of the block; the result is added to the list.

    :param authority: the file of the certificate authority of a server with TLS.
    """
    command = [sys.executable, __file__, url, *([] if authority is None else [str(authority)])]
    results: list[Health] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # The first response.
        process.stdout.readline()
        yield results
        output, _ = process.communicate()
    results.append(Health(*json.loads(output)))


def main(url: str, authority: str | None = None) -> None:
    """Request the health until standard input ends, and print the result."""
    tls = None if authority is None else ssl.create_default_context(cafile=authority)
    requests, slowest, failures = 0, 0.0, []
    while not requests or not select.select([sys.stdin], [], [], _PAUSE)[0]:
        began = time.monotonic()
        try:
            _request(url, tls)
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures.append(f"{type(error).__name__}: {error}")
        slowest = max(slowest, time.monotonic() - began)
        requests += 1
        if requests == 1:
            print(flush=True)
    print(json.dumps(Health(requests, slowest, failures)))


def _request(url: str, tls: ssl.SSLContext | None) -> None:
    """Request the health on a new connection.

    :raises ValueError: unless the response is the expected one.
    """
    address = urlsplit(url).hostname or "", urlsplit(url).port
    if tls is None:
        connection = http.client.HTTPConnection(*address, timeout=BOUND)
    else:
        connection = http.client.HTTPSConnection(*address, timeout=BOUND, context=tls)
    try:
        connection.request("GET", "/_fake/health")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200 or json.loads(body)["status"] != "ok":
        raise ValueError(f"{response.status} {body!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
