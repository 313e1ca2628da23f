"""JSON as Copr's serializer writes it: one line, with the keys in the order of the model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from .context import Success
from .paging import Paging


def json_line(document: dict[str, object]) -> bytes:
    """Return a document as JSON with a line feed."""
    return json.dumps(document).encode() + b"\n"


def json_success(document: dict[str, object]) -> Success:
    """Return the response with a document."""
    return Success(json_line(document))


def render_page(items: Iterable[bytes], paging: Paging) -> bytes:
    """Return a page of a list, whose items are JSON already."""
    return render_list(items, _render_meta(paging))


def render_list(items: Iterable[bytes], meta: bytes) -> bytes:
    """Return a list, whose items and ``meta`` are JSON already."""
    return b"".join((b'{"items": [', b", ".join(items), b'], "meta": ', meta, b"}\n"))


@lru_cache(maxsize=256)
def _render_meta(paging: Paging) -> bytes:
    return json.dumps(paging._asdict()).encode()
