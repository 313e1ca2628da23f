"""The control API without its sockets: a request in, an answer out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import unquote

from ..checks import Fields, Form
from ..errors import CoprFakeError, InputError
from ..server.worlds import TooManyError, World
from ..service.answers import Answer, json_answer
from ..service.query import read_target
from . import openapi, page
from .calls import Call, NotFoundError, Setting
from .operations import TABLE, Operation

DOCUMENT = "/openapi.json"

_EMPTY = Answer(204, (), b"")
_NO_QUERY = Form((), ())


class ControlApi:
    """Answers what is asked below ``/_fake``.

    Errors are ``{"error": …, "where": …}``: 404 for what is not there, 405 with
    ``Allow``, 409 for what is not possible now, 422 for a body or query that
    cannot be, with the place in it.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def is_open(self, path: str) -> bool:
        """Whether there is nothing to be learned, or done, at a path."""
        return path in ("/health", DOCUMENT) or page.is_part(path)

    def answer(self, world: World, method: str, path: str, query: str, body: bytes) -> Answer:
        """Answer a call on a world; its path is from ``/_fake`` on, as sent."""
        if page.is_part(path) or path == DOCUMENT:
            return page.answer(path) if path != DOCUMENT else self._document if method == "GET" else _not_allowed("GET")
        found = TABLE.find(path)
        if found is None:
            return _error(404, f"there is nothing at /_fake{unquote(path)}; {DOCUMENT} says what there is")
        operations, named = found
        operation = operations.get(method)
        if operation is None:
            return _not_allowed(*operations)
        return self._run(operation, world, {name: unquote(value) for name, value in named.items()}, query, body)

    def _run(self, operation: Operation, world: World, named: Mapping[str, str], query: str, body: bytes) -> Answer:
        try:
            arguments = Fields("", read_target(f"?{query}").arguments, _form(operation.query))
            call = Call(self._setting, world, named, arguments, _parse(operation, body))
            shown = operation.run(call)
        except NotFoundError as error:
            return _error(404, str(error))
        except InputError as error:
            return _error(422, str(error), error.field)
        except TooManyError as error:
            return _error(409, str(error))
        except CoprFakeError as error:
            return _error(409, str(error))
        return _EMPTY if operation.shows is None else json_answer(_written(shown), operation.status)

    @cached_property
    def _document(self) -> Answer:
        return json_answer(_written(openapi.document()))


def _form(query: type | None) -> Form:
    return _NO_QUERY if query is None else Form.of(query.__annotations__, ())


def _parse(operation: Operation, body: bytes) -> object:
    """What a body says; where none is taken, nothing that is sent matters.

    :raises InputError: for what is no JSON.
    """
    if operation.takes is None or not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("body", f"not JSON: {error}") from None


def _written(document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _error(status: int, problem: str, where: str | None = None) -> Answer:
    return json_answer(_written({"error": problem, "where": where}), status)


def _not_allowed(*methods: str) -> Answer:
    allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
    answer = _error(405, f"the method is not allowed here; allowed: {allowed}")
    return answer._replace(headers=(*answer.headers, ("Allow", allowed)))
