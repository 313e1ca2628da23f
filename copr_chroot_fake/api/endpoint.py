"""The declaration of an endpoint: the decorator of its handler, with its paths, its methods and its model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple, Union, cast

from ..validation.rule import frozen
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
    :param prefix: the part of the path that no parameter precedes.
    :param pattern: the regular expression of the path.
    :param trailing_slash: whether Copr registers the path with a trailing slash. A request without it reaches the
        endpoint too, but a method that the endpoint does not accept gets 404 instead of 405.
    """

    path: str
    prefix: str
    pattern: str
    trailing_slash: bool


@frozen(kw_only=True)
class Endpoint:
    """An endpoint of Copr.

    :param name: its path without ``/api_3/`` and without parameters, unless given.
    :param methods: the methods that it accepts.
    :param deprecated: the one of these that gets a warning to use the first one instead.
    :param warns_before_login: whether Copr warns of the deprecated method even if the login is invalid.
    :param model: the fields of the response, as Copr's source declares them in a Flask-RESTX model; ``None`` if it has
        none. Masks are checked against it; without a model, they are ignored.
    :param is_polled: whether the response has the progress of builds, so that clients poll the endpoint.
    :param query_first: whether ``build_id`` and ``chrootname`` may be given in the query, before the path.
    :param any_method: whether the handler answers to other methods too.
    """

    name: EndpointName
    handler: Handler
    routes: tuple[Route, ...]
    methods: tuple[str, ...]
    deprecated: str | None
    warns_before_login: bool
    model: Model | None
    is_polled: bool
    query_first: bool
    any_method: bool


def endpoint(
    *paths: str,
    name: str | None = None,
    methods: tuple[str, ...] = ("GET", "HEAD"),
    deprecated: str | None = None,
    warns_before_login: bool = False,
    model: Model | None = None,
    is_polled: bool = False,
    query_first: bool = False,
    any_method: bool = False,
) -> Callable[[Handler], Endpoint]:
    """Declare the endpoint that a function handles.

    :param paths: its paths below ``/api_3/``, or absolute ones, with parameters in braces; write a trailing slash where
        Copr registers one.
    """

    def declare(handler: Handler) -> Endpoint:
        return Endpoint(
            name=cast(EndpointName, paths[0].partition("{")[0].strip("/") if name is None else name),
            handler=handler,
            routes=tuple(_route(path if path.startswith("/") else f"{ROOT}/{path}") for path in paths),
            methods=(*methods, *([deprecated] if deprecated else []), "OPTIONS"),
            deprecated=deprecated,
            warns_before_login=warns_before_login,
            model=model,
            is_polled=is_polled,
            query_first=query_first,
            any_method=any_method,
        )

    return declare


_PARAMETERS = {
    # Decimal digits of any script; Python converts at most 4,300.
    "build_id": r"\d{1,4300}",
    "project_id": r"\d{1,4300}",
    # OWNER/DIRECTORY/CHROOT/RESULT_DIRECTORY, of which the last begins with the build's id, and a file; or less.
    "result": r"(?s:/*[^/]+/+[^/]+/+(?P<chrootname>[^/]+)(?:/+(?P<build_id>[0-9]{8,10})(?:-[^/]*)?)?(?:/.*)?|.*)",
}
"""The patterns of path parameters that are not a segment of any characters."""


def _route(path: str) -> Route:
    trailing_slash = path.endswith("/")
    full_path = path.rstrip("/")
    # Where the rule has a trailing slash, Werkzeug accepts a doubled one.
    pattern = re.escape(full_path) + ("/{0,2}" if trailing_slash else "/?")
    for parameter in re.findall(r"{(\w+)}", path):
        expected = _PARAMETERS.get(parameter, "[^/]+")
        pattern = pattern.replace(re.escape(f"{{{parameter}}}"), f"(?P<{parameter}>{expected})")
    return Route(path if path == f"{ROOT}/" else full_path, full_path.partition("{")[0], pattern, trailing_slash)
