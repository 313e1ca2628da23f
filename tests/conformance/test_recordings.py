"""The fake answers what Copr has answered, byte for byte, through every door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest

from copr_chroot_fake import FakeCopr

from ..conftest import DIFFERS
from ..doors import DOORS, Ask, Response, asking, asking_over_http, without_servers_own
from ..recordings import DIRECTORY, Exchange, exchanges
from ..served import starting

EXCHANGES = [*exchanges("responses.jsonl"), *exchanges("companions.jsonl"), *exchanges("masks.jsonl")]


@contextmanager
def served(scenario: str) -> Iterator[Ask]:
    """The command that users run, in a process of its own."""
    with starting() as start:
        server = start("--default-limit", "none", str(DIRECTORY / scenario))
        with asking_over_http(server.url) as ask:
            yield ask
        server.end()


COMMAND = "command"


@pytest.fixture(scope="session")
def fake_of() -> Callable[[str], FakeCopr]:
    return cache(lambda scenario: FakeCopr.from_scenario(DIRECTORY / scenario, default_limit=None))


@pytest.fixture(scope="session")
def ask_served() -> Iterator[Callable[[str], Ask]]:
    with ExitStack() as running:
        yield cache(lambda scenario: running.enter_context(served(scenario)))


@pytest.fixture(params=[*(name for name in DOORS if name not in ("answer", "server")), COMMAND])
def ask_about(
    request: pytest.FixtureRequest, fake_of: Callable[[str], FakeCopr], ask_served: Callable[[str], Ask]
) -> Iterator[Callable[[str], Ask]]:
    """Ask through a door about what a scenario has; the answers do not depend on what was asked before."""
    with ExitStack() as opened:
        if request.param == COMMAND:
            yield ask_served
        else:
            yield lambda scenario: opened.enter_context(DOORS[request.param](fake_of(scenario)))


def name_of(exchange: Exchange) -> str:
    return " ".join((exchange.method, exchange.url[:120], *exchange.headers.values()))


@pytest.mark.parametrize("exchange", EXCHANGES, ids=name_of)
def test_answers_as_recorded(
    exchange: Exchange,
    ask_about: Callable[[str], Ask],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, str], None],
) -> None:
    """Status, content type, body and Allow are those that Copr sent."""
    got = ask_about(exchange.scenario)(exchange.method, exchange.url, tuple(exchange.headers.items()))
    differing = differences(exchange, got)
    for part in differing:
        door = request.node.callspec.params["ask_about"]
        record_property(DIFFERS, f"{part} of {exchange.method} {exchange.endpoint} through {door}")
    assert not differing, f"{exchange} was answered {got}"


@pytest.mark.parametrize("scenario", sorted({exchange.scenario for exchange in EXCHANGES}))
def test_every_door_sends_what_the_core_answers(
    scenario: str, ask_about: Callable[[str], Ask], fake_of: Callable[[str], FakeCopr]
) -> None:
    """Status, body, and every header but what only a server adds, of each recorded request."""
    ask, core = ask_about(scenario), asking(fake_of(scenario))
    for exchange in (exchange for exchange in EXCHANGES if exchange.scenario == scenario):
        request = exchange.method, exchange.url, tuple(exchange.headers.items())
        assert without_servers_own(ask(*request)) == core(*request), request


def test_the_core_answers_as_recorded(fake_of: Callable[[str], FakeCopr]) -> None:
    """All at once without any door, for whoever runs this often: each mutant of the core."""
    differing = []
    for exchange in EXCHANGES:
        got = asking(fake_of(exchange.scenario))(exchange.method, exchange.url, tuple(exchange.headers.items()))
        if differences(exchange, got):
            differing.append(name_of(exchange))
    assert not differing


def differences(expected: Exchange, got: Response) -> list[str]:
    allow = None if expected.allow is None else set(expected.allow.split(", "))
    same = {
        "status": expected.status == got.status,
        "content type": expected.content_type == got.content_type,
        "body": expected.has_body(got.body),
        "Allow": allow == got.allow,
    }
    return [part for part, is_same in same.items() if not is_same]


@pytest.mark.parametrize(
    ("part", "got"),
    [
        ("status", Response(500, {"content-type": "application/json"}, b"{}\n")),
        ("content type", Response(200, {"content-type": "text/html"}, b"{}\n")),
        ("body", Response(200, {"content-type": "application/json"}, b"{}")),
        ("Allow", Response(200, {"content-type": "application/json", "allow": "GET"}, b"{}\n")),
    ],
)
def test_a_difference_in_any_part_is_noticed(part: str, got: Response) -> None:
    """An answer that differs from the recording in one part only is told apart from it."""
    expected = Exchange("world.json", "GET", "/api_3/", 200, "application/json", "{}\n")
    assert differences(expected, got) == [part]
