"""Requests that change something, to draw: nearly valid ones, and hostile ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import hypothesis.strategies as st

from copr_chroot_fake.api.routing import ENDPOINTS

from ..adapters import authorization
from ..sequences import SCENARIO

USERS = ["admin1", "frostyx", "jdoe", "alice", "bob"]
OWNERS = [*USERS, "@copr", "@llvm"]
CHROOTS = ["fedora-43-x86_64", "fedora-42-x86_64", "epel-9-x86_64", "fedora-rawhide-aarch64"]
PROJECTS = ["p1", "p2", "x.y"]
PACKAGES = ["hello", "python-copr", "0ad"]
SOURCES = ["scm", "pypi", "rubygems", "custom", "distgit"]


class DrawnRequest(NamedTuple):
    """A request to send to a fake."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


HOSTILE_TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "x\udfff.spec",
    "a" * 200,
    "9" * 5000,
    "-1",
    "1.5",
    "0x1",
    "²",
    "../../x",
    "a/b",
    "%00",
    "%ff",
    "%2F",
    "p1:pr:1",
    "p1:custom:a",
    "p1:\0",
    "@",
    "@nogroup",
    "fedora-*",
    "[",
    "[!",
    "http://[",
    "http://[::1",
    "copr://",
    "copr://jdoe/p1",
    "https://x.example/a.src.rpm https://x.example/b.spec",
    "http://\0/a.src.rpm",
    "a@b.\ud800",
    "True",
    "None",
    "null",
    "{}",
    "\N{GRINNING FACE}",
    "\x1b[31m",
    "\r\n",
]
"""Texts that some check, parser or database rejects."""

_hostile_texts = st.sampled_from(HOSTILE_TEXTS)
_numbers = st.sampled_from(
    [0, 1, 2, 3, -1, 2**31 - 1, 2**31, 2**63, 2**64, -(2**63), 10**4000, 0.5, 1e308, float("inf"), float("nan")]
)
_known_texts = st.sampled_from([*OWNERS, *CHROOTS, *PROJECTS, *PACKAGES, *SOURCES, "git", "on", "approved", "request"])
_scalars = st.one_of(st.none(), st.booleans(), _numbers, _hostile_texts, _known_texts, st.text(max_size=5))


def _deep(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


values = st.one_of(
    _scalars,
    st.recursive(
        _scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_hostile_texts | _known_texts, inner, max_size=3),
        max_leaves=5,
    ),
    st.builds(_deep, st.sampled_from([50, 200])),
)
"""Whatever can be in a JSON document."""

_URL = "https://x.example/hello-1.0-1.src.rpm"

