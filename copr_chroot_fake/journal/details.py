"""The details of a request for the journal: its user, its body, the objects that it created, and the error."""

from __future__ import annotations

import json

from ..api.bodies import RequestBody
from ..api.context import RequestContext
from ..engine.build import Build
from ..engine.project import Project
from ..wire.answer import Answer, ApiError
from .request import MAX_BODY, NO_BODY, Details, RecordedBody, summarize

_MAX_ERROR = 500
"""The maximum length of a recorded error message."""


def record_details(context: RequestContext, answer: Answer) -> Details:
    """Return the details of the request that was just answered."""
    store, body = context.store, context.body
    builds = [created.id for created in store.created if isinstance(created, Build)]
    projects = [created.full_name for created in store.created if isinstance(created, Project)]
    recorded = _record_body(body) if body.content else NO_BODY
    return Details(context.user, tuple(builds), projects[0] if projects else None, recorded, _error_in(answer))


def _error_in(answer: Answer) -> str | None:
    """Return the error message in a response; Copr has it in JSON, or for webhooks as text."""
    if answer.status < 400:
        return None
    text = answer.body.decode(errors="replace").strip()
    if text.startswith("<"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return text[:_MAX_ERROR] or None
    found = document.get("error", document.get("message")) if isinstance(document, dict) else None
    return str(found)[:_MAX_ERROR] if found else None


def _record_body(body: RequestBody) -> RecordedBody:
    content = body.content
    if body.kind in ("multipart", "other"):
        content = _summarize(body) if body.kind == "multipart" else b""
    return RecordedBody(body.kind, content if len(content) <= MAX_BODY else None, len(body.content))


def _summarize(body: RequestBody) -> bytes:
    try:
        form, files = body.parts
    except ApiError:
        # It has too many parts.
        form, files = {}, {}
    json_file = files.get("json")
    sizes = {name: (file.filename, len(file.content)) for name, file in files.items()}
    return summarize(form, sizes, b"" if json_file is None else json_file.content)
