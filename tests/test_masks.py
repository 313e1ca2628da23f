"""``X-Fields`` masks select the same fields as in Flask-RESTX, and change nothing but the response."""

from __future__ import annotations

import json
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from copr_chroot_fake import FakeCopr, InputError

from .adapters import ADAPTERS, OpenAdapter, credentials, direct_client
from .chroots import F41
from .examples import examples
from .flask_restx_service import flask_restx_requester

SendToBoth = Callable[[str, str], tuple[tuple[int, bytes], tuple[int, bytes]]]

TARGETS = {
    "build-chroot": f"/api_3/build-chroot?build_id=1&chrootname={F41}",
    "build-chroot/list": "/api_3/build-chroot/list?build_id=1",
    "build-chroot/build-config": f"/api_3/build-chroot/build-config?build_id=1&chrootname={F41}",
    "build-chroot/built-packages": f"/api_3/build-chroot/built-packages?build_id=1&chrootname={F41}",
    "build": "/api_3/build/1",
    "build/list": "/api_3/build/list?ownername=@copr&projectname=copr-dev",
    "build/source-chroot": "/api_3/build/source-chroot/1",
    "project": "/api_3/project?ownername=@copr&projectname=copr-dev",
}

NAMES = {
    "build-chroot": ["started_on", "ended_on", "state", "name", "result_url"],
    "build-chroot/list": ["items", "meta", "name", "state", "result_url", "limit", "order_type"],
    "build-chroot/build-config": [
        "repos",
        "id",
        "name",
        "baseurl",
        "priority",
        "with_opts",
        "timeout",
        "bootstrap",
        "memory_limit",
    ],
    "build-chroot/built-packages": ["packages", "name", "epoch", "arch"],
    "build": ["chroots", "source_package", "name", "version", "state", "ended_on"],
    "build/list": ["items", "meta", "chroots", "source_package", "url", "state", "order"],
    "build/source-chroot": ["state", "result_url"],
    "project": ["chroot_repos", "additional_repos", "packit_forge_projects_allowed", "full_name", "id", "homepage"],
}
PUNCTUATION = ["{", "}", ",", ","]
OTHER_TOKENS = [
    "*",
    "nope",
    "naME",
    "na-me:x",
    "__class__",
    "\xe9\xb2",
    "name*",
    " ",
    "\t",
    ";",
    ".",
    "\xa0",
    "\x85",
    '"',
    "0",
]

REPEATING = sorted(ADAPTERS.keys() - {"mock_requests"})
"""Adapters whose client can send a header twice, or with a blank value."""

BUG = b'{"error": "Request wasn\'t successful, there is probably a bug in the Copr code."}\n'


def world() -> FakeCopr:
    """Return a fake whose build has packages, options, an image and repositories of every kind."""
    fake = FakeCopr()
    fake.add_project(
        "@copr/copr-dev",
        additional_repos=["https://example.com/$distname/?priority=7", "copr://other/one"],
        devel_mode=True,
        chroots={
            F41: {
                "with_opts": ["x11", "caf\xe9"],
                "bootstrap": "custom_image",
                "bootstrap_image": "registry.example/f:41",
            }
        },
    )
    fake.add_build(
        {
            F41: {
                "state": "succeeded",
                "packages": [
                    {"name": "hello", "version": "2.12", "release": "3.fc41", "arch": "x86_64"},
                    {"name": "hello-docs", "epoch": 1, "version": "2.12", "release": "3.fc41", "arch": "noarch"},
                ],
            },
            "epel-9-s390x": "pending",
        },
        id=1,
        project="@copr/copr-dev",
    )
    return fake


def anything(endpoint: str) -> st.SearchStrategy[str]:
    """Draw tokens in any order; most of these masks are invalid."""
    return st.lists(st.sampled_from([*NAMES[endpoint], *PUNCTUATION, *OTHER_TOKENS]), max_size=12).map("".join)