FIELDS: dict[str, list[Any]] = {
    "ownername": OWNERS,
    "projectname": PROJECTS,
    "name": [*PROJECTS, "new"],
    "owner": OWNERS,
    "chroots": [CHROOTS[:2], CHROOTS[1:], ["fedora-*"], [], "fedora-43-x86_64"],
    "exclude_chroots": [CHROOTS[:1], []],
    "confirm": [True, False],
    "description": ["text"],
    "instructions": ["text"],
    "homepage": ["https://x.example"],
    "contact": ["a@example.com"],
    "delete_after_days": [5, -1],
    "additional_repos": [["https://x.example/repo"], ["copr://jdoe/p1"]],
    "runtime_dependencies": [["copr://jdoe/p1"], ["https://x.example/repo"]],
    "packit_forge_projects_allowed": [["https://github.com/a/b"]],
    "devel_mode": [True, False],
    "persistent": [True, False],
    "unlisted_on_hp": [True],
    "auto_prune": [True, False],
    "use_bootstrap_container": [True, "false"],
    "bootstrap": ["default", "on", "image", "unchanged"],
    "isolation": ["default", "simple", "unchanged"],
    "follow_fedora_branching": [True],
    "multilib": [True],
    "enable_net": [True, False],
    "module_hotfixes": [True],
    "fedora_review": [True],
    "appstream": [True],
    "repo_priority": [5],
    "storage": ["backend", "pulp"],
    "timeout": [0, 7200],
    "background": [True, "true"],
    "project_dirname": ["p1", "p1:pr:7", "p2:custom:x", "x.y:pr:1"],
    "after_build_id": [1, 2, 3],
    "with_build_id": [1, 2, 3],
    "packit_forge_project": ["github.com/a/b"],
    "pkgs": [[_URL], [_URL, "https://x.example/0ad.spec"]],
    "clone_url": ["https://git.example/hello.git"],
    "committish": ["main"],
    "subdirectory": ["sub"],
    "spec": ["hello.spec"],
    "scm_type": ["git", "svn"],
    "source_build_method": ["rpkg", "make_srpm"],
    "package_name": PACKAGES,
    "distgit": ["fedora"],
    "namespace": ["forks/x"],
    "pypi_package_name": ["copr"],
    "pypi_package_version": ["1.0"],
    "spec_generator": ["pyp2rpm"],
    "spec_template": ["fedora"],
    "python_versions": [["3"], ["3", "2"]],
    "gem_name": ["rake"],
    "script": ["#!/bin/sh\ntrue"],
    "chroot": ["fedora-latest-x86_64", "fedora-43-x86_64"],
    "builddeps": ["gcc make"],
    "resultdir": ["out"],
    "repos": ["https://x.example/repo"],
    "webhook_rebuild": [True],
    "max_builds": [3, 0],
    "chroot_denylist": ["fedora-42-*", "epel-9-x86_64"],
    "builds": [[1], [1, 2], [3, 99], []],
    "additional_packages": [["gcc"]],
    "additional_modules": [["a:b"], "a:b, c:d"],
    "with_opts": [["x"]],
    "without_opts": [["y"]],
    "bootstrap_image": ["fedora:43"],
    "reset_fields": [["isolation"], ["with_opts", "additional_modules"]],
    "delete_comps": [True],
    "jdoe": [{"admin": "approved", "builder": "request"}],
    "bob": [{"builder": "approved"}],
    "admin": [True, False],
    "builder": [True, False],
    # Of the webhooks.
    "repository": [{"clone_url": "https://git.example/hello", "links": {"self": {"href": "x"}, "html": {"href": "x"}}}],
    "commits": [[{"added": ["a"], "modified": [], "removed": []}], []],
    "ref": ["refs/heads/main", "hello-1.0-1"],
    "ref_type": ["tag"],
    "after": ["abc"],
    "project": [{"git_http_url": "https://git.example/hello.git"}],
    "object_kind": ["push", "tag_push"],
    "push": [{"changes": [{"new": {"type": "tag", "name": "hello-1", "target": {"hash": "abc"}}}]}],
}
"""The fields of all forms, with valid values."""

FIELDS_OF: dict[str, list[str]] = {
    "project/add": ["name", "chroots"],
    "project/fork": ["name", "ownername", "confirm"],
    "build/create/url": ["ownername", "projectname", "pkgs"],
    "build/create/upload": ["ownername", "projectname", "pkgs"],
    "build/create/scm": ["ownername", "projectname", "clone_url"],
    "build/create/distgit": ["ownername", "projectname", "package_name"],
    "build/create/pypi": ["ownername", "projectname", "pypi_package_name"],
    "build/create/rubygems": ["ownername", "projectname", "gem_name"],
    "build/create/custom": ["ownername", "projectname", "script"],
    "build/check-before-build": ["ownername", "projectname"],
    "build/delete/list": ["builds"],
    "package/add": ["package_name", "clone_url", "pypi_package_name", "gem_name", "script"],
    "package/edit": ["clone_url", "pypi_package_name", "gem_name", "script"],
    "package/build": ["ownername", "projectname", "package_name"],
    "package/reset": ["ownername", "projectname", "package_name"],
    "package/delete": ["ownername", "projectname", "package_name"],
    "project/permissions/set": ["jdoe", "bob"],
    "project/permissions/request": ["admin", "builder"],
    "webhooks/github": ["repository", "commits", "ref", "after"],
    "webhooks/gitlab": ["project", "commits", "ref", "after", "object_kind"],
    "webhooks/bitbucket": ["repository", "push"],
}
"""The fields that each endpoint needs."""

_PARAMETERS: dict[str, list[str]] = {
    "ownername": OWNERS,
    "projectname": PROJECTS,
    "build_id": ["1", "2", "3", "4"],
    "project_id": ["1", "1", "2"],
    "chrootname": CHROOTS,
    "packagename": PACKAGES,
    "source_type": SOURCES,
    "who": USERS,
    "secret": ["secret"],
    "dirname": [*PROJECTS, "p1:pr:5"],
    "name_release": ["fedora-43"],
    "filename": ["hello.spec"],
}

