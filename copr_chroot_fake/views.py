"""How Copr writes what it shows: build chroots, pages of them, configurations, packages."""

from __future__ import annotations

import json
from collections.abc import Iterable

from . import build_config
from .model import BuildChroot
from .paging import Paging
from .store import Store

HOME = b'{"version":3}\n'


def chroot(shown: BuildChroot) -> bytes:
    return _chroot(shown) + b"\n"


def page(shown: Iterable[BuildChroot], paging: Paging) -> bytes:
    meta = json.dumps(paging._asdict()).encode()
    return b'{"items": [' + b", ".join([_chroot(item) for item in shown]) + b'], "meta": ' + meta + b"}\n"


def config(shown: BuildChroot, store: Store) -> bytes:
    given = shown.build_config
    return _line(build_config.derive(shown, store) if given is None else dict(given))


def packages(shown: BuildChroot) -> bytes:
    return _line(
        {
            "packages": [
                {
                    "arch": nevra.arch,
                    "epoch": nevra.epoch,
                    "release": nevra.release,
                    "version": nevra.version,
                    "name": nevra.name,
                }
                for nevra in shown.packages
            ]
        }
    )


def _chroot(shown: BuildChroot) -> bytes:
    if shown.rendered is None:
        fields = {
            "started_on": shown.started_on,
            "ended_on": shown.ended_on,
            "state": shown.state.value,
            "name": shown.name,
            "result_url": shown.result_url,
        }
        shown.rendered = json.dumps(fields).encode()
    return shown.rendered


def _line(document: dict[str, object]) -> bytes:
    return json.dumps(document).encode() + b"\n"
