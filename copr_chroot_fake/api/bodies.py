"""Request bodies, as Flask reads them: JSON, forms, and forms with files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.message import Message
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from ..wire.answer import CATCH_ALL, ApiError
from ..wire.headers import RawHeaders, read_header

MAX_PARTS = 1000
"""The number of parts from which Werkzeug rejects a form."""


class Upload(NamedTuple):
    """An uploaded file."""

    filename: str
    content: bytes


class RequestBody:
    """The body of a request; each part of it is parsed on first access."""

    def __init__(self, headers: RawHeaders, content: bytes) -> None:
        self._content_type = read_header(headers, b"content-type") or ""
        self._content = content
        self._replaced_form: Mapping[str, object] | None = None

    @property
    def content(self) -> bytes:
        return self._content

    @property
    def is_json(self) -> bool:
        """Whether the content type is that of JSON."""
        kind = self._mimetype
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

    @cached_property
    def _mimetype(self) -> str:
        return self._content_type.partition(";")[0].strip().lower()

    @cached_property
    def _parsed(self) -> object:
        """The JSON document, or the exception that parsing it raised.

        :raises ApiError: 500 if it is nested too deeply.
        """
        try:
            return json.loads(self._content)
        except ValueError as error:
            return error
        except RecursionError:
            raise ApiError(500, CATCH_ALL) from None

    def json(self) -> object:
        """Return the JSON document.

        :raises ApiError: 415 for another content type, 400 if it is invalid.
        """
        if not self.is_json:
            raise ApiError(
                415,
                "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
            )
        if isinstance(self._parsed, Exception):
            raise ApiError(400, "The browser (or proxy) sent a request that this server could not understand.")
        return self._parsed

    def fields(self) -> dict[str, object]:
        """Return the fields that were sent: those of a JSON object, else of a form.

        :raises ApiError: 500 for JSON that is no object, as in Copr.
        """
        document = self._parsed if self.is_json and not isinstance(self._parsed, Exception) else None
        if not document:
            return dict(self.form)
        if not isinstance(document, dict):
            raise ApiError(500, CATCH_ALL)
        return dict(document)

    @property
    def form(self) -> Mapping[str, object]:
        """The fields of a form; of a repeated one, the first."""
        return self._form[0] if self._replaced_form is None else self._replaced_form

    @property
    def files(self) -> Mapping[str, Upload]:
        """The uploaded files by the name of their field."""
        return self._form[1]

    @cached_property
    def _form(self) -> tuple[dict[str, object], dict[str, Upload]]:
        if self._mimetype == "application/x-www-form-urlencoded":
            return _parse_urlencoded(self._content), {}
        if self._mimetype == "multipart/form-data":
            return _parse_multipart(self._content_type, self._content)
        return {}, {}

    def read_json_file(self) -> None:
        """Use the file ``json``, if there is one, as the form: so do clients that upload a file.

        :raises ApiError: 500 if it is no JSON object.
        """
        file = self.files.get("json")
        if file is None:
            return
        try:
            document = json.loads(file.content) or {}
        except (ValueError, RecursionError):
            raise ApiError(500, CATCH_ALL) from None
        if not isinstance(document, dict):
            raise ApiError(500, CATCH_ALL)
        self._replaced_form = document


def _parse_urlencoded(content: bytes) -> dict[str, object]:
    fields: dict[str, object] = {}
    for part in content.decode(errors="replace").split("&"):
        if part:
            name, _, value = part.partition("=")
            fields.setdefault(unquote_plus(name), unquote_plus(value))
    return fields


def _parse_multipart(content_type: str, content: bytes) -> tuple[dict[str, object], dict[str, Upload]]:
    """Return fields and files; a body that is no form has none, as Werkzeug ignores it."""
    fields: dict[str, object] = {}
    files: dict[str, Upload] = {}
    boundary = _parameter(content_type, "boundary")
    if not boundary:
        return fields, files
    delimiter = re.compile(
        rb"(?:\A|\r?\n)--" + re.escape(boundary.encode(errors="replace")) + rb"(--)?[ \t]*(?:\r?\n|\Z)"
    )
    matches = [*delimiter.finditer(content)][: MAX_PARTS + 2]
    for match, following in pairwise(matches):
        if match[1]:
            break
        head, separator, value = _split_part(content[match.end() : following.start()])
        if not separator:
            return {}, {}
        _add_part(head, value, fields, files)
    return fields, files


def _split_part(part: bytes) -> tuple[bytes, bytes, bytes]:
    crlf, lf = part.partition(b"\r\n\r\n"), part.partition(b"\n\n")
    return crlf if crlf[1] and len(crlf[0]) <= len(lf[0]) else lf


def _add_part(head: bytes, value: bytes, fields: dict[str, object], files: dict[str, Upload]) -> None:
    headers = {}
    for line in head.decode(errors="replace").splitlines():
        name, _, text = line.partition(":")
        headers[name.strip().lower()] = text.strip()
    disposition = headers.get("content-disposition", "")
    field = _parameter(disposition, "name")
    if field is None:
        return
    filename = _parameter(disposition, "filename")
    if filename is None:
        fields.setdefault(field, value.decode(errors="replace"))
    else:
        files.setdefault(field, Upload(filename, value))


def _parameter(header: str, name: str) -> str | None:
    """Return a parameter of a header such as ``Content-Disposition``."""
    message = Message()
    message["Content-Disposition"] = header.replace("\n", " ").replace("\r", " ")
    found = message.get_param(name, header="Content-Disposition", unquote=True)
    if isinstance(found, tuple):
        charset, _, text = found
        return unquote(text, encoding=charset or "utf-8", errors="replace")
    return found
