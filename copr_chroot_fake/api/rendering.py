"""How Copr writes what it shows: build chroots, pages of them, configurations, packages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from ..engine.chroot import BuildChroot
from ..engine.store import Store
from . import build_config
from .paging import Paging

HOME = b'{"version":3}\n'


def chroot(shown: BuildChroot) -> bytes:
    return shown.rendered or _render(shown)


def chroots(shown: Iterable[BuildChroot]) -> list[bytes]:
    return [item.rendered or _render(item) for item in shown]


def page(items: Iterable[bytes], paging: Paging) -> bytes:
    return b"".join((b'{"items": [', b", ".join(items), b'], "meta": ', _meta(paging), b"}\n"))


def config(shown: BuildChroot, store: Store) -> bytes:
    given = shown.build_config
    return line(build_config.derive(shown, store) if given is None else dict(given))


def packages(shown: BuildChroot) -> bytes:
    return line(
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


def _render(shown: BuildChroot) -> bytes:
    """What the API shows of a chroot, which is kept with it: a page is far quicker joined than written anew."""
    fields = {
        "started_on": shown.started_on,
        "ended_on": shown.ended_on,
        "state": shown.state.value,
        "name": shown.name,
        "result_url": shown.result_url,
    }
    rendered = shown.rendered = json.dumps(fields).encode()
    shown.build.store.rendered_bytes += len(rendered)
    return rendered


@lru_cache(maxsize=256)
def _meta(paging: Paging) -> bytes:
    return json.dumps(paging._asdict()).encode()


def line(document: dict[str, object]) -> bytes:
    return json.dumps(document).encode() + b"\n"
