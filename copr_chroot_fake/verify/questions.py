"""The requests that both Copr and the fake get: every endpoint that reads, with valid, missing and unusual arguments.

They are derived from the declared endpoints and from what was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from urllib.parse import quote, urlencode

from ..api.endpoint import ROOT, Endpoint, Kind, Route
from ..api.routing import ENDPOINTS
from ..wire.endpoint_name import EndpointName
from .sending import READING, Question
from .world import REPOSITORIES, Object, World

_PROJECT = ("ownername", "projectname")

_ARGUMENTS: Mapping[EndpointName, tuple[str, ...]] = {
    "build-chroot": ("build_id", "chrootname"),
    "build-chroot/build-config": ("build_id", "chrootname"),
    "build-chroot/built-packages": ("build_id", "chrootname"),
    "build-chroot/list": ("build_id",),
    "build/list": _PROJECT,
    "project": _PROJECT,
    "project/list": ("ownername",),
    "project/search": ("query",),
    "project-chroot": (*_PROJECT, "chrootname"),
    "project-chroot/build-config": (*_PROJECT, "chrootname"),
    "package": (*_PROJECT, "packagename"),
    "package/list": _PROJECT,
    "monitor": _PROJECT,
}
"""The arguments in the query that say what a request is about."""

_OPTIONS: Mapping[EndpointName, tuple[str, ...]] = {
    "build/list": ("status=succeeded", "status=nope", "packagename=nope", "status=failed&limit=1", "packagename="),
    "package": ("with_latest_build=True", "with_latest_succeeded_build=True", "with_latest_build=False"),
    "package/list": ("with_latest_build=True", "with_latest_succeeded_build=True", "with_latest_build=False"),
    "monitor": (
        "additional_fields[]=url_build_log",
        "additional_fields[]=url_backend_log&additional_fields[]=url_build_log",
        "additional_fields[]=nope&additional_fields[]=a",
        "project_dirname=nope",
        "project_dirname=",
    ),
}

_WRONG: Mapping[str, tuple[str, ...]] = {
    "build_id": ("", "0", "-1", " 7 ", "007", "7.0", "nope", "2147483647", "2147483648", "99999999999999999999"),
    "chrootname": ("", "nope", "fedora-rawhide", "fedora-0-x86_64", "FEDORA-43-X86_64", "a-b-c-d", "\x00"),
    "ownername": ("nope-nobody", "@nope-nobody", "NOPE", "é"),
    "projectname": ("", "nope-nothing", "NOPE", "nope:pr:1", "é"),
    "packagename": ("", "nope-nothing", "é"),
    "query": ("a", "no/such/project", "nope-nobody/nope-nothing"),
    "who": ("nope-nobody", "@nope-nobody"),
    "dirname": ("nope-nothing",),
    "name_release": ("nope",),
}
"""Values of arguments that are wrong or unusual."""

_PAGES = (
    {"limit": "1"},
    {"limit": "0"},
    {"limit": "-1"},
    {"limit": "two"},
    {"limit": " 2 "},
    {"limit": "99999999999999999999"},
    {"offset": "1"},
    {"offset": "1000"},
    {"offset": "-1"},
    {"offset": "1.5"},
    {"limit": "1", "offset": "1"},
    {"order": "id", "order_type": "DESC"},
    {"order": "id", "order_type": "ASC", "limit": "2"},
    {"order_type": ""},
    {"order_type": "asc"},
    {"order": "name"},
    {"order": "nope"},
    {"order": "status"},
    {"order": "started_on", "order_type": "DESC"},
    {"limit": "x", "offset": "y", "order_type": "z"},
)
"""Arguments of lists in pages."""

_MASKS = ("{0}", "{0},{1}", "nope", "*", "{{{0}}}", "{0}{{nope}}", "{0},,{1}", "{0}{{", "}}", "nope{{{0}}}")
"""Masks, with two fields of the response."""

_UNKNOWN = (
    "",
    "/",
    "nope",
    "Build",
    "build",
    "build/",
    "build/nope",
    "build/1/nope",
    "build-chroot/nope/nope/nope",
    "v2",
)
"""Paths that do not exist, and the root."""

_LISTING = ("build/list", "package", "package/list", "monitor")
"""The endpoints whose responses depend on everything in a project."""


def questions(world: World) -> list[Question]:
    """Return all requests about what was recorded, each once."""
    found: dict[Question, None] = {}
    for endpoint in ENDPOINTS.values():
        for route in endpoint.routes:
            if route.path.startswith(ROOT):
                found.update(dict.fromkeys(_of_route(endpoint, route, world)))
    for path in _UNKNOWN:
        found.update((Question(method, f"{ROOT}{path and '/'}{path}"), None) for method in READING)
    return [*found]


def _of_route(endpoint: Endpoint, route: Route, world: World) -> Iterator[Question]:
    in_path = re.findall(r"{(\w+)}", route.path)
    in_query = [name for name in _ARGUMENTS.get(endpoint.name, ()) if name not in in_path]
    cases = _cases([*in_path, *in_query], endpoint, world)
    target = _Target(route.path, tuple(in_path), tuple(in_query))
    if "GET" not in endpoint.methods:
        yield from (Question(method, target.of(_NOTHING)) for method in READING)
        return
    yield from (Question("GET", target.of(case)) for case in cases)
    sample = cases[0] if cases else _NOTHING
    for method in READING:
        yield Question(method, target.of(sample))
        yield Question(method, target.of(sample).replace("?", "/?") if in_query else target.of(sample) + "/")
    yield from (Question("GET", wrong) for wrong in target.with_wrong(sample))
    if "items" in (endpoint.model or {}) or endpoint.name == "build-chroot/list":
        for page in _PAGES:
            is_sampled = cases or {*page.values()} & {"two", "1.5", "asc", "nope", "x"}
            yield from (
                Question("GET", target.of(case, page)) for case in cases[:3] or ([sample] if is_sampled else [])
            )
        yield Question("GET", target.of({}, {"limit": "x"}))
    for option in _OPTIONS.get(endpoint.name, ()):
        yield from (Question("GET", f"{target.of(case)}&{option}") for case in cases[:3])
    if endpoint.model:
        yield from _masked(endpoint, target.of(sample))


_NOTHING: Object = {
    "build_id": "1",
    "project_id": "1",
    "ownername": "nope-nobody",
    "projectname": "nope-nothing",
    "packagename": "nope",
    "chrootname": "fedora-0-x86_64",
}
"""Values of arguments that name nothing."""


def _cases(names: Iterable[str], endpoint: Endpoint, world: World) -> list[Object]:
    """Return the different valid values of the arguments, unless the responses have objects that are not recorded."""
    selected = [
        {name: about[name] for name in names}
        for about in world.objects
        if about.keys() >= {*names} and _is_recorded(endpoint, about, world)
    ]
    return [*{tuple(case.items()): case for case in selected}.values()]


def _is_recorded(endpoint: Endpoint, about: Object, world: World) -> bool:
    full_name = f"{about['ownername']}/{about['projectname']}"
    if endpoint.name == "project/list":
        return about["ownername"] not in world.incomplete
    if endpoint.name == "rpmrepo":
        return REPOSITORIES.format(full_name) not in world.incomplete
    return endpoint.name not in _LISTING or full_name not in world.incomplete


def _masked(endpoint: Endpoint, target: str) -> Iterator[Question]:
    model = endpoint.model or {}
    fields = [name for name, kind in model.items() if kind is Kind.PLAIN][:2] or [*model][:2]
    first, second = [*fields, *fields][:2]
    for mask in _MASKS:
        yield Question("GET", target, (("X-Fields", mask.format(first, second)),))
    for name, kind in model.items():
        if not isinstance(kind, Kind):
            yield Question("GET", target, (("X-Fields", f"{name}{{{next(iter(kind))}}}"),))


class _Target:
    """The targets of one path, with values for the arguments in it and in the query."""

    def __init__(self, path: str, in_path: tuple[str, ...], in_query: tuple[str, ...]) -> None:
        self._path, self._in_path, self._in_query = path, in_path, in_query

    def of(self, values: Object, page: Object | None = None) -> str:
        """Return the target with these arguments; missing ones are omitted from the query."""
        path = self._path
        for name in self._in_path:
            path = path.replace(f"{{{name}}}", quote(values.get(name, "nope"), safe="@:"))
        query = {name: values[name] for name in self._in_query if name in values} | (dict(page or {}))
        return f"{path}?{urlencode(query)}" if query else path

    def with_wrong(self, sample: Object) -> Iterator[str]:
        """Yield targets with missing, wrong, repeated, unknown, and several wrong arguments."""
        names = (*self._in_path, *self._in_query)
        for name in self._in_query:
            yield f"{self.of(sample)}&{urlencode({name: 'nope'})}"
        # Without an owner, a list has all projects of Copr.
        if self._in_query != ("ownername",):
            yield from (self.of({key: sample[key] for key in sample if key != name}) for name in self._in_query)
            yield self.of({key: sample[key] for key in sample if key in self._in_path})
        yield self.of(sample, {"nope": "1"})
        for name in names:
            for value in _WRONG.get(name, ()):
                if value or name in self._in_query:
                    yield self.of({**sample, name: value})
        for first, second in product(names, names):
            if first < second:
                yield self.of({**sample, first: "nope-nobody", second: "nope-nothing"})
