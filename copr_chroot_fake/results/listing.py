"""The page that shows what is in a directory, in the way of lighttpd, which serves Copr's results."""

from __future__ import annotations

import time
from collections.abc import Iterable
from html import escape
from typing import NamedTuple
from urllib.parse import quote

_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>Index of {title}</title>
</head>
<body>
<h2>Index of {title}</h2>
<div class="list">
<table>
<thead><tr><th>Name</th><th>Last Modified</th><th>Size</th><th>Type</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</div>
</body>
</html>
"""

_ROW = '<tr><td><a href="{link}">{name}</a>{slash}</td><td>{modified}</td><td>{size}</td><td>{type}</td></tr>\n'


class Entry(NamedTuple):
    """What is in a directory: a file of so many bytes, or another directory, which has no size."""

    name: str
    modified: int | None = None
    size: int | None = None
    type: str = "Directory"


def write_index(path: str, entries: Iterable[Entry]) -> bytes:
    """The page of a directory, directories first; its links are relative, so that it can be below any address."""
    ordered = sorted(entries, key=lambda entry: (entry.size is not None, entry.name))
    rows = [_ROW.format(link="../", name="..", slash="/", modified="", size="-", type="Directory")]
    rows += [_row(entry) for entry in ordered]
    return _PAGE.format(title=escape(path), rows="".join(rows)).encode(errors="replace")


def _row(entry: Entry) -> str:
    slash = "/" if entry.size is None else ""
    # With a dot before it a name with a colon is no scheme.
    link = f"./{quote(entry.name, safe='', errors='replace')}{slash}"
    day = "" if entry.modified is None else time.strftime("%Y-%b-%d %H:%M:%S", time.gmtime(entry.modified))
    size = "-" if entry.size is None else _size(entry.size)
    return _ROW.format(
        link=escape(link), name=escape(entry.name), slash=slash, modified=day, size=size, type=escape(entry.type)
    )


def _size(size: int) -> str:
    """A size in bytes as lighttpd shows it."""
    amount, unit = float(size), "B"
    for larger in "KMGT":
        if amount < 1000:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.2f}{unit}"
