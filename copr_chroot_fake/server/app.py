"""The application of a server: it routes requests to the worlds and their control API.

``/api_3/…`` is the Copr of the main world, and ``/_fake/…`` its control API. Named worlds
have the same paths below ``/worlds/<name>``, and below the short form ``/@<name>``
(see :func:`~copr_chroot_fake.control.worlds.world_url`). Browsers are redirected from ``/``
to ``/_fake/``, the page.

A world is created by the first request to its Copr, or by the first successful
control call. Rejected requests never create one, nor do control paths that need
no token, or requests from pages of other sites.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..control.limits import MAX_CONTROL_BODY
from ..control.worlds import InitialConfig, TooManyError, World, Worlds
from ..errors import InputError
from ..wire.answer import Answer, error_body, json_answer, unsniffed
from ..wire.headers import RawHeaders
from ..wire.target import READ_METHODS
from .guard import Guard, reject_foreign_page
from .request import BodyWanted, Request, Respond, Response

if TYPE_CHECKING:
    from ..control.api import ControlApi


class ControlAdapter:
    """Answers requests to the control API, which is imported at the first one.

    :param initial: options of worlds that are created by a control call, unless the call overrides them.
    :param save: saves the state of all worlds and returns where; ``None`` if the server has no state file.
    :param max_body: bytes in the body of one request.
    """

    def __init__(
        self,
        worlds: Worlds,
        initial: InitialConfig,
        guard: Guard,
        save: Callable[[Worlds], str] | None = None,
        *,
        max_body: int = MAX_CONTROL_BODY,
    ) -> None:
        self._worlds = worlds
        self._initial = initial
        self._guard = guard
        self._save = save
        self._max_body = max_body

    @cached_property
    def _api(self) -> ControlApi:
        from ..control.api import ControlApi
        from ..control.call import Setting

        return ControlApi(Setting(self._worlds, self._initial, self._save))

    def is_open(self, target: str) -> bool:
        """Whether a target, relative to ``/_fake``, needs no token."""
        return self._api.is_open(target.partition("?")[0])

    def begin(self, target: str, request: Request, respond: Respond) -> BodyWanted | Answer:
        """Ask for the body of a call that is admitted, or return the error.

        This depends on no world.
        """
        rejection = self._guard.rejection(request.effective_headers, self.is_open(target))
        wanted = BodyWanted(respond, self._max_body, "serve with a larger --max-body")
        return wanted if rejection is None else unsniffed(rejection)

    def answer(self, world: World, target: str, request: Request, body: bytes) -> Response:
        """Answer an admitted call; its target is relative to ``/_fake``."""
        method = "GET" if request.method == "HEAD" else request.method
        path, _, query = target.partition("?")
        answer = self._api.answer(world, method, path, query, body)
        return unsniffed(answer) if isinstance(answer, Answer) else answer


WORLDS, SHORT_WORLDS = "/worlds/", "/@"
CONTROL = "/_fake"


class ServedApp:
    """The application of a server; without ``control`` it has no control API."""

    def __init__(self, worlds: Worlds, control: ControlAdapter | None) -> None:
        self._worlds = worlds
        self._control = control

    def __call__(self, request: Request) -> Answer | BodyWanted:
        target, name = request.target, None
        if target.startswith((WORLDS, SHORT_WORLDS)):
            name, target = _split(target)
        if target.startswith(CONTROL) and target[len(CONTROL) : len(CONTROL) + 1] in ("", "/", "?"):
            return self._begin_control_call(name, target[len(CONTROL) :], request)
        # The page's address is relative, so the root needs its slash.
        if target == "/" and request.target.endswith("/") and self._control is not None:
            redirect = redirect_browser(request.method, request.headers)
            if redirect is not None:
                return redirect
        world = self._worlds.main if name is None else self._worlds.find(name) or self._create(name, request)
        if isinstance(world, Answer):
            return world
        if request.method in READ_METHODS:
            return self._answer(world, target, request)
        return self._begin_write(world, target, request)

    def answer_copr(self, request: Request) -> Answer | BodyWanted:
        """Answer a request to Copr's own address: it has neither a control API nor worlds, but only the main one."""
        if request.method in READ_METHODS:
            return self._answer(self._worlds.main, request.target, request)
        return self._begin_write(self._worlds.main, request.target, request)

    def _begin_write(self, world: World, target: str, request: Request) -> Answer | BodyWanted:
        if request.method == "CONNECT":
            request.keeps_alive = False
            return json_answer(error_body("this server is no proxy; serve with --proxy"), 501)
        return BodyWanted(partial(self._answer, world, target, request))

    def _answer(self, world: World, target: str, request: Request, body: bytes = b"") -> Answer:
        """Answer a request to the Copr of a world; the target is relative to the world."""
        answer = world.answer(request.method, target, request.headers, body)
        if answer.delivery is not None and answer.delivery.poll_loop:
            loops = world.service.store.poll_loops
            loops.sent = loops.sent or answer.delivery.poll_loop
        return answer

    def _create(self, name: str, request: Request) -> World | Answer:
        """Create a world for a request to its Copr, or return the error."""
        rejection = reject_foreign_page(request.effective_headers)
        world = rejection or self._draft(name)
        if isinstance(world, World):
            self._worlds.add(world)
        return world

    def _draft(self, name: str) -> World | Answer:
        """Return a new world that is not added yet, or the error."""
        try:
            return self._worlds.draft(name)
        except InputError as error:
            return json_answer(error_body(str(error)), 404)
        except TooManyError as error:
            return json_answer(error_body(str(error)), 503)

    def _begin_control_call(self, name: str | None, target: str, request: Request) -> Answer | BodyWanted:
        if self._control is None:
            return json_answer(error_body("this server has no control API; serve without --no-control"), 404)
        respond = partial(self._answer_control_call, self._control, name, target, request)
        return self._control.begin(target, request, respond)

    def _answer_control_call(
        self, control: ControlAdapter, name: str | None, target: str, request: Request, body: bytes
    ) -> Response:
        # Only now: another request may have created or deleted the world while the body was being received.
        found = self._worlds.main if name is None else self._worlds.find(name)
        world = found or self._draft(name or "")
        if isinstance(world, Answer):
            return world
        answer = control.answer(world, target, request, body)
        has_failed = isinstance(answer, Answer) and answer.status >= 400
        if found is None and not has_failed and not control.is_open(target):
            self._worlds.add(world)
        return answer


def _split(target: str) -> tuple[str, str]:
    """Split a target into the name of its world and the target within that world."""
    prefix = WORLDS if target.startswith(WORLDS) else SHORT_WORLDS
    path, question_mark, query = target.partition("?")
    name, slash, rest = path[len(prefix) :].partition("/")
    return unquote(name), (slash + rest or "/") + question_mark + query


_REDIRECT = Answer(
    302, (("Location", "_fake/"), ("Content-Length", "0"), ("Vary", "Accept"), ("Cache-Control", "no-store")), b""
)


def redirect_browser(method: str, headers: RawHeaders) -> Answer | None:
    """Return the redirect for a request to a root that accepts HTML; ``None`` for others, which only Copr answers."""
    accepted = next((value for name, value in headers if name == b"accept"), b"")
    return _REDIRECT if method in ("GET", "HEAD") and b"text/html" in accepted else None
