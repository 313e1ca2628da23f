"""Results over HTTP: what a web server of files does, with ranges, conditions and indexes of directories.

After lighttpd as Copr's source configures it: a log is led on to its compressed
form once that is there, which is sent as a text whose coding is gzip.
"""

from __future__ import annotations

import hashlib
from datetime import timezone
from email.utils import formatdate, parsedate_to_datetime
from html import escape
from http import HTTPStatus
from urllib.parse import quote

from ..engine.store import Store
from ..wire.answer import HTML, Answer
from ..wire.headers import RawHeaders, read_header
from . import tree
from .contents import LIVE_LOGS, File
from .listing import Entry, write_index
from .ranges import UnsatisfiableRange, parse_range, partial_response

METHODS = "GET, HEAD, OPTIONS"

_TYPES = {".rpm": "application/x-rpm", ".spec": "text/plain; charset=utf-8"}
_OTHER = "text/plain"

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>{title}</title></head>
<body><h1>{title}</h1></body>
</html>
"""


def answer(store: Store, method: str, path: str, headers: RawHeaders) -> Answer:
    """Answer a request for results, whose decoded path, from ``/results`` on, is given."""
    if method not in METHODS.split(", "):
        return _page(405, ("Allow", METHODS))
    if method == "OPTIONS":
        return Answer(200, (("Allow", METHODS), ("Content-Length", "0")), b"")
    # What is joined to an address that ends in a slash has two of them.
    below = [name for name in path.split("/") if name][1:]
    last = path.rpartition("/")[2]
    found = tree.find(store, below)
    if isinstance(found, tree.Directory):
        return _index(path, found) if not last else _page(301, ("Location", f"{quote(last)}/"))
    if isinstance(found, File) and last:
        return _file(found, method, headers)
    if last in LIVE_LOGS and isinstance(tree.find(store, [*below[:-1], f"{last}.gz"]), File):
        return _page(301, ("Location", f"{last}.gz"))
    return _page(404)


def _index(path: str, directory: tree.Directory) -> Answer:
    entries = [Entry(name) for name in directory.directories]
    entries += [Entry(file.name, file.modified, len(file.make()), _type_of(file.name)) for file in directory.files]
    body = write_index(path, entries)
    return Answer(200, (("Content-Type", HTML), ("Content-Length", str(len(body)))), body)


def _file(file: File, method: str, headers: RawHeaders) -> Answer:
    body = file.make()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    modified = formatdate(file.modified, usegmt=True)
    of_file = [("Last-Modified", modified), ("ETag", tag), ("Accept-Ranges", "bytes")]
    if _is_known(headers, tag, file.modified):
        return Answer(304, tuple(of_file), b"")
    if file.name.endswith(".log.gz"):
        of_file.append(("Content-Encoding", "gzip"))
    type_ = _type_of(file.name)
    # A range is of the file that the client has a part of; another one may be in its place by now.
    asked = read_header(headers, b"range") if method == "GET" else None
    if asked is not None and read_header(headers, b"if-range") in (None, tag, modified):
        try:
            part = parse_range(asked, len(body))
        except UnsatisfiableRange:
            return _page(416, ("Content-Range", f"bytes */{len(body)}"))
        if part is not None:
            return partial_response(body, part, type_, of_file)
    return Answer(200, (("Content-Type", type_), ("Content-Length", str(len(body))), *of_file), body)


def _is_known(headers: RawHeaders, tag: str, modified: int) -> bool:
    """Whether the client has said that it has the file as it is; a tag counts more than a time."""
    known = read_header(headers, b"if-none-match")
    if known is not None:
        tags = [item.strip().removeprefix("W/") for item in known.split(",")]
        return "*" in tags or tag in tags
    since = read_header(headers, b"if-modified-since")
    return since is not None and modified <= _time_of(since)


def _time_of(date: str) -> float:
    """The Unix time of a date in HTTP, which is always Greenwich's; before all others if it is no date."""
    try:
        return parsedate_to_datetime(date).replace(tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return -1


def _type_of(name: str) -> str:
    """The type as Copr's server is configured: plain text for whatever has none of its own."""
    return next((type_ for ending, type_ in _TYPES.items() if name.endswith(ending)), _OTHER)


def _page(status: int, *headers: tuple[str, str]) -> Answer:
    title = f"{status} {HTTPStatus(status).phrase}"
    body = _PAGE.format(title=escape(title)).encode()
    return Answer(status, (("Content-Type", HTML), ("Content-Length", str(len(body))), *headers), body)