# Results are not an endpoint of the API: they are only read, with the responses of a file server.
_ROUTES = [(each, route) for each in ENDPOINTS.values() if each.name != "results" for route in each.routes]
_WRITES = [
    (endpoint, route)
    for endpoint, route in _ROUTES
    if {"POST", "PUT", "DELETE"} & {*endpoint.methods}
    # Those that have the most to check are the most frequent.
    for _ in range(3 if route.path.startswith(("/api_3/build/create", "/api_3/project", "/api_3/package")) else 1)
]
_PATHS = {
    route: path
    for _, route in _ROUTES
    for path in [route.pattern.replace("/{0,2}", "/").removesuffix("/?").replace("\\", "")]
}
_IDS = ("build_id", "project_id")


_NAMES = [*[("jdoe", "p1")] * 5, *[("@copr", "p2")] * 2, ("jdoe", "x.y"), ("alice", "p1"), ("@llvm", "p2")]
"""Owners and projects; the first ones are in the world that the requests are sent to."""


def _fill(draw: st.DrawFn, path: str, known_values: Mapping[str, Sequence[str]], hostile: bool) -> str:
    """Return a path with its parameters, each of them hostile sometimes."""
    for name, known in known_values.items():
        for pattern in (f"(?P<{name}>[^/]+)", rf"(?P<{name}>d{{1,4300}})"):
            if pattern in path:
                value = draw(st.sampled_from(known))
                if hostile and draw(st.integers(0, 5)) == 0:
                    odd = ["0", "99999", str(2**31), "9" * 4300, "\u0664"] if name in _IDS else HOSTILE_TEXTS
                    value = draw(st.sampled_from(odd)).replace("/", "%2F")
                path = path.replace(pattern, quote(value, safe="@:%", errors="surrogatepass"))
    return path


_HOSTILE_AUTHORIZATIONS = ["", "Basic", "Basic !!!", "Basic Og==", "Bearer " + "A" * 5000, "Basic \xff", "Basic /w=="]


@st.composite
def writes(draw: st.DrawFn, hostile: bool = False) -> DrawnRequest:
    """Draw a request that changes something, unless it is rejected.

    :param hostile: whether any part of it may be what no client sends by accident.
    """
    endpoint, route = draw(st.sampled_from(_ROUTES if hostile and draw(st.booleans()) else _WRITES))
    methods = [method for method in endpoint.methods if method in ("POST", "PUT", "DELETE")] or ["GET"]
    method = draw(st.sampled_from(methods))
    if hostile and draw(st.integers(0, 9)) == 0:
        method = draw(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO", ""]))
    owner, project = draw(st.sampled_from(_NAMES))
    named = {"ownername": [owner], "projectname": [project]}
    target = _fill(draw, _PATHS[route], {**_PARAMETERS, **named}, hostile)
    needed = FIELDS_OF.get(endpoint.name, [])
    optional = draw(st.lists(st.sampled_from([*FIELDS]), max_size=4))
    known = {**FIELDS, **(named if endpoint.name != "project/fork" else {})}
    document = {name: draw(st.sampled_from(known[name])) for name in [*needed, *optional]}
    headers = {"Authorization": authorization(draw(st.sampled_from(["admin1", "admin1", "jdoe", "jdoe", *USERS])))}
    if endpoint.name == "webhooks/github":
        headers["X-GitHub-Event"] = draw(st.sampled_from(["push", "ping"]))
    if hostile:
        for name in draw(st.lists(st.sampled_from([*document, *FIELDS]), max_size=3)):
            document[name] = draw(values)
        if draw(st.integers(0, 9)) == 0:
            headers["Authorization"] = draw(st.sampled_from(_HOSTILE_AUTHORIZATIONS))
        if draw(st.integers(0, 9)) == 0:
            headers["X-Fields"] = draw(st.sampled_from(["id", "{", "{id}", "*", "\xff", "state,nope"]))
        if draw(st.integers(0, 7)) == 0:
            target += "?" + urlencode(
                {draw(st.sampled_from([*_PARAMETERS, "query", "limit", "order", "exist_ok"])): "x"}
            )
    if not needed and method == "GET":
        query = {**named, "chrootname": CHROOTS[0], "packagename": PACKAGES[0], "build_id": 1}
        target += "?" + urlencode(query, doseq=True)
    content_type, body = draw(st.sampled_from(_ENCODERS))(draw, document, hostile)
    if endpoint.name == "build/create/upload":
        content_type, body = _multipart(draw, document, hostile)
    headers["Content-Type"] = content_type
    return DrawnRequest(method, target, tuple(headers.items()), body)


def _json(draw: st.DrawFn, document: dict[str, Any], hostile: bool) -> tuple[str, bytes]:
    body = json.dumps(document).encode()
    if hostile and draw(st.integers(0, 5)) == 0:
        body = draw(st.sampled_from(_HOSTILE_BODIES) | values.map(lambda value: json.dumps(value).encode()))
    return draw(st.sampled_from(_JSON_TYPES if hostile else _JSON_TYPES[:1])), body


_JSON_TYPES = ["application/json", "application/json; charset=utf-16", "application/x+json", "text/plain", ""]
_HOSTILE_BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b'"\\ud800"',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 10_000,
    b"NaN",
    b"1e999",
    b'{"a": 1, "a": 2}',
    b"\0",
]