def well_formed(endpoint: str) -> st.SearchStrategy[str]:
    """Draw valid masks of any depth, mostly with names of existing fields."""
    name = st.sampled_from([*NAMES[endpoint], "*", "nope"])

    def level(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        field = st.tuples(name, st.one_of(st.just(""), inner.map("{{{}}}".format))).map("".join)
        return st.lists(field, max_size=4).map(",".join)

    whole = st.recursive(st.lists(name, max_size=3).map(",".join), level, max_leaves=4)
    return st.one_of(whole, whole.map("{{{}}}".format), st.tuples(whole, st.just(",")).map("".join))


@pytest.fixture(scope="module")
def send_to_both() -> SendToBoth:
    """Return the responses of the fake and of Flask-RESTX with the same data."""
    fake = world()
    send = direct_client(fake)
    whole = {endpoint: json.loads(send("GET", target).body) for endpoint, target in TARGETS.items()}
    send_reference = flask_restx_requester(whole)

    def both(endpoint: str, mask: str) -> tuple[tuple[int, bytes], tuple[int, bytes]]:
        got = send("GET", TARGETS[endpoint], [("X-Fields", mask)])
        # Web servers strip blanks around header values.
        return (got.status, got.body), send_reference(endpoint, mask.strip(" \t"))

    return both


@pytest.mark.sampled
@pytest.mark.parametrize("kind", [anything, well_formed])
@pytest.mark.parametrize("endpoint", TARGETS)
def test_random_masks_match_flask_restx(
    send_to_both: SendToBoth, endpoint: str, kind: Callable[[str], st.SearchStrategy[str]]
) -> None:
    """Status and body are the same to the byte."""

    @settings(max_examples=examples(150), deadline=None)
    @given(mask=kind(endpoint))
    def check(mask: str) -> None:
        got, expected = send_to_both(endpoint, mask)
        if expected[0] == 500:
            # Copr has its own message for internal errors.
            assert got == (500, BUG)
        else:
            assert got == expected

    check()


@pytest.mark.parametrize(
    ("endpoint", "mask", "keys"),
    [
        ("build-chroot", "state,name", "state,name"),
        ("build-chroot", "{}", ""),
        ("build-chroot", ";", ""),
        ("build-chroot", "nope{x{y}}", ""),
        ("build-chroot", "name*", ""),
        ("build-chroot", "name,state,name", "name,state"),
        ("build-chroot", "*{x},name", "name,started_on,ended_on,state,result_url"),
        ("build-chroot", "\xa0", None),
        ("build-chroot", ",name", "Mask parse error: Unexpected comma"),
        ("build-chroot", "name,,state", "Mask parse error: Unexpected comma"),
        ("build-chroot", "name,{}", "Mask parse error: Unexpected opening bracket"),
        ("build-chroot", "{name},{state}", "Mask parse error: Unexpected closing bracket"),
        ("build-chroot", "{name},state", "Mask parse error: Missing closing bracket"),
        ("build-chroot", "name{}", "Mask error: Mask is inconsistent with model"),
        ("build-chroot/list", "items{,name}", "Mask parse error: Unexpected comma"),
        ("build-chroot/list", "items{name}{state}", "Mask parse error: Unexpected opening bracket"),
        ("build-chroot/list", "items{name}meta", "items,meta"),
        ("build-chroot/list", "meta{nope},*", "meta,items"),
        ("build-chroot/build-config", "with_opts{},bootstrap_image", "with_opts,bootstrap_image"),
        ("build-chroot/build-config", "with_opts{x}", "Mask error: Mask is inconsistent with model"),
        ("build-chroot/built-packages", "packages{nope}", "packages"),
        ("build", "source_package{version},chroots", "source_package,chroots"),
        ("build", "chroots{x}", "Mask error: Mask is inconsistent with model"),
        ("project", f"chroot_repos{{{F41},nope{{x}}}},name", "chroot_repos,name"),
        ("project", "chroot_repos{},additional_repos{}", "chroot_repos,additional_repos"),
    ],
)
def test_unusual_masks_match_flask_restx(send_to_both: SendToBoth, endpoint: str, mask: str, keys: str | None) -> None:
    """Each case has the remaining keys, or the error."""
    got, expected = send_to_both(endpoint, mask)
    if keys is None:
        assert (got, expected[0]) == ((500, BUG), 500)
    else:
        assert got == expected
        document = json.loads(got[1])
        assert (document["message"] if got[0] == 400 else ",".join(document)) == keys


@pytest.mark.parametrize("sent", ["X-Fields", "x-fields", "X-FIELDS"])
def test_header_name_is_case_insensitive(open_adapter: OpenAdapter, sent: str) -> None:
    response = open_adapter(world())("GET", TARGETS["build-chroot"], [("Accept-Language", "cs"), (sent, "name")])
    assert (response.status, response.body) == (200, b'{"name": "%s"}\n' % F41.encode())


@pytest.mark.parametrize("path", [f"/api_3/build-chroot/1/{F41}", f"/api_3/build-chroot/1/{F41}/"])
def test_deprecated_paths_accept_masks(path: str) -> None:
    assert json.loads(direct_client(world())("GET", path, [("X-Fields", "name")]).body) == {"name": F41}


@pytest.mark.parametrize("adapter", REPEATING)
def test_repeated_masks_are_joined_with_a_comma(adapter: str) -> None:
    """Web servers join repeated headers."""
    with ADAPTERS[adapter](world()) as send:
        both = send("GET", TARGETS["build-chroot"], [("X-Fields", "name"), ("X-Fields", "state")])
        assert json.loads(both.body) == {"name": F41, "state": "succeeded"}
        empty = send("GET", TARGETS["build-chroot"], [("X-Fields", ""), ("X-Fields", "state")])
        assert (empty.status, empty.body) == (400, b'{"message": "Mask parse error: Unexpected comma"}\n')


def test_non_ascii_masks_are_read_as_latin_1(open_adapter: OpenAdapter) -> None:
    response = open_adapter(world())("GET", TARGETS["build-chroot"], [("X-Fields", "n\xc3\xa9,state")])
    assert (response.status, response.body) == (200, b'{"state": "succeeded"}\n')


@pytest.mark.parametrize("adapter", REPEATING)
def test_mask_of_a_no_break_space_is_an_internal_error(adapter: str) -> None:
    """Flask-RESTX strips the mask and fails on the empty rest."""
    with ADAPTERS[adapter](world()) as send:
        response = send("GET", TARGETS["build-chroot/list"], [("X-Fields", "\xa0")])
        assert (response.status, response.body) == (500, BUG)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"/api_3/build-chroot?build_id=2&chrootname={F41}", 404),
        ("/api_3/build-chroot?build_id=1", 400),
        ("/api_3/build-chroot/list?build_id=x", 500),
        ("/api_3/build-chroot/list?build_id=1&limit=x", 500),
        ("/api_3/nope", 404),
        ("/api_3/", 200),
        ("/api_3/build/built-packages/1", 200),
        ("/api_3/mock-chroots/list", 200),
        ("/api_3/monitor?ownername=@copr&projectname=copr-dev", 200),
        ("/api_3/auth-check", 401),
    ],
)
@pytest.mark.parametrize("mask", ["name", "name{"])
def test_masks_ignored_for_errors_and_without_model(target: str, status: int, mask: str) -> None:
    send = direct_client(world())
    masked = send("GET", target, [("X-Fields", mask)])
    assert masked == send("GET", target)
    assert masked.status == status


