"""Loaded by each Python process that has this directory in its PYTHONPATH: ``time.sleep`` moves the fake's clock.

The fake is at COPR_FAKE_URL. After COPR_FAKE_INTERRUPT_AFTER seconds of sleep, if set, the process is interrupted as by
Ctrl-C.
"""

from __future__ import annotations

import json
import os
import time
from typing import SupportsIndex
from urllib.request import ProxyHandler, Request, build_opener

_slept = 0.0


def _sleep(seconds: float | SupportsIndex) -> None:
    global _slept  # one per process, like its sleep
    body = json.dumps({"tick": float(seconds)}).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(f"{os.environ['COPR_FAKE_URL']}/_fake/clock", body, headers, method="PATCH")
    build_opener(ProxyHandler({})).open(request).close()
    _slept += float(seconds)
    if _slept >= float(os.environ.get("COPR_FAKE_INTERRUPT_AFTER", "inf")):
        raise KeyboardInterrupt


time.sleep = _sleep
