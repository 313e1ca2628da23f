"""The declaration of an endpoint: the decorator of its handler, with its paths, its methods and its model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, InitVar, dataclass, field
from enum import Enum
from typing import Literal, NamedTuple, Union, cast

from ..wire.answer import Answer
from ..wire.endpoint_name import EndpointName
from .context import RequestContext, Success

ROOT = "/api_3"

Handler = Callable[[RequestContext], Success | Answer]


class Kind(Enum):
    """A field without a model of its own."""

    PLAIN = "plain"
    """A number, text, Boolean or null."""
    TEXTS = "texts"
    """A list of texts; a mask cannot select within it."""
    ANYTHING = "anything"
    """An object without a model; a mask can select any key."""


Submits = Literal["build", "project"]

Model = Mapping[str, Union[Kind, "Model"]]
"""Fields by name; an object, or a list of objects, has a model in turn."""


def plain(names: str) -> dict[str, Kind | Model]:
    """Return fields with a number, text, Boolean or null."""
    return dict.fromkeys(names.split(), Kind.PLAIN)


def texts(names: str) -> dict[str, Kind | Model]:
    """Return fields with a list of texts."""
    return dict.fromkeys(names.split(), Kind.TEXTS)


def page_of(item: Model) -> Model:
    """Return the model of a list in pages."""
    return {"items": item, "meta": plain("limit offset order order_type")}


class Route(NamedTuple):
    """One path of an endpoint.

    :param path: the path with its parameters in braces.
    :param prefix: the part of the path before the first parameter.
    :param pattern: the regular expression of the path.
    :param trailing_slash: whether Copr registers the path with a trailing slash. A request without it reaches the
        endpoint too, but a method that the endpoint does not accept gets 404 instead of 405.
    """

    path: str
    prefix: str
    pattern: str
    trailing_slash: bool


@dataclass(eq=False)
class Endpoint:
    """An endpoint of Copr; decorates the function that handles it.

    :param paths: its paths below ``/api_3/``, or absolute ones, separated by spaces, with parameters in braces and a
        trailing slash if Copr registers one.
    :param alias: its name, by default its path without ``/api_3/`` and without parameters.
    :param methods: the methods that it accepts.
    :param deprecated: another method, which gets a warning to use the first one instead.
    :param warns_before_login: whether Copr warns of the deprecated method even if the login is invalid.
    :param model: the fields of the response, as Copr's source declares them in a Flask-RESTX model; ``None`` if it has
        none. Masks are checked against it; without a model, they are ignored.
    :param is_polled: whether the response has the progress of builds, so that clients poll the endpoint.
    :param submits: what a request adds.
    :param query_first: whether ``build_id`` and ``chrootname`` may be given in the query, before the path.
    :param any_method: whether the handler answers all methods.
    """

    paths: str
    _: KW_ONLY
    alias: InitVar[str] = ""
    methods: tuple[str, ...] = ("GET", "HEAD")
    deprecated: str | None = None
    warns_before_login: bool = False
    model: Model | None = None
    is_polled: bool = False
    submits: Submits | None = None
    query_first: bool = False
    any_method: bool = False
    name: EndpointName = field(init=False)
    routes: tuple[Route, ...] = field(init=False)
    handler: Handler = field(init=False)

    def __post_init__(self, alias: str) -> None:
        first, *others = self.paths.split(" ")
        self.name = cast(EndpointName, alias or first.partition("{")[0].strip("/"))
        self.routes = tuple(map(_route, (first, *others)))
        self.methods += (*([self.deprecated] if self.deprecated else []), "OPTIONS")

    def __call__(self, handler: Handler) -> Endpoint:
        self.handler = handler
        return self


_PARAMETERS = {
    # Decimal digits of any script; Python converts at most 4,300.
    "build_id": r"\d{1,4300}",
    "project_id": r"\d{1,4300}",
    # OWNER/DIRECTORY/CHROOT/RESULT_DIRECTORY, of which the last begins with the build's id, and a file; or less.
    "result": r"(?s:/*[^/]+/+[^/]+/+(?P<chrootname>[^/]+)(?:/+(?P<build_id>[0-9]{8,10})(?:-[^/]*)?)?(?:/.*)?|.*)",
}
"""The patterns of path parameters that are not a segment of any characters."""


def _route(path: str) -> Route:
    absolute = path if path.startswith("/") else f"{ROOT}/{path}"
    trailing_slash = absolute.endswith("/")
    full_path = absolute.rstrip("/")
    # Where the rule has a trailing slash, Werkzeug accepts a doubled one.
    pattern = re.escape(full_path) + ("/{0,2}" if trailing_slash else "/?")
    for parameter in re.findall(r"{(\w+)}", path):
        expected = _PARAMETERS.get(parameter, "[^/]+")
        pattern = pattern.replace(re.escape(f"{{{parameter}}}"), f"(?P<{parameter}>{expected})")
    return Route((full_path or "/") if path else absolute, full_path.partition("{")[0], pattern, trailing_slash)
