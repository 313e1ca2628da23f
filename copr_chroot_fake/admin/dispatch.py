"""The control API without its sockets: a request in, an answer out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote

from ..errors import CoprFakeError, InputError, ScenarioError
from ..scenario.parsing import read_json
from ..server.memory import PER_BODY_BYTE, PER_BUILD
from ..server.worlds import World
from ..validation.fields import Fields
from ..wire.answer import Answer, json_answer
from . import openapi, page
from .call import Call, NotFoundError, Setting, form_of
from .operations import Operation, find

DOCUMENT = "/openapi.json"

_EMPTY = Answer(204, (), b"")


class ControlApi:
    """Answers what is asked below ``/_fake``.

    Errors are ``{"error": …}``: 404 for what is not there, 405 with ``Allow``,
    409 for what is not possible now, and 422 for a mistake in the body or query,
    with its place as ``where``. After an error nothing has changed.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def is_open(self, path: str) -> bool:
        """Whether a path needs no token, as it tells nothing and does nothing."""
        return path in ("/health", DOCUMENT) or page.is_part(path)

    def answer(
        self, world: World, method: str, path: str, query: str, body: bytes
    ) -> Answer | Coroutine[object, None, Answer]:
        """Answer a call on a world, at once or, if it takes long, later; its path is from ``/_fake`` on, as sent."""
        if page.is_part(path) or path == DOCUMENT:
            return _shown(path, world) if method == "GET" else _not_allowed(["GET"])
        found = find(path)
        if found is None:
            return _error(404, f"there is nothing at /_fake{unquote(path)}; /_fake{DOCUMENT} says what there is")
        operation = found.operations.get(method)
        if operation is None:
            return _not_allowed(found.operations)
        try:
            with self._memory_for(operation, method, world, body):
                arguments, said = _read_query(operation, query), _read_body(operation, body)
                shown = operation.run(Call(self._setting, world, found.named, arguments, operation.takes, said))
        except CoprFakeError as error:
            return _refusal(error)
        except RecursionError:
            return _mistake("body", "nested too deeply")
        return _answer_later(operation, shown) if isinstance(shown, Awaitable) else _success(operation, shown)

    @contextmanager
    def _memory_for(self, operation: Operation, method: str, world: World, body: bytes) -> Iterator[None]:
        """Charge for what a call adds to a world, unless it fails.

        :raises NoMemoryError: if there is no memory for it.
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


async def _answer_later(operation: Operation, shown: Awaitable[object]) -> Answer:
    try:
        return _success(operation, await shown)
    except CoprFakeError as error:
        return _refusal(error)


def _success(operation: Operation, shown: object) -> Answer:
    return _EMPTY if operation.shows is None else json_answer(_written(shown), operation.status)


def _shown(path: str, world: World) -> Answer:
    """The page, or the document of a world's own API."""
    if path != DOCUMENT:
        return page.answer(path)
    return json_answer(_written(openapi.document(f"/worlds/{world.name}/_fake" if world.name else "/_fake")))


def _read_query(operation: Operation, query: str) -> Fields:
    """The arguments of a query.

    :raises InputError: naming one that is unknown, given twice, or not UTF-8.
    """
    form = form_of(operation.query)
    arguments: dict[str, str] = {}
    try:
        for name, value in parse_qsl(query, keep_blank_values=True, errors="strict"):
            if not name:
                raise InputError("query", "an argument has no name")
            if name in arguments:
                raise InputError(name, "the argument is there twice; expected once")
            arguments[name] = value
    except UnicodeDecodeError as error:
        raise InputError("query", f"not UTF-8: {error.reason}") from None
    if arguments and not form.all:
        raise InputError(next(iter(arguments)), "this call takes no arguments")
    return Fields("", arguments, form)


def _read_body(operation: Operation, body: bytes) -> object:
    """What a body says; where it may be missing, nothing is the same as an empty object.

    :raises InputError: if it is no JSON, if it is missing, or if the call takes none.
    """
    if not body:
        if operation.takes is None or operation.may_lack_body:
            return {}
        raise InputError("body", "missing; expected JSON")
    try:
        said = read_json(body.decode())
    except UnicodeDecodeError as error:
        raise InputError("body", f"not UTF-8: {error.reason} at byte {error.start}") from None
    if operation.takes is None and said != {}:
        raise InputError("body", "this call takes none")
    return said


def _written(document: object) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _refusal(error: CoprFakeError) -> Answer:
    is_in_file = isinstance(error, ScenarioError) and error.source is not None
    if isinstance(error, InputError) and not is_in_file:
        return _mistake(error.location or "body", error.problem)
    return _error(404 if isinstance(error, NotFoundError) else 409, str(error))


def _mistake(where: str, problem: str) -> Answer:
    return json_answer(_written({"error": f"{where}: {problem}", "where": where}), 422)


def _error(status: int, problem: str) -> Answer:
    return json_answer(_written({"error": problem}), status)


def _not_allowed(methods: Iterable[str]) -> Answer:
    allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
    answer = _error(405, f"the method is not allowed here; allowed: {allowed}")
    return answer._replace(headers=(*answer.headers, ("Allow", allowed)))
