"""The endpoints that the modules of this package declare, and the parsing of a request's target by their paths."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from ..wire.answer import HTML, Answer, ApiError
from ..wire.endpoint_name import EndpointName
from ..wire.target import Target, cast_integer, parse_urlencoded, split_target
from . import (
    backend,
    build_chroots,
    builds,
    dnf,
    general,
    masks,
    monitor,
    packages,
    permissions,
    project_chroots,
    projects,
    submission,
    web,
    webhooks,
)
from .context import RequestContext, Success
from .endpoint import Endpoint
from .users import InvalidLoginError

_MODULES = (
    build_chroots,
    builds,
    submission,
    projects,
    permissions,
    project_chroots,
    packages,
    monitor,
    dnf,
    general,
    webhooks,
    web,
    backend,
)

ENDPOINTS: Mapping[EndpointName, Endpoint] = {
    value.name: value for module in _MODULES for value in vars(module).values() if isinstance(value, Endpoint)
}
"""Each endpoint by name. The first one with a path that matches a request answers it."""


def parse_target(target: str) -> Target:
    """Parse a target as sent.

    :raises InputError: if no client can send the target.
    """
    return (_parse_cached if len(target) <= _MAX_CACHED_LENGTH else _parse)(target)


_MAX_CACHED_LENGTH = 1000
"""Characters of the longest target that is cached; clients that poll send shorter ones."""


def _parse(target: str) -> Target:
    path, query = split_target(target)
    arguments = MappingProxyType(parse_urlencoded(query))
    for endpoint in ENDPOINTS.values():
        for route in endpoint.routes:
            match = re.fullmatch(route.pattern, path) if path.startswith(route.prefix) else None
            if match is not None:
                lacks_slash = route.trailing_slash and not path.endswith("/")
                found = Target(endpoint.name, path, query, arguments, lacks_slash=lacks_slash)
                return _with_build(found, match.groupdict(), endpoint.query_first)
    return Target(None, path, query, arguments)


# Clients that poll repeat the same few targets.
_parse_cached = lru_cache(maxsize=1024)(_parse)


def _with_build(target: Target, parameters: Mapping[str, str], query_first: bool) -> Target:
    """Return the target with the parameters in its path, and the build and the chroot that it names."""
    in_path = parameters.get("build_id")
    overrides = target.arguments if query_first else {}
    raw_build_id = overrides.get("build_id", None if in_path is None else int(in_path))
    return target._replace(
        raw_build_id=raw_build_id,
        build_id=None if raw_build_id is None else cast_integer(raw_build_id),
        chrootname=overrides.get("chrootname", parameters.get("chrootname")),
        parameters=parameters,
    )


def respond(context: RequestContext, mask: str | None) -> tuple[Answer, Sequence[bytes]]:
    """Return the response and the JSON of the builds or chroots in it.

    :param mask: the header that selects fields of the response.
    """
    target = context.target
    endpoint = None if target.endpoint is None else ENDPOINTS[target.endpoint]
    try:
        if endpoint is None or (context.method not in endpoint.methods and not endpoint.any_method):
            raise _route_error(target)
        if context.method == "OPTIONS" and not endpoint.any_method:
            return _options_response(endpoint, target), ()
        response = endpoint.handler(context) if not mask or endpoint.model is None else _mask(mask, endpoint, context)
        if isinstance(response, Answer):
            return response, ()
        answer, documents, warns = response.answer(), response.documents, True
    except ApiError as error:
        answer, documents = error.answer(), ()
        warns = isinstance(error, InvalidLoginError) and endpoint is not None and endpoint.warns_before_login
    if warns and endpoint is not None and context.method == endpoint.deprecated:
        answer = _with_warning(answer, endpoint)
    return answer, documents


def _mask(header: str, endpoint: Endpoint, context: RequestContext) -> Success:
    """Return the response with the fields of a mask; it has the same documents as the whole response."""
    try:
        mask = masks.read_mask(header, endpoint.model or {})
    except ApiError:
        # Flask-RESTX reads the mask after the handler has done its work.
        context.is_poll = False
        endpoint.handler(context)
        raise
    response = endpoint.handler(context)
    assert isinstance(response, Success)
    field = response.invalid_field
    shown = field if field and masks.selects(mask, field) else ()
    return Success(masks.apply_mask(response.body, mask), response.documents, shown)


def _with_warning(answer: Answer, endpoint: Endpoint) -> Answer:
    warning = f"This method is deprecated: Use {endpoint.methods[0]} method instead of {endpoint.deprecated}"
    return answer._replace(headers=(*answer.headers, ("Warning", warning)))


def _route_error(target: Target) -> ApiError:
    """Return the error for an unknown path or a method that the endpoint does not accept."""
    if target.endpoint is None or target.lacks_slash:
        return ApiError(404, "Such API endpoint doesn't exist", compact=True)
    # Only the home page is outside Copr's REST layer.
    compact = target.endpoint == "home"
    return ApiError(405, "The method is not allowed for the requested URL.", compact=compact)


def _options_response(endpoint: Endpoint, target: Target) -> Answer:
    allow = () if target.lacks_slash else (("Allow", ", ".join(endpoint.methods)),)
    return Answer(200, (("Content-Type", HTML), ("Content-Length", "0"), *allow), b"")