def _form(draw: st.DrawFn, document: dict[str, Any], hostile: bool) -> tuple[str, bytes]:
    fields = [
        (name, item) for name, value in document.items() for item in (value if isinstance(value, list) else [value])
    ]
    encoded = urlencode([(name, str(item).encode(errors="surrogatepass")) for name, item in fields])
    if hostile and draw(st.booleans()):
        encoded += draw(
            st.sampled_from(["&&&", "&=", "&a", "&%ff=%fe", "&%00=%00", "&ownername=%ED%A0%80", "&" * 5000])
        )
    return "application/x-www-form-urlencoded", encoded.encode()


BOUNDARY = "drawn"


def _multipart(draw: st.DrawFn, document: dict[str, Any], hostile: bool) -> tuple[str, bytes]:
    fields = {name: value for name, value in document.items() if name != "pkgs"}
    parts: list[tuple[str, str | None, bytes]] = [("json", "json", json.dumps(fields).encode())]
    if draw(st.booleans()):
        parts = [(name, None, str(value).encode(errors="surrogatepass")) for name, value in fields.items()]
    filename = draw(st.sampled_from(["hello-1.0-1.src.rpm", "a.spec", *(HOSTILE_TEXTS if hostile else ())]))
    parts.append(("pkgs", filename, b"content\r\n--drawnx\r\n"))
    if hostile:
        more = st.tuples(_hostile_texts, st.none() | _hostile_texts, st.sampled_from(_HOSTILE_BODIES))
        parts += draw(st.lists(more, max_size=2))
    body = b"".join(map(_part, parts)) + f"--{BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    if hostile:
        content_type = draw(st.sampled_from([content_type] * 4 + _HOSTILE_MULTIPART_TYPES))
        if draw(st.integers(0, 4)) == 0:
            at = draw(st.integers(0, len(body)))
            body = (
                body[:at]
                + draw(st.sampled_from([b"", b"\r\n--drawn\r\n", b"\n\n", b"\0", b"\r\n\r\n"]))
                + body[at + 3 :]
            )
    return content_type, body


_HOSTILE_MULTIPART_TYPES = [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="',
    "multipart/form-data; boundary*=utf-8''drawn",
    "multipart/form-data; boundary*=nope''drawn",
    "multipart/form-data; boundary*0=dra; boundary*1=wn",
    "multipart/form-data; boundary*x=drawn",
    "multipart/form-data; boundary=\xff",
]


def _part(part: tuple[str, str | None, bytes]) -> bytes:
    name, filename, content = part
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    return f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode(errors="surrogatepass") + content + b"\r\n"


HOSTILE_VALUES: list[Any] = [
    *HOSTILE_TEXTS,
    *(0, 1, -1, 2**31, 2**63, 10**4000, 0.5, 1e308, float("inf"), float("nan"), None, True, False),
    *([], {}, [[]], [{}], {"a": 1}, [None], [1, 2], ["\0"], ["\ud800"], [True, None, "a"], _deep(100), _deep(900)),
    *({"\ud800": 1}, {"\0": {"admin": "approved"}}, "a\0b-c-d"),
]
"""Values of every type, for every field."""

_NAMED = {"ownername": "jdoe", "projectname": "p1"}
_SOURCE = {
    "clone_url": "https://git.example/a.git",
    "pypi_package_name": "a",
    "gem_name": "a",
    "script": "a",
    "package_name": "new",
}
_HELLO = {**_NAMED, "package_name": "hello"}
_PUSH = {"commits": [{"added": ["a"], "modified": [], "removed": []}], "ref": "refs/heads/main", "after": "abc"}
_REPOSITORY = {"clone_url": "https://git.example/hello", "links": {"self": {"href": "x"}, "html": {"href": "x"}}}

