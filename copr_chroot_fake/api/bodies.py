"""Request bodies, as Flask reads them: JSON, forms, and forms with files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from ..wire.answer import ApiError, crashing_on
from ..wire.headers import CHARSETS, RawHeaders, parse_parameters, read_header
from ..wire.target import parse_urlencoded

MAX_PARTS = 1000
"""The maximum number of parts of a form; Werkzeug rejects more."""


MAX_FIELDS = 1024 * 1024
"""The maximum size in bytes of a JSON document or of the fields of a form; parsing a larger one takes seconds."""

TOO_LARGE = "The data value transmitted exceeds the capacity limit."


BodyKind = Literal["json", "urlencoded", "multipart", "other"]
"""The kind of a body by its content type: JSON, a form without or with files, or anything else."""


class Upload(NamedTuple):
    """An uploaded file."""

    filename: str
    content: bytes


_KINDS: Mapping[str, BodyKind] = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "urlencoded",
    "multipart/form-data": "multipart",
}

Form = tuple[dict[str, object], dict[str, Upload]]
"""The fields and the files of a form."""


class RequestBody:
    """The body of a request, parsed on first access, because most handlers do not read it."""

    _replaced_form: Mapping[str, object] | None = None

    def __init__(self, headers: RawHeaders, content: bytes) -> None:
        self.content = content
        self._content_type = read_header(headers, b"content-type") or ""
        mimetype = self._content_type.partition(";")[0].strip(" \t").lower()
        is_json = mimetype.startswith("application/") and mimetype.endswith("+json")
        self.kind: BodyKind = "json" if is_json else _KINDS.get(mimetype, "other")

    @cached_property
    def _parsed(self) -> object:
        """The JSON document, or the exception that parsing it raised.

        :raises ApiError: 500 if it is nested too deeply, 413 if it is too large.
        """
        try:
            return _load(self.content)
        except ValueError as error:
            return error

    def json(self) -> object:
        """Return the JSON document.

        :raises ApiError: 415 for another content type, 400 if it is invalid.
        """
        if self.kind != "json":
            raise ApiError(
                415,
                "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
            )
        if isinstance(self._parsed, Exception):
            raise ApiError(400, "The browser (or proxy) sent a request that this server could not understand.")
        return self._parsed

    def fields(self) -> dict[str, object]:
        """Return the fields of a JSON object or of a form.

        :raises ApiError: 500 for JSON that is no object, as in Copr.
        """
        document = self._parsed if self.kind == "json" and not isinstance(self._parsed, Exception) else None
        if not document:
            return dict(self.form)
        if not isinstance(document, dict):
            raise ApiError(500)
        return dict(document)

    @property
    def form(self) -> Mapping[str, object]:
        """The fields of a form; the first value of a repeated field."""
        return self.parts[0] if self._replaced_form is None else self._replaced_form

    @property
    def files(self) -> Mapping[str, Upload]:
        """The uploaded files by the name of their field."""
        return self.parts[1]

    @cached_property
    def parts(self) -> Form:
        """The fields and the files of the form as sent.

        :raises ApiError: 413 for too many parts, or fields that are too large.
        """
        if self.kind == "urlencoded":
            _check_size(self.content)
            return _parse_urlencoded(self.content), {}
        if self.kind == "multipart":
            return _parse_multipart(self._content_type, self.content)
        return {}, {}

    def read_json_file(self) -> None:
        """Use the file ``json``, if there is one, as the form: clients that upload a file send their fields in it.

        :raises ApiError: 500 if it is not a JSON object, 413 if it is too large.
        """
        file = self.files.get("json")
        if file is None:
            return
        with crashing_on(ValueError):
            document = _load(file.content) or {}
        if not isinstance(document, dict):
            raise ApiError(500)
        self._replaced_form = document


_LINE_BREAK = rb"(?:\r\n|\n|\r)"
_BREAK = re.compile(_LINE_BREAK)
_BLANK_LINE = re.compile(rb"\r\n\r\n|\r\r|\n\n")
_CONTINUATION = re.compile(_LINE_BREAK + rb"[ \t]")


def _load(document: bytes) -> object:
    """Parse JSON.

    :raises ValueError: if it is invalid.
    :raises ApiError: 500 if it is nested too deeply, 413 if it is too large.
    """
    _check_size(document)
    with crashing_on(RecursionError):
        return json.loads(document)


def _check_size(fields: bytes) -> None:
    if len(fields) > MAX_FIELDS:
        raise ApiError(413, TOO_LARGE)


def _parse_urlencoded(content: bytes) -> dict[str, object]:
    try:
        return {**parse_urlencoded(content.decode())}
    except UnicodeDecodeError:
        # Werkzeug ignores what it cannot decode.
        return {}


def _parse_multipart(content_type: str, content: bytes) -> Form:
    """Return fields and files; an invalid form has none, as Werkzeug ignores it.

    :raises ApiError: 413 for too many parts, or fields that are too large.
    """
    try:
        return _parse_parts(parse_parameters(content_type).get("boundary", "").encode("ascii"), content)
    except ValueError:
        return {}, {}


def _parse_parts(boundary: bytes, content: bytes) -> Form:
    """Return fields and files.

    :raises ValueError: if the form is invalid.
    """
    if not boundary:
        raise ValueError("no boundary")
    end = rb"--" + re.escape(boundary) + rb"(--[^\S\n\r]*" + _LINE_BREAK + rb"?|[^\S\n\r]*" + _LINE_BREAK + rb")"
    # Without its line break, so that it begins with a text, for which the search takes linear time.
    delimiter = _search(re.compile(end), content, 0)
    following = re.compile(_LINE_BREAK + end)
    form: Form = {}, {}
    parts = size = 0
    while not delimiter[1].startswith(b"--"):
        blank = _search(_BLANK_LINE, content, delimiter.end())
        parts += 1
        head = content[delimiter.end() : blank.start()]
        # The blank line ends the headers with one line break, and begins the content with another.
        begin = (blank.start() + blank.end()) // 2
        delimiter = _search(following, content, begin)
        line_break = _BREAK.match(content, begin)
        assert line_break is not None
        size += len(head)
        _check_form(parts, size)
        headers = _parse_head(head)
        disposition = parse_parameters(headers["content-disposition"])
        part = content[line_break.end() : delimiter.start()]
        if "filename" not in disposition:
            size += len(part)
            _check_form(parts, size)
        _add_part(headers, disposition, part, form)
    return form


def _check_form(parts: int, size: int) -> None:
    if parts > MAX_PARTS or size > MAX_FIELDS:
        raise ApiError(413, TOO_LARGE)


def _search(pattern: re.Pattern[bytes], content: bytes, position: int) -> re.Match[bytes]:
    match = pattern.search(content, position)
    if match is None:
        raise ValueError("the form ends too early")
    return match


def _parse_head(head: bytes) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for line in _CONTINUATION.sub(b" ", head).splitlines():
        if line.strip(b" \t"):
            name, _, value = line.decode().strip(" \t").partition(":")
            headers.setdefault(name.strip(" \t").lower(), value.strip(" \t"))
    if "content-disposition" not in headers:
        raise ValueError("a part has no Content-Disposition")
    return headers


def _add_part(headers: Mapping[str, str], disposition: Mapping[str, str], content: bytes, form: Form) -> None:
    fields, files = form
    name, filename = disposition.get("name"), disposition.get("filename")
    if name is None:
        return
    if filename is not None:
        files.setdefault(name, Upload(filename, content))
        return
    charset = parse_parameters(headers.get("content-type", "")).get("charset", "").lower()
    fields.setdefault(name, content.decode(charset if charset in CHARSETS else "utf-8", "replace"))
