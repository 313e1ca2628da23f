"""Recorded details of a request: its headers without secrets, its user, its body, and the objects that it created."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote_plus

from ..wire.headers import RawHeaders
from ..wire.target import parse_urlencoded

MAX_BODY = 64 * 1024
"""The maximum size in bytes of a body that is kept, without uploaded files."""

HEADER_BYTES = 130
"""The approximate size of a header without its texts."""

_SECRET_NAMES = (b"authorization", b"cookie", b"token", b"secret", b"password", b"api-key")
"""Parts of the names of headers with secrets."""


def mask_headers(headers: RawHeaders) -> RawHeaders:
    """Return headers with ``***`` in place of each secret."""
    return tuple((name, b"***" if _is_secret(name.lower()) else value) for name, value in headers)


def _is_secret(name: bytes) -> bool:
    return any(part in name for part in _SECRET_NAMES)


def headers_bytes(headers: RawHeaders) -> int:
    """Return the approximate size of headers."""
    return sum(len(name) + len(value) + HEADER_BYTES for name, value in headers)


def read_headers(headers: RawHeaders) -> dict[str, str]:
    """Return headers by their names in lower case; values of repeated ones are joined with a comma."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


class UploadedFile(NamedTuple):
    """An uploaded file; :attr:`SourceBuild.content` of the build has the content."""

    filename: str
    size: int


BodyKind = Literal["json", "urlencoded", "multipart", "other"]
"""What the content type of a body says: JSON, a form without or with files, or anything else."""


class RecordedBody(NamedTuple):
    """A body, parsed when it is read.

    :param content: JSON and URL-encoded forms as sent, a summary of a form with files; ``None`` if it is too large.
    :param size: the size in bytes of the body as sent.
    """

    kind: BodyKind
    content: bytes | None
    size: int

    def __repr__(self) -> str:
        return f"<RecordedBody of {self.size} bytes>"

    @property
    def text(self) -> str:
        """The content as text, to search in it; URL-encoded forms are decoded."""
        text = (self.content or b"").decode("utf-8", "replace")
        return unquote_plus(text) if self.kind == "urlencoded" else text

    @property
    def json(self) -> Any:
        if self.kind == "json":
            return _parse_json(self.content or b"")
        return _parse_json(self._summary.get("json", "").encode("latin-1"))

    @property
    def form(self) -> Mapping[str, str]:
        if self.kind != "urlencoded":
            form: Mapping[str, str] = self._summary.get("form", {})
            return form
        try:
            return parse_urlencoded((self.content or b"").decode())
        except UnicodeDecodeError:
            return {}

    @property
    def files(self) -> Mapping[str, UploadedFile]:
        return {name: UploadedFile(*file) for name, file in self._summary.get("files", {}).items()}

    @property
    def _summary(self) -> Mapping[str, Any]:
        return json.loads(self.content) if self.kind == "multipart" and self.content else {}


NO_BODY = RecordedBody("other", b"", 0)


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def summarize(form: Mapping[str, object], files: Mapping[str, tuple[str, int]], json_file: bytes) -> bytes:
    """Return the summary of a form with files, without their content.

    :param json_file: the content of the file ``json``, which has the fields of a submission with a file.
    """
    return json.dumps({"form": form, "files": files, "json": json_file.decode("latin-1")}).encode()


class Details(NamedTuple):
    """The details of a request that changed something, or tried to, or that failed.

    :param user: the user who was logged in.
    :param builds: the ids of the builds that it created.
    :param project: the full name of the project that it created.
    :param error: the start of the error message in the response.
    """

    user: str | None
    builds: Sequence[int]
    project: str | None
    body: RecordedBody
    error: str | None

    @property
    def size(self) -> int:
        """The approximate size in bytes."""
        texts = (self.user, self.project, self.error, self.body.content)
        return 300 + 40 * len(self.builds) + sum(len(text) for text in texts if text)


NO_DETAILS = Details(None, (), None, NO_BODY, None)
