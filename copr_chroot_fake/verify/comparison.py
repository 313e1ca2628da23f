"""Comparing responses of Copr with those of the fake, byte for byte except for what has no defined order in Copr."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

Fields = Mapping[str, object]


class Response(NamedTuple):
    """A response; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def allow(self) -> set[str] | None:
        return set(self.headers["allow"].split(", ")) if "allow" in self.headers else None


@dataclass(frozen=True)
class Exchange:
    """A request and Copr's response, as a line of a file of recordings has them.

    :param scenario: the file with what Copr's database contained.
    :param url: the target, without the address of the service.
    """

    scenario: str
    method: str
    url: str
    status: int
    content_type: str
    body: str
    allow: str | None = None
    warning: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def path(self) -> str:
        """The path below ``/api_3``, without slashes at its ends."""
        return self.url.partition("#")[0].partition("?")[0].removeprefix("/api_3").strip("/")

    @property
    def query(self) -> Mapping[str, str]:
        """The arguments of the query."""
        return dict(parse_qsl(self.url.partition("#")[0].partition("?")[2], keep_blank_values=True))

    @property
    def response(self) -> Response:
        """Copr's response."""
        headers = {"content-type": self.content_type, "allow": self.allow, "warning": self.warning}
        sent = {name: value for name, value in headers.items() if value is not None}
        return Response(self.status, sent, self.body.encode(errors="surrogateescape"))


class Undefined(NamedTuple):
    """An order that Copr does not define.

    :param what: describes it.
    :param paths: a regular expression of the paths below ``/api_3`` whose responses have it.
    :param sort: sorts it in a JSON object of a response, given the arguments of the query.
    :param only_submitted: whether the order is that of Copr's first response, unless the build has been submitted just
        before.
    """

    what: str
    paths: str
    sort: Callable[[Fields, Mapping[str, str]], Fields]
    only_submitted: bool = False


def _sorted_list(key: str) -> Callable[[Fields, Mapping[str, str]], Fields]:
    """Return a function that sorts the list with a key."""

    def sort(fields: Fields, query: Mapping[str, str]) -> Fields:
        items = fields.get(key)
        return {**fields, key: sorted(items, key=_content)} if isinstance(items, list) else fields

    return sort


def _sort_chroot_keys(fields: Fields, query: Mapping[str, str]) -> Fields:
    return _sort_keys(fields, query) if all(key.count("-") >= 2 for key in fields) else fields


def _sort_keys(fields: Fields, query: Mapping[str, str]) -> Fields:
    return dict(sorted(fields.items()))


def _sort_package_keys(fields: Fields, query: Mapping[str, str]) -> Fields:
    return _sort_keys(fields, query) if "arch" in fields else fields


def _sort_ties(fields: Fields, query: Mapping[str, str]) -> Fields:
    """Sort items with the same value in the column by which the list is ordered."""
    items, order = fields.get("items"), query.get("order") or "id"
    if not isinstance(items, list) or order in ("id", "name"):
        return fields
    column = {"status": "state", "result_dir": "result_url"}.get(order, order)
    ties = groupby(items, lambda item: item.get(column) if isinstance(item, dict) else None)
    return {**fields, "items": [item for _, tied in ties for item in sorted(tied, key=_content)]}


def _content(item: object) -> str:
    return json.dumps(item, sort_keys=True)


UNDEFINED = (
    Undefined("the chroots in a build", r"(build|package|monitor)(/.*)?", _sorted_list("chroots")),
    Undefined("the keys of a built package", r"build/built-packages/.*", _sort_package_keys),
    Undefined("the packages that a build has built", r"build/built-packages/.*", _sorted_list("packages")),
    Undefined("the packages of the monitor", r"monitor", _sorted_list("packages")),
    Undefined("the chroots of a package or a build", r"build/built-packages/.*|monitor", _sort_chroot_keys),
    Undefined("the keys of the authenticated user", r"auth-check", _sort_keys),
    Undefined("items with the same value in the column of the order", r".*list", _sort_ties),
    Undefined("the keys of a package", r"build-chroot/built-packages", _sort_package_keys, only_submitted=True),
    Undefined("the packages of a chroot", r"build-chroot/built-packages", _sorted_list("packages"), True),
    Undefined("the ids of the chroots of a build", r"build-chroot/list", _sorted_list("items"), True),
    Undefined("the chroots of a project", r"project.*|package.*|monitor", _sort_chroot_keys, True),
)
"""Every order that Copr's database does not define; both responses are sorted before they are compared."""

_REQUIRED = frozenset({"build_id", "chrootname", "ownername", "projectname", "packagename"})

_IDS = re.compile(r"\d+(?:, \d+)*")


def _canonical_error(message: str, query: Mapping[str, str]) -> str:
    """Return an error without the order of what it lists, which Copr takes from sets."""
    if message.startswith("Missing argument ") and message.rpartition(" ")[2] in _REQUIRED - query.keys():
        # Of several missing arguments, Copr names any.
        return "Missing argument"
    if message.startswith("Unexpected chroot: "):
        return "".join(sorted(message))
    if "related build" in message:
        # Of more than five builds, it names five.
        return " ".join(sorted(re.findall(r"\w+", message)))
    return _IDS.sub(lambda ids: ", ".join(sorted(ids[0].split(", "))), message)


def differing_parts(expected: Exchange, got: Response, *, is_submitted: bool = False) -> list[str]:
    """Name the parts of a response that differ from Copr's.

    :param is_submitted: whether the builds have been submitted by the requests before.
    """
    copr = expected.response
    same = {
        "status": copr.status == got.status,
        "content type": copr.content_type == got.content_type,
        "body": copr.body == got.body
        or _without_order(expected, copr.body, is_submitted) == _without_order(expected, got.body, is_submitted),
        "Allow": copr.allow == got.allow,
        "Warning": expected.warning == got.headers.get("warning"),
    }
    return [part for part, is_same in same.items() if not is_same]


def _without_order(expected: Exchange, body: bytes, is_submitted: bool) -> object:
    """Return a body without its undefined orders, and its length, so that nothing else can differ, such as spaces."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    query = expected.query
    if isinstance(document, dict) and isinstance(document.get("error"), str):
        message = document["error"]
        error = _canonical_error(message, query)
        return len(body) - len(message) + len(error), [*{**document, "error": error}.items()]
    undefined = [
        order
        for order in UNDEFINED
        if re.fullmatch(order.paths, expected.path) and (is_submitted or not order.only_submitted)
    ]
    return len(body), _canonical(document, undefined, query)


def _canonical(document: object, undefined: Iterable[Undefined], query: Mapping[str, str]) -> object:
    """Return a document in which the order of keys counts and undefined orders are sorted."""
    if isinstance(document, list):
        return [_canonical(item, undefined, query) for item in document]
    if not isinstance(document, dict):
        return document
    fields = cast(Fields, document)
    for order in undefined:
        fields = order.sort(fields, query)
    return [(key, _canonical(value, undefined, query)) for key, value in fields.items()]
