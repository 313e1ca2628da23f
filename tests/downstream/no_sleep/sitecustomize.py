"""Loaded by each Python process that has this directory in its PYTHONPATH: nothing in it sleeps.

Instead the clock of the fake at COPR_FAKE_URL moves on by what would have been slept. After COPR_FAKE_PATIENCE
seconds of that the process is interrupted, as if somebody had pressed Ctrl-C.
"""

from __future__ import annotations

import json
import os
import time
from typing import SupportsIndex
from urllib.request import Request, urlopen

_slept = 0.0


def _sleep(seconds: float | SupportsIndex) -> None:
    global _slept  # one of a process, as its sleep is
    body = json.dumps({"tick": float(seconds)}).encode()
    headers = {"Content-Type": "application/json"}
    urlopen(Request(f"{os.environ['COPR_FAKE_URL']}/_fake/clock", body, headers, method="PATCH")).close()
    _slept += float(seconds)
    if _slept >= float(os.environ["COPR_FAKE_PATIENCE"]):
        raise KeyboardInterrupt


time.sleep = _sleep
