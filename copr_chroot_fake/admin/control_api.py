"""The control API as a function of a request, without I/O."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote

from ..errors import CoprFakeError, InputError, ScenarioError
from ..scenario.parsing import read_json
from ..validation.fields import Fields
from ..wire.answer import Answer, json_answer
from ..worlds.memory import PER_BODY_BYTE, PER_BUILD
from ..worlds.world import World
from . import openapi, page
from .call import Call, NotFoundError, Setting, form_of
from .operations import Operation, find

DOCUMENT = "/openapi.json"

_EMPTY = Answer(204, (), b"")


class ControlApi:
    """Answers requests below ``/_fake``.

    Errors are ``{"error": …}``: 404 for unknown paths, builds and so on, 405 with
    ``Allow``, 409 if an operation is not possible now, and 422 for an invalid body or
    query, with the location as ``where``. An error leaves everything unchanged.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def is_open(self, path: str) -> bool:
        """Whether a path needs no token, because it reveals and changes nothing."""
        return path in ("/health", DOCUMENT) or page.is_part(path)

    def answer(
        self, world: World, method: str, path: str, query: str, body: bytes
    ) -> Answer | Coroutine[object, None, Answer]:
        """Answer a call on a world, or return a coroutine if that takes long; ``path`` is relative to ``/_fake``."""
        if page.is_part(path) or path == DOCUMENT:
            return _static(path, world) if method == "GET" else _not_allowed(["GET"])
        found = find(path)
        if found is None:
            return _error(404, f"unknown path /_fake{unquote(path)}; /_fake{DOCUMENT} lists all paths")
        operation = found.operations.get(method)
        if operation is None:
            return _not_allowed(found.operations)
        try:
            with self._memory_for(operation, method, world, body):
                arguments, given = _parse_query(operation, query), _parse_body(operation, body)
                result = operation.run(Call(self._setting, world, found.parameters, arguments, operation.takes, given))
        except CoprFakeError as error:
            return _error_of(error)
        except RecursionError:
            return _invalid("body", "nested too deeply")
        return _answer_later(operation, result) if isinstance(result, Awaitable) else _success(operation, result)

    @contextmanager
    def _memory_for(self, operation: Operation, method: str, world: World, body: bytes) -> Iterator[None]:
        """Charge for what a call adds to a world, unless it fails.

        :raises NoMemoryError: if the memory limit is reached.
        """
        memory = self._setting.worlds.memory
        if not operation.needs_memory:
            yield
            if method != "GET":
                memory.free()
            return
        size, builds = PER_BODY_BYTE * len(body), len(world.fake.builds)
        memory.reserve(size)
        try:
            yield
        except BaseException:
            memory.charged -= size
            raise
        memory.free()
        memory.charged += PER_BUILD * max(0, len(world.fake.builds) - builds)


async def _answer_later(operation: Operation, result: Awaitable[object]) -> Answer:
    try:
        return _success(operation, await result)
    except CoprFakeError as error:
        return _error_of(error)


def _success(operation: Operation, result: object) -> Answer:
    return _EMPTY if operation.returns is None else json_answer(_encode(result), operation.status)


def _static(path: str, world: World) -> Answer:
    """Return a part of the page, or the OpenAPI document of a world."""
    if path != DOCUMENT:
        return page.answer(path)
    return json_answer(_encode(openapi.document(f"/worlds/{world.name}/_fake" if world.name else "/_fake")))


def _parse_query(operation: Operation, query: str) -> Fields:
    """Parse a query.

    :raises InputError: for an unknown or repeated argument, or invalid UTF-8.
    """
    form = form_of(operation.query)
    arguments: dict[str, str] = {}
    try:
        for name, value in parse_qsl(query, keep_blank_values=True, errors="strict"):
            if not name:
                raise InputError("query", "an argument has no name")
            if name in arguments:
                raise InputError(name, "duplicate argument; expected once")
            arguments[name] = value
    except UnicodeDecodeError as error:
        raise InputError("query", f"not UTF-8: {error.reason}") from None
    if arguments and not form.all:
        raise InputError(next(iter(arguments)), "this call takes no arguments")
    return Fields("", arguments, form)


def _parse_body(operation: Operation, body: bytes) -> object:
    """Parse a body; an optional body defaults to an empty object.

    :raises InputError: if it is not JSON, if it is missing, or if the call takes no body.
    """
    if not body:
        if operation.takes is None or operation.has_optional_body:
            return {}
        raise InputError("body", "missing; expected JSON")
    try:
        document = read_json(body.decode())
    except UnicodeDecodeError as error:
        raise InputError("body", f"not UTF-8: {error.reason} at byte {error.start}") from None
    if operation.takes is None and document != {}:
        raise InputError("body", "this call takes no body")
    return document


def _encode(document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _error_of(error: CoprFakeError) -> Answer:
    is_in_file = isinstance(error, ScenarioError) and error.source is not None
    if isinstance(error, InputError) and not is_in_file:
        return _invalid(error.location or "body", error.problem)
    return _error(404 if isinstance(error, NotFoundError) else 409, str(error))


def _invalid(where: str, problem: str) -> Answer:
    return json_answer(_encode({"error": f"{where}: {problem}", "where": where}), 422)


def _error(status: int, problem: str) -> Answer:
    return json_answer(_encode({"error": problem}), status)


def _not_allowed(methods: Iterable[str]) -> Answer:
    allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
    answer = _error(405, f"the method is not allowed here; allowed: {allowed}")
    return answer._replace(headers=(*answer.headers, ("Allow", allowed)))
