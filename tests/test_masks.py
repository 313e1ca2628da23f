"""``X-Fields`` masks are honoured as Flask-RESTX honours them, and change nothing but the answer."""

from __future__ import annotations

import json
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from copr_chroot_fake import FakeCopr, InputError

from .adapters import ADAPTERS, Open, asking, credentials
from .examples import examples
from .flask_restx_service import asking_flask_restx

AskBoth = Callable[[str, str], tuple[tuple[int, bytes], tuple[int, bytes]]]

F41 = "fedora-41-x86_64"
TARGETS = {
    "get": f"/api_3/build-chroot?build_id=1&chrootname={F41}",
    "list": "/api_3/build-chroot/list?build_id=1",
    "build-config": f"/api_3/build-chroot/build-config?build_id=1&chrootname={F41}",
    "built-packages": f"/api_3/build-chroot/built-packages?build_id=1&chrootname={F41}",
    "build": "/api_3/build/1",
    "build-list": "/api_3/build/list?ownername=@copr&projectname=copr-dev",
    "source-chroot": "/api_3/build/source-chroot/1",
    "project": "/api_3/project?ownername=@copr&projectname=copr-dev",
}

NAMES = {
    "get": ["started_on", "ended_on", "state", "name", "result_url"],
    "list": ["items", "meta", "name", "state", "result_url", "limit", "order_type"],
    "build-config": ["repos", "id", "name", "baseurl", "priority", "with_opts", "timeout", "bootstrap", "memory_limit"],
    "built-packages": ["packages", "name", "epoch", "arch"],
    "build": ["chroots", "source_package", "name", "version", "state", "ended_on"],
    "build-list": ["items", "meta", "chroots", "source_package", "url", "state", "order"],
    "source-chroot": ["state", "result_url"],
    "project": ["chroot_repos", "additional_repos", "packit_forge_projects_allowed", "full_name", "id", "homepage"],
}
MARKS = ["{", "}", ",", ","]
OTHERS = [
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

MOST_ADAPTERS = sorted(ADAPTERS.keys() - {"mock_requests"})
"""Those whose client sends a header more than once, or with a blank value; requests cannot."""

BUG = b'{"error": "Request wasn\'t successful, there is probably a bug in the Copr code."}\n'


def world() -> FakeCopr:
    """A build that has all that can be there and not: packages, options, an image, repositories of every kind."""
    fake = FakeCopr()
    fake.add_project(
        "@copr",
        "copr-dev",
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
        1,
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
        project="@copr/copr-dev",
    )
    return fake


def anything(endpoint: str) -> st.SearchStrategy[str]:
    """Masks of every kind, most of which cannot be read: whatever may stand in one, in any order."""
    return st.lists(st.sampled_from([*NAMES[endpoint], *MARKS, *OTHERS]), max_size=12).map("".join)


def well_formed(endpoint: str) -> st.SearchStrategy[str]:
    """Masks that can be read, of any depth, of names that mostly are there somewhere."""
    name = st.sampled_from([*NAMES[endpoint], "*", "nope"])

    def level(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        field = st.tuples(name, st.one_of(st.just(""), inner.map("{{{}}}".format))).map("".join)
        return st.lists(field, max_size=4).map(",".join)

    whole = st.recursive(st.lists(name, max_size=3).map(",".join), level, max_leaves=4)
    return st.one_of(whole, whole.map("{{{}}}".format), st.tuples(whole, st.just(",")).map("".join))


@pytest.fixture(scope="module")
def ask_both() -> AskBoth:
    """What the fake and what Flask-RESTX answers, which has the same data."""
    fake = world()
    ask = asking(fake)
    whole = {endpoint: json.loads(ask("GET", target).body) for endpoint, target in TARGETS.items()}
    ask_reference = asking_flask_restx(whole)

    def both(endpoint: str, mask: str) -> tuple[tuple[int, bytes], tuple[int, bytes]]:
        got = ask("GET", TARGETS[endpoint], [("X-Fields", mask)])
        # No web server leaves these around a value.
        return (got.status, got.body), ask_reference(endpoint, mask.strip(" \t"))

    return both


@pytest.mark.parametrize("kind", [anything, well_formed])
@pytest.mark.parametrize("endpoint", TARGETS)
def test_a_mask_does_what_it_does_in_flask_restx(
    ask_both: AskBoth, endpoint: str, kind: Callable[[str], st.SearchStrategy[str]]
) -> None:
    """Whatever the mask, status and body are the same to the byte, and an error is the same error."""

    @settings(max_examples=examples(150), deadline=None)
    @given(mask=kind(endpoint))
    def check(mask: str) -> None:
        got, expected = ask_both(endpoint, mask)
        if expected[0] == 500:
            # Copr says in its own words that there is a bug.
            assert got == (500, BUG)
        else:
            assert got == expected

    check()


@pytest.mark.parametrize(
    ("endpoint", "mask", "keys"),
    [
        ("get", "state,name", "state,name"),
        ("get", "{}", ""),
        ("get", ";", ""),
        ("get", "nope{x{y}}", ""),
        ("get", "name*", ""),
        ("get", "name,state,name", "name,state"),
        ("get", "*{x},name", "name,started_on,ended_on,state,result_url"),
        ("get", "\xa0", None),
        ("get", ",name", "Mask parse error: Unexpected comma"),
        ("get", "name,,state", "Mask parse error: Unexpected comma"),
        ("get", "name,{}", "Mask parse error: Unexpected opening bracket"),
        ("get", "{name},{state}", "Mask parse error: Unexpected closing bracket"),
        ("get", "{name},state", "Mask parse error: Missing closing bracket"),
        ("get", "name{}", "Mask error: Mask is inconsistent with model"),
        ("list", "items{,name}", "Mask parse error: Unexpected comma"),
        ("list", "items{name}{state}", "Mask parse error: Unexpected opening bracket"),
        ("list", "items{name}meta", "items,meta"),
        ("list", "meta{nope},*", "meta,items"),
        ("build-config", "with_opts{},bootstrap_image", "with_opts,bootstrap_image"),
        ("build-config", "with_opts{x}", "Mask error: Mask is inconsistent with model"),
        ("built-packages", "packages{nope}", "packages"),
        ("build", "source_package{version},chroots", "source_package,chroots"),
        ("build", "chroots{x}", "Mask error: Mask is inconsistent with model"),
        ("project", f"chroot_repos{{{F41},nope{{x}}}},name", "chroot_repos,name"),
        ("project", "chroot_repos{},additional_repos{}", "chroot_repos,additional_repos"),
    ],
)
def test_corners_of_masks(ask_both: AskBoth, endpoint: str, mask: str, keys: str | None) -> None:
    """Corners that few recordings show, each with the keys that are left or what is wrong; Flask-RESTX is asked too."""
    got, expected = ask_both(endpoint, mask)
    if keys is None:
        assert (got, expected[0]) == ((500, BUG), 500)
    else:
        assert got == expected
        said = json.loads(got[1])
        assert (said["message"] if got[0] == 400 else ",".join(said)) == keys


@pytest.mark.parametrize("sent", ["X-Fields", "x-fields", "X-FIELDS"])
def test_the_name_of_the_header_may_have_any_case(ask_through: Open, sent: str) -> None:
    """Through every door, among the headers that each client sends."""
    response = ask_through(world())("GET", TARGETS["get"], [("Accept-Language", "cs"), (sent, "name")])
    assert (response.status, response.body) == (200, b'{"name": "%s"}\n' % F41.encode())


@pytest.mark.parametrize("path", [f"/api_3/build-chroot/1/{F41}", f"/api_3/build-chroot/1/{F41}/"])
def test_the_deprecated_paths_take_masks_too(path: str) -> None:
    """A mask holds for an endpoint, however it is asked for."""
    assert json.loads(asking(world())("GET", path, [("X-Fields", "name")]).body) == {"name": F41}


@pytest.mark.parametrize("adapter", MOST_ADAPTERS)
def test_several_masks_are_one(adapter: str) -> None:
    """A repeated header is one whose values are joined with a comma, as web servers do; so one may break another."""
    with ADAPTERS[adapter](world()) as ask:
        both = ask("GET", TARGETS["get"], [("X-Fields", "name"), ("X-Fields", "state")])
        assert json.loads(both.body) == {"name": F41, "state": "succeeded"}
        empty = ask("GET", TARGETS["get"], [("X-Fields", ""), ("X-Fields", "state")])
        assert (empty.status, empty.body) == (400, b'{"message": "Mask parse error: Unexpected comma"}\n')


def test_bytes_beyond_ascii_are_no_hindrance(ask_through: Open) -> None:
    """They are read as Latin-1, and are of no field."""
    response = ask_through(world())("GET", TARGETS["get"], [("X-Fields", "n\xc3\xa9,state")])
    assert (response.status, response.body) == (200, b'{"state": "succeeded"}\n')


@pytest.mark.parametrize("adapter", MOST_ADAPTERS)
def test_unusual_white_space_fails_as_in_the_service(adapter: str) -> None:
    """A mask of nothing but a no-break space is looked into for its first character, in vain."""
    with ADAPTERS[adapter](world()) as ask:
        response = ask("GET", TARGETS["list"], [("X-Fields", "\xa0")])
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
def test_errors_and_what_has_no_model_take_no_mask(target: str, status: int, mask: str) -> None:
    """They are answered as without one, also where the mask could not be read."""
    ask = asking(world())
    masked = ask("GET", target, [("X-Fields", mask)])
    assert masked == ask("GET", target)
    assert masked.status == status


def test_invalid_mask_is_rejected_with_nothing_to_mask() -> None:
    """A page without items is held against the fields that its items would have."""
    response = asking(world())("GET", "/api_3/build-chroot/list?build_id=9", [("X-Fields", "items{name{x}}")])
    assert (response.status, response.body) == (
        400,
        b'{"message": "Mask error: Mask is inconsistent with model"}\n',
    )


def test_head_has_the_masked_length_and_options_no_mask(ask_through: Open) -> None:
    """HEAD answers as GET does; OPTIONS is not about fields."""
    ask = ask_through(world())
    got, head = (ask(method, TARGETS["get"], [("X-Fields", "name")]) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))
    assert ask("HEAD", TARGETS["get"], [("X-Fields", "name{")]).status == 400
    options = ask("OPTIONS", TARGETS["list"], [("X-Fields", "name{")])
    assert (options.status, options.allow) == (200, {"GET", "HEAD", "OPTIONS"})


@pytest.mark.parametrize("mask", ["result_url", "items{name},meta", "{}", "nope"])
def test_a_masked_answer_is_a_poll_that_has_seen_the_states(mask: str) -> None:
    """Whatever it leaves out, it lets time pass, and the journal knows what was there to see."""
    fake, plain = FakeCopr(), FakeCopr()
    for one in (fake, plain):
        one.add_build(1, [F41])
    for target in (TARGETS["get"], TARGETS["list"]) * 3:
        asking(fake)("GET", target, [("X-Fields", mask)])
        asking(plain)("GET", target)
    assert [request.saw for request in fake.requests] == [request.saw for request in plain.requests]
    assert fake.requests[-1].saw[F41] not in ("waiting", "importing")


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
def test_a_mask_is_the_value_of_its_header_without_blanks(headers: list[tuple[str, str]], keys: list[str]) -> None:
    """No other header is one, and nothing but blanks is taken off its ends."""
    assert list(json.loads(world().answer("GET", TARGETS["get"], headers).body)) == keys


def test_an_answer_that_comes_late_is_masked_too() -> None:
    """A fault changes how an answer arrives, and not which fields it has."""
    fake = world()
    fake.faults.add({"delay": 1})
    assert fake.answer("GET", TARGETS["get"], [("X-Fields", "name")]).body == b'{"name": "%s"}\n' % F41.encode()


def test_a_refused_mask_is_no_poll() -> None:
    """Nobody has seen anything, so nothing moves on; the journal has the request."""
    fake = FakeCopr()
    fake.add_build(1, [F41])
    ask = asking(fake)
    before = ask("GET", TARGETS["get"]).body
    for _ in range(3):
        assert ask("GET", TARGETS["get"], [("X-Fields", "name{x}")]).status == 400
    assert [request.saw for request in fake.requests[1:]] == [{}, {}, {}]
    after = ask("GET", TARGETS["get"]).body
    reference = FakeCopr()
    reference.add_build(1, [F41])
    assert [before, after] == [asking(reference)("GET", TARGETS["get"]).body for _ in range(2)]


@pytest.mark.parametrize(("mask", "status"), [("state", 200), ("state{", 400)])
def test_canceling_takes_a_mask_and_a_bad_one_does_not_stop_it(mask: str, status: int) -> None:
    """The build is canceled before its answer is masked, also where that fails."""
    fake = FakeCopr()
    fake.add_build(1, {F41: "running"})
    login = ("Authorization", credentials("login", "token"))
    response = asking(fake)("PUT", "/api_3/build/cancel/1", [login, ("X-Fields", mask)])
    canceled = b'{"state": "canceled"}\n'
    assert response.status == status
    assert (response.body == canceled) == (status == 200)
    assert asking(fake)("GET", "/api_3/build/1", [("X-Fields", "state")]).body == canceled


def test_a_configuration_of_ones_own_is_masked_as_it_is() -> None:
    """What a test has given as the configuration is picked from, whatever its form."""
    fake = FakeCopr()
    fake.add_build(1, {F41: {"build_config": {"repos": ["x"], "isolation": "nspawn", "timeout": None}}})
    ask = asking(fake)
    shown = [
        json.loads(ask("GET", TARGETS["build-config"], [("X-Fields", mask)]).body)
        for mask in ("repos{id},isolation", "timeout,*")
    ]
    assert shown == [
        {"repos": ["x"], "isolation": "nspawn"},
        {"timeout": None, "repos": ["x"], "isolation": "nspawn"},
    ]


@pytest.mark.parametrize("headers", [{"X-Fields": "name"}, [("X-Fields", None)], [("a",)], [(1, 2)]])
def test_headers_that_are_no_pairs_of_texts_are_refused(headers: object) -> None:
    """They would be passed over silently, or fail far away."""
    with pytest.raises(InputError, match="headers: expected pairs of name and value"):
        world().answer("GET", TARGETS["get"], headers)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("header", [("X-Fields", "\ud800"), ("\udfff", "name")])
def test_a_header_that_no_client_can_send_is_no_request(header: tuple[str, str]) -> None:
    fake = world()
    with pytest.raises(InputError, match=r"headers: .* cannot be sent: surrogates not allowed"):
        fake.answer("GET", TARGETS["get"], [header])
    assert not fake.requests
