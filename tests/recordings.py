"""Exchanges recorded from Copr, with which the responses of the fake are compared."""

from __future__ import annotations

import json
import os
from pathlib import Path

from copr_chroot_fake.verify.comparison import Exchange

DIRECTORY = Path(os.environ.get("COPR_RECORDINGS", Path(__file__).parent / "service"))
"""Where the recordings are; the variable selects others."""

DOWNLOADS = "https://download.copr.fedorainfracloud.org"
"""The address of the results in the recordings."""


def exchanges(file: str) -> list[Exchange]:
    with (DIRECTORY / file).open(encoding="utf-8") as lines:
        return [Exchange(**json.loads(line)) for line in lines]