def test_invalid_mask_is_rejected_for_an_empty_list() -> None:
    response = direct_client(world())("GET", "/api_3/build-chroot/list?build_id=9", [("X-Fields", "items{name{x}}")])
    assert (response.status, response.body) == (
        400,
        b'{"message": "Mask error: Mask is inconsistent with model"}\n',
    )


def test_head_has_the_masked_length(open_adapter: OpenAdapter) -> None:
    """OPTIONS ignores masks."""
    send = open_adapter(world())
    got, head = (send(method, TARGETS["build-chroot"], [("X-Fields", "name")]) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))
    assert send("HEAD", TARGETS["build-chroot"], [("X-Fields", "name{")]).status == 400
    options = send("OPTIONS", TARGETS["build-chroot/list"], [("X-Fields", "name{")])
    assert (options.status, options.allow) == (200, {"GET", "HEAD", "OPTIONS"})


@pytest.mark.parametrize("mask", ["result_url", "items{name},meta", "{}", "nope"])
def test_masked_response_counts_as_a_poll(mask: str) -> None:
    """The journal has the states, although the mask omits them."""
    fake, plain = FakeCopr(), FakeCopr()
    for one in (fake, plain):
        one.add_build([F41], id=1)
    for target in (TARGETS["build-chroot"], TARGETS["build-chroot/list"]) * 3:
        direct_client(fake)("GET", target, [("X-Fields", mask)])
        direct_client(plain)("GET", target)
    assert [request.states for request in fake.requests] == [request.states for request in plain.requests]
    assert fake.requests[-1].states[F41] not in ("waiting", "importing")


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        ([("X-Access", "state"), ("X-Fields", "name")], ["name"]),
        ([("X-Fields", " \tname\t ")], ["name"]),
        ([("X-Fields", "nameX,state")], ["state"]),
        ([("X-Fields", "state,nameX")], ["state"]),
        ([("X-Fields", "n\xff,state")], ["state"]),
    ],
)
def test_blanks_around_masks_are_ignored(headers: list[tuple[str, str]], keys: list[str]) -> None:
    assert list(json.loads(world().answer("GET", TARGETS["build-chroot"], headers).body)) == keys