VALID: list[tuple[str, str, Mapping[str, Any]]] = [
    ("POST", "/api_3/project/add/jdoe", {"name": "new", "chroots": CHROOTS[:2]}),
    ("POST", "/api_3/project/add/jdoe?exist_ok=True", {"name": "p1", "chroots": CHROOTS[:2]}),
    ("PUT", "/api_3/project/edit/jdoe/p1", {}),
    ("POST", "/api_3/project/fork/jdoe/p1", {"name": "forked", "ownername": "admin1"}),
    ("DELETE", "/api_3/project/delete/@copr/p2", {}),
    ("PUT", "/api_3/project/permissions/set/jdoe/p1/", {}),
    ("PUT", "/api_3/project/permissions/request/jdoe/p1/", {}),
    ("PUT", f"/api_3/project-chroot/edit/jdoe/p1/{CHROOTS[0]}", {}),
    ("POST", "/api_3/build/create/url", {**_NAMED, "pkgs": [_URL]}),
    ("POST", "/api_3/build/create/upload", _NAMED),
    *(("POST", f"/api_3/build/create/{source}", {**_NAMED, **_SOURCE}) for source in SOURCES),
    ("POST", "/api_3/build/check-before-build", _NAMED),
    ("DELETE", "/api_3/build/delete/list", {"builds": [1]}),
    *(("POST", f"/api_3/package/add/jdoe/p1/new/{source}", _SOURCE) for source in SOURCES),
    *(("POST", f"/api_3/package/edit/jdoe/p1/hello/{source}", _SOURCE) for source in SOURCES),
    ("POST", "/api_3/package/build", _HELLO),
    ("PUT", "/api_3/package/reset", _HELLO),
    ("DELETE", "/api_3/package/delete", {**_NAMED, "package_name": "0ad"}),
    ("POST", "/webhooks/github/1/secret/", {**_PUSH, "repository": _REPOSITORY}),
    (
        "POST",
        "/webhooks/github/1/secret/hello/",
        {**_PUSH, "repository": _REPOSITORY, "ref": "hello-1", "ref_type": "tag"},
    ),
    ("POST", "/webhooks/gitlab/1/secret/", {**_PUSH, "project": FIELDS["project"][0], "object_kind": "push"}),
    ("POST", "/webhooks/bitbucket/1/secret/", {"repository": _REPOSITORY, "push": FIELDS["push"][0]}),
]
"""Requests that succeed, with their fields."""


@st.composite
def spoiled_writes(draw: st.DrawFn) -> DrawnRequest:
    """Draw a request in which a single field is wrong, so that nothing else hides what happens then."""
    method, target, fields = draw(st.sampled_from(VALID))
    document = {**fields, draw(st.sampled_from([*FIELDS])): draw(st.sampled_from(HOSTILE_VALUES))}
    return write(method, target, document)


def write(method: str, target: str, document: Mapping[str, Any], user: str = "admin1") -> DrawnRequest:
    """Return the request of a user with these fields."""
    headers = {"Authorization": authorization(user), "X-GitHub-Event": "push", "Content-Type": "application/json"}
    body = json.dumps(document).encode()
    if target.endswith("/upload"):
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        parts = (("json", "json", body), ("pkgs", "hello.spec", b"content"))
        body = b"".join(map(_part, parts)) + f"--{BOUNDARY}--\r\n".encode()
    return DrawnRequest(method, target, tuple(headers.items()), body)


_ENCODERS = [*[_json] * 8, _form, _multipart]

WORLD = {
    **SCENARIO,
    "now": 1_800_000_000,
    "projects": [
        {
            "ownername": "jdoe",
            "projectname": "p1",
            "chroots": CHROOTS,
            "webhook_secret": "secret",
            "packages": [
                {"name": "hello", "source_type": "scm", "source_dict": {"clone_url": "https://git.example/hello.git"}},
                {"name": "0ad"},
            ],
        },
        {"ownername": "@copr", "projectname": "p2", "chroots": CHROOTS[:2], "creator": "alice"},
    ],
    "builds": [
        {"id": 1, "project": "jdoe/p1", "chroots": {CHROOTS[0]: "succeeded", CHROOTS[1]: "failed"}},
        {"id": 2, "project": "jdoe/p1", "chroots": {CHROOTS[0]: "running"}},
        {"id": 3, "project": "@copr/p2", "chroots": {CHROOTS[0]: "succeeded"}},
    ],
}
"""Some projects, packages and builds, with the users of the recorded sequences."""
