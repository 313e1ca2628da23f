"""The endpoints that the modules of this package declare, and the parsing of a request's target by their paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from ..wire.endpoint_name import EndpointName
from ..wire.target import Target, cast_integer, parse_urlencoded, split_target
from . import (
    build_chroots,
    builds,
    general,
    monitor,
    packages,
    permissions,
    project_chroots,
    projects,
    repo_files,
    results,
    rpmrepo,
    submission,
    webhooks,
)
from .endpoint import Endpoint

_MODULES = (
    build_chroots,
    builds,
    submission,
    projects,
    permissions,
    project_chroots,
    packages,
    monitor,
    rpmrepo,
    general,
    webhooks,
    repo_files,
    results,
)

ENDPOINTS: Mapping[EndpointName, Endpoint] = {
    value.name: value for module in _MODULES for value in vars(module).values() if isinstance(value, Endpoint)
}
"""Each endpoint by name. The first one with a path that matches a request answers it."""


def endpoints(has_results: bool) -> list[Endpoint]:
    """Return the endpoints of a fake.

    :param has_results: whether the fake serves results.
    """
    return [endpoint for endpoint in ENDPOINTS.values() if has_results or endpoint is not results.get_result]


def parse_target(target: str, has_results: bool) -> Target:
    """Parse a target as sent.

    :param has_results: whether the fake serves results.
    :raises InputError: if no client can send the target.
    """
    return (_parse_cached if len(target) <= _MAX_CACHED_LENGTH else _parse)(target, has_results)


_MAX_CACHED_LENGTH = 1000
"""Characters of the longest target that is cached; clients that poll send shorter ones."""


def _parse(target: str, has_results: bool) -> Target:
    path, query = split_target(target)
    arguments = MappingProxyType(parse_urlencoded(query))
    for endpoint in endpoints(has_results):
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