def test_delayed_response_is_masked() -> None:
    fake = world()
    fake.faults.add({"delay": 1})
    assert (
        fake.answer("GET", TARGETS["build-chroot"], [("X-Fields", "name")]).body == b'{"name": "%s"}\n' % F41.encode()
    )


def test_invalid_mask_is_no_poll() -> None:
    """The journal has the request, without states."""
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    send = direct_client(fake)
    before = send("GET", TARGETS["build-chroot"]).body
    for _ in range(3):
        assert send("GET", TARGETS["build-chroot"], [("X-Fields", "name{x}")]).status == 400
    assert [request.states for request in fake.requests[1:]] == [{}, {}, {}]
    after = send("GET", TARGETS["build-chroot"]).body
    reference = FakeCopr()
    reference.add_build([F41], id=1)
    assert [before, after] == [direct_client(reference)("GET", TARGETS["build-chroot"]).body for _ in range(2)]


@pytest.mark.parametrize(("mask", "status"), [("state", 200), ("state{", 400)])
def test_invalid_mask_does_not_prevent_a_cancel(mask: str, status: int) -> None:
    """Flask-RESTX reads the mask after the cancellation."""
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1)
    login = ("Authorization", credentials("login", "token"))
    response = direct_client(fake)("PUT", "/api_3/build/cancel/1", [login, ("X-Fields", mask)])
    canceled = b'{"state": "canceled"}\n'
    assert response.status == status
    assert (response.body == canceled) == (status == 200)
    assert direct_client(fake)("GET", "/api_3/build/1", [("X-Fields", "state")]).body == canceled


def test_custom_build_config_is_masked() -> None:
    """Its form may differ from Copr's."""
    fake = FakeCopr()
    fake.add_build({F41: {"build_config": {"repos": ["x"], "isolation": "nspawn", "timeout": None}}}, id=1)
    send = direct_client(fake)
    masked = [
        json.loads(send("GET", TARGETS["build-chroot/build-config"], [("X-Fields", mask)]).body)
        for mask in ("repos{id},isolation", "timeout,*")
    ]
    assert masked == [
        {"repos": ["x"], "isolation": "nspawn"},
        {"timeout": None, "repos": ["x"], "isolation": "nspawn"},
    ]


@pytest.mark.parametrize("headers", [{"X-Fields": None}, [("X-Fields", None)], [("a",)], [(1, 2)], "ab"])
def test_headers_must_be_a_mapping_or_pairs_of_text(headers: object) -> None:
    with pytest.raises(InputError, match="headers: expected a mapping, or pairs of name and value, all text"):
        world().answer("GET", TARGETS["build-chroot"], headers)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("header", [("X-Fields", "\ud800"), ("\udfff", "name")])
def test_unsendable_header_is_an_input_error(header: tuple[str, str]) -> None:
    fake = world()
    with pytest.raises(InputError, match=r"headers: .* cannot be sent: surrogates not allowed"):
        fake.answer("GET", TARGETS["build-chroot"], [header])
    assert not fake.requests
