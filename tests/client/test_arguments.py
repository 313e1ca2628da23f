"""Invalid arguments are reported by name before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, IntEnum
from typing import Any

import httpx
import pytest

from copr_chroot_fake import AsyncCoprClient, CoprClient, FakeCopr, InputError

from ..chroots import F41
from .harness import Harness, Stream

HUGE = 10**5000
SURROGATE = "fedora-\ud800-x86_64"

NOT_NUMBERS = [None, -1, 2**31, HUGE, True, 1.0, float("nan"), "1", "", SURROGATE, b"1", [1]]
NOT_NAMES = ["", SURROGATE, HUGE, 1, True, b"fedora", ["x"], float("nan")]
NOT_SECONDS = [-1, HUGE, True, float("nan"), float("inf"), "1", None, [1], SURROGATE]


def fail_on_request(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"unexpected request: {request.url}")


CALLS = ("get", "get_build_config", "get_built_packages")


Wrong = Sequence[tuple[str, Any]]
"""Names of fields, each with an invalid value."""


def assert_named(wrong: Wrong, call: Callable[..., object]) -> None:
    """Call with each invalid value; lists all whose error does not name the field in a short message."""
    problems = []
    for field, value in wrong:
        try:
            call(**{field: value})
        except InputError as error:
            message = str(error)
            if message.startswith(f"{field}: ") and len(message.encode()) < 300:
                continue
        else:
            message = "no error"
        problems.append(f"{field}, {type(value).__name__}: {message[:300]}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("call", [*CALLS, "wait"])
def test_invalid_build_or_chroot_is_named(harness: Harness, call: str) -> None:
    """In each call; the message is short for any value."""
    wrong = [*(("build_id", value) for value in NOT_NUMBERS), *(("chrootname", value) for value in NOT_NAMES)]
    method = getattr(harness.client(httpx.MockTransport(fail_on_request)), call)
    assert_named(wrong, lambda **given: method(**{"build_id": 1, "chrootname": F41, **given}))


WRONG_PAGES = [
    *(("build_id", value) for value in NOT_NUMBERS),
    *(("limit", value) for value in NOT_NUMBERS if value is not None),
    *(("order_type", value) for value in [*NOT_NAMES, "asc", "id"]),
]
WRONG_OFFSETS = [("offset", value) for value in NOT_NUMBERS if value is not None]


@pytest.mark.parametrize(("call", "wrong"), [("get_list", [*WRONG_PAGES, *WRONG_OFFSETS]), ("iter_all", WRONG_PAGES)])
def test_invalid_paging_argument_is_named(harness: Harness, call: str, wrong: Wrong) -> None:
    method = getattr(harness.client(httpx.MockTransport(fail_on_request)), call)
    assert_named(wrong, lambda **given: list(method(**{"build_id": 1, **given})))


@pytest.mark.parametrize(
    "path",
    [
        *("", "/build/1", "build//1", "//host/build", "http://host/build", "build/../1", "./build", "build?id=1"),
        *("build#1", "build 1", "build\n", SURROGATE, 1, None, HUGE, b"build"),
    ],
    ids=lambda value: repr(value)[:20] if value is not HUGE else "huge",
)
def test_path_outside_the_api_is_rejected(harness: Harness, path: Any) -> None:
    """It would request something else, perhaps from another server."""
    with pytest.raises(InputError, match=r"^path: "):
        harness.client(httpx.MockTransport(fail_on_request)).get_document(path)


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, HUGE, -HUGE, SURROGATE, b"x", [1], {"a": 1}],
    ids=lambda v: type(v).__name__,
)
def test_invalid_query_argument_is_named(harness: Harness, value: Any) -> None:
    """Queries contain only strings and integers."""
    with pytest.raises(InputError, match=r"^projectname: "):
        harness.client(httpx.MockTransport(fail_on_request)).get_document("project", projectname=value)


def test_invalid_query_is_rejected(harness: Harness) -> None:
    client = harness.client(httpx.MockTransport(fail_on_request))
    for arguments in ({SURROGATE: 1}, {f"a{number}": "x" * 9000 for number in range(9)}):
        with pytest.raises(InputError, match=r"^arguments: cannot be part of a URL: "):
            client.get_document("project", **arguments)


WRONG_OPTIONS_OF_WAIT: Wrong = [
    *(("timeout", value) for value in NOT_SECONDS),
    *(("poll", value) for value in [*NOT_SECONDS, 0]),
    *(("on_progress", value) for value in [1, "print", [print]]),
]


@pytest.mark.parametrize("chrootname", [None, F41])
def test_invalid_option_of_wait_is_named(harness: Harness, chrootname: str | None) -> None:
    """For one chroot and for a whole build."""
    client = harness.client(httpx.MockTransport(fail_on_request))
    assert_named(WRONG_OPTIONS_OF_WAIT, lambda **given: client.wait(1, chrootname, **given))


WRONG_OPTIONS: Wrong = [
    *(("timeout", value) for value in NOT_SECONDS),
    *(("retries", value) for value in NOT_NUMBERS),
    *(("sleep", value) for value in [1, "sleep"]),
    *(("now", value) for value in [1, "now", None]),
    *(("transport", value) for value in [1, "http", httpx.Client, Stream([])]),
    *(("url", value) for value in [None, 1, HUGE, "", "copr.test", b"http://copr.test", "http://copr.test/?x"]),
    *(("url", value) for value in ["http://copr.test/\ud800", "http://\ud800@copr.test", "http://\ud800.test"]),
    *(("url", value) for value in [f"http://{'x' * 64}.test", "http://a..b", "http://.", "http://copr.test:65536"]),
    ("url", f"http://copr.test/{'x' * 100_000}"),
]


@pytest.mark.parametrize("kind", [CoprClient, AsyncCoprClient])
def test_invalid_option_of_a_client_is_named(kind: Any) -> None:
    """Before it opens anything."""
    assert_named(WRONG_OPTIONS, kind)


class Name(str, Enum):
    """Strings that print differently."""

    CHROOT = F41
    OWNER = "jdoe"
    DESCENDING = "DESC"


class Number(IntEnum):
    ONE = 1


def test_enum_members_are_sent_as_their_values(harness: Harness) -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1, project="jdoe/tools")
    client = harness.client(fake.transport)
    assert client.get(Number.ONE, Name.CHROOT).name == F41
    assert client.get_list(Number.ONE, limit=Number.ONE, order_type=Name.DESCENDING).limit == 1
    assert client.get_document("project", ownername=Name.OWNER, projectname="tools")["ownername"] == "jdoe"
    assert client.get_document("build-chroot/list", build_id=Number.ONE)["items"]


def test_path_may_have_a_colon(harness: Harness) -> None:
    """As in a project directory; it is not taken for a scheme."""
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={})

    harness.client(httpx.MockTransport(answer)).get_document("tools:pr:1/x")
    assert paths == ["/api_3/tools:pr:1/x"]
