"""The fake answers every recorded request as Copr did, byte for byte, and adapters answer as the core does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.verify.comparison import Exchange, Response, differing_parts

from ..adapters import ADAPTERS, SendRequest, direct_client, http_client, without_date
from ..examples import ALL_RECORDINGS, sample
from ..recordings import DIRECTORY, DOWNLOADS, exchanges
from ..served import starting

EXCHANGES = [
    exchange
    for file in ("responses.jsonl", "companions.jsonl", "masks.jsonl", "fresh.jsonl", "verified.jsonl")
    if (DIRECTORY / file).exists()
    for exchange in exchanges(file)
]
SCENARIOS = sorted({exchange.scenario for exchange in EXCHANGES})

Mismatch = tuple[Exchange, Response, Sequence[str]]
"""A recording, the response of the fake, and the parts that differ."""

MAX_REPORTED = 10
"""How many mismatches a failure message shows in full."""


@contextmanager
def command(fake: FakeCopr, scenario: str) -> Iterator[SendRequest]:
    """Run the server command in a process of its own."""
    with starting() as start:
        accounts = [
            f"--account={account.name}:{account.login}:{account.token}:{','.join(account.groups)}"
            for account in fake.accounts
        ]
        server = start("--default-limit", "none", "--public-url", DOWNLOADS, *accounts, str(DIRECTORY / scenario))
        with http_client(server.url) as send:
            yield send
        server.end()


@cache
def fake_of(scenario: str) -> FakeCopr:
    """Load a scenario once; requests do not change it."""
    fake = FakeCopr.from_scenario(DIRECTORY / scenario, default_limit=None)
    if scenario != "verified.json":
        fake.add_account("frostyx", "acc1", "tok1", groups=["@copr"])
        fake.add_account("jdoe", "acc2", "tok2")
    return fake


def recorded(scenario: str, exchanges: Sequence[Exchange] = EXCHANGES) -> list[Exchange]:
    return [exchange for exchange in exchanges if exchange.scenario == scenario]


def form_of(exchange: Exchange) -> tuple[object, ...]:
    """Return all by which adapters could treat requests differently: the URL counts without its words and numbers."""
    return exchange.method, _WORD.sub("w", exchange.url), exchange.status, tuple(exchange.headers)


_WORD = re.compile(r"[A-Za-z0-9_]+")

ONE_OF_EACH_FORM = list({form_of(exchange): exchange for exchange in reversed(EXCHANGES)}.values())
"""The first recording of each form."""

FOR_ADAPTERS = EXCHANGES if ALL_RECORDINGS else ONE_OF_EACH_FORM
"""The recordings with which adapters are tested; the core is tested with all."""

SENDING_EXACTLY = ("command", "proxy")
"""Adapters whose clients do not normalize URLs."""


def is_normalized(url: str) -> bool:
    """Return whether client libraries change a URL before they send it, or reject it."""
    path, fragment = url.partition("?")[0], url.partition("#")[1]
    return bool(fragment or _DOT_SEGMENT.search(path) or _INVALID_ESCAPE.search(url))


_DOT_SEGMENT = re.compile(r"/\.{1,2}(/|$)")
_INVALID_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def replay(exchange: Exchange, send: SendRequest) -> Response:
    return send(exchange.method, exchange.url, tuple(exchange.headers.items()))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_core_matches_recordings(scenario: str) -> None:
    """Status, content type, body and Allow are those that Copr sent."""
    send = direct_client(fake_of(scenario))
    mismatches = []
    for exchange in recorded(scenario):
        got = replay(exchange, send)
        if parts := differing_parts(exchange, got):
            mismatches.append((exchange, got, parts))
    if mismatches:
        pytest.fail(report(mismatches), pytrace=False)


@pytest.mark.sampled
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("adapter", [*(name for name in ADAPTERS if name not in ("answer", "server")), "command"])
def test_adapter_matches_core(adapter: str, scenario: str) -> None:
    """Requests of every recorded form get the core's status, headers and body; only a server adds the date.

    Client libraries normalize some requests; a server and the proxy get these too.
    """
    fake = fake_of(scenario)
    core = direct_client(fake)
    mismatches = []
    with command(fake, scenario) if adapter == "command" else ADAPTERS[adapter](fake) as send:
        for exchange in sample(recorded(scenario, FOR_ADAPTERS)):
            if adapter not in SENDING_EXACTLY and is_normalized(exchange.url):
                continue
            expected, got = replay(exchange, core), without_date(replay(exchange, send))
            if got != expected:
                mismatches.append(
                    (
                        exchange,
                        got,
                        [name for name in Response._fields if getattr(got, name) != getattr(expected, name)],
                    )
                )
    if mismatches:
        pytest.fail(report(mismatches), pytrace=False)


def report(mismatches: Sequence[Mismatch]) -> str:
    """Count the mismatches by endpoint and part, and show the first ones in full."""
    counts = Counter(
        f"{part} of {exchange.method} {exchange.path or 'home'}" for exchange, _, parts in mismatches for part in parts
    )
    first = mismatches[:MAX_REPORTED]
    return "\n".join(
        [
            f"{len(mismatches)} recorded requests are answered differently:",
            *(f"{count:5} {kind}" for kind, count in counts.most_common()),
            *(line for mismatch in first for line in _describe(*mismatch)),
            *([f"... and {len(mismatches) - MAX_REPORTED} more"] if len(mismatches) > MAX_REPORTED else []),
        ]
    )


def _describe(exchange: Exchange, got: Response, parts: Sequence[str]) -> list[str]:
    allow = "" if exchange.allow is None else f", Allow: {exchange.allow}"
    sent = "".join(f" [{name}: {value}]" for name, value in exchange.headers.items())
    return [
        f"{exchange.scenario}: {exchange.method} {exchange.url}{sent} differs in {', '.join(parts)}",
        f"  recorded: {exchange.status} {exchange.content_type}{allow} {exchange.body!r}",
        f"  answered: {got.status} {got.headers} {got.body.decode(errors='backslashreplace')!r}",
    ]


EXPECTED = Exchange("world.json", "GET", "/api_3/", 200, "application/json", "{}\n")
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("part", "got"),
    [
        ("status", Response(500, JSON, b"{}\n")),
        ("content type", Response(200, {"content-type": "text/html"}, b"{}\n")),
        ("body", Response(200, JSON, b"{}")),
        ("Allow", Response(200, {**JSON, "allow": "GET"}, b"{}\n")),
        ("Warning", Response(200, {**JSON, "warning": "deprecated"}, b"{}\n")),
    ],
)
def test_each_difference_is_reported(part: str, got: Response) -> None:
    assert differing_parts(EXPECTED, got) == [part]


def test_report_names_the_recordings() -> None:
    """The failure message counts all mismatches and shows what was recorded and answered."""
    lines = report([(EXPECTED, Response(500, JSON, b"oops"), ["status", "body"])] * (MAX_REPORTED + 2)).splitlines()
    assert lines[:6] == [
        "12 recorded requests are answered differently:",
        "   12 status of GET home",
        "   12 body of GET home",
        "world.json: GET /api_3/ differs in status, body",
        "  recorded: 200 application/json '{}\\n'",
        "  answered: 500 {'content-type': 'application/json'} 'oops'",
    ]
    assert lines[-1] == "... and 2 more"
