"""The page at ``/_fake/`` to watch and control a world; it loads nothing from other sites."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ...wire.answer import Answer

_DIRECTORY = Path(__file__).parent
_TYPES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{f"/{path.name}": (path.name, "text/javascript; charset=utf-8") for path in _DIRECTORY.glob("*.js")},
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)


def is_part(path: str) -> bool:
    return path == "" or path in _TYPES


def answer(path: str) -> Answer:
    """Return a file of the page. ``/_fake`` redirects to ``/_fake/``, because the page's URLs are relative."""
    if path == "":
        return Answer(308, (("Location", "_fake/"), ("Content-Length", "0")), b"")
    return _file(path)


@lru_cache(maxsize=len(_TYPES))
def _file(path: str) -> Answer:
    name, content_type = _TYPES[path]
    body = (_DIRECTORY / name).read_bytes()
    headers = (
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-cache"),
        ("Content-Security-Policy", _POLICY),
    )
    return Answer(200, headers, body)
