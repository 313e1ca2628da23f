"""The pytest plugin: fixtures, a marker and options, of which nothing is loaded before it is used.

Every run of whoever has the kit installed imports this module, so it imports
nothing but pytest. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    import responses
    import respx
    from faker import Faker

    from ..adapters.httpx2 import Httpx2Transport
    from ..client.clients import AsyncCoprClient, CoprClient
    from ..fake import FakeCopr
    from ..server.live import LiveServer
    from .options import Options
    from .support import CoprServer

_OPTIONS = {
    "scenario": "Scenario that copr_fake starts with: a path from the root directory.",
    "progress": "What makes chroots of copr_fake go on: poll, clock, manual or immediate.",
    "default_limit": "Items in a list asked for without a limit: a number, or none.",
    "base_url": "Address at which copr_respx and copr_requests answer.",
    "seed": "What durations and outcomes are drawn from.",
    "strict": "Whether a test fails that asked Copr for what is not there: true or false.",
    "serve_results": "Whether the results of builds can be fetched: true or false.",
    "results_delay": "How many seconds after the end of a build they come.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, text in _OPTIONS.items():
        if pytest.version_tuple >= (9, 2):
            # As TOML writes it in pytest's own table, or, first, a text, as everything else is in an ini file.
            parser.addini(f"copr_fake_{name}", text, type=str | bool | int | float, default=None)
        else:
            parser.addini(f"copr_fake_{name}", text)


def pytest_configure(config: pytest.Config) -> None:
    options = ", ".join(f"{name}=…" for name in _OPTIONS)
    text = "how copr_fake is to be; adds up from package to module to class to test."
    config.addinivalue_line("markers", f"copr_fake({options}): {text}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say at once what no test could be run with."""
    said = any(config.getini(f"copr_fake_{name}") for name in _OPTIONS)
    marked = [item for item in items if item.get_closest_marker("copr_fake") is not None]
    if said or marked:
        from .options import check_options

        check_options(config, marked)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Let Faker's own fixture have what Copr has, too."""
    value = yield
    if fixturedef.argname == "faker" and fixturedef.func.__module__ == "faker.contrib.pytest.plugin":
        from .faker_fixture import join_faker

        join_faker(cast("Faker", value))
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a strict test whose body has passed, though it asked for what is not there."""
    result = yield
    if "copr_fake" in getattr(item, "fixturenames", ()):
        from .support import fail_if_strict

        fail_if_strict(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show in the report of a failed test what it asked for that is not there."""
    report = yield
    if report.failed and call.when == "call" and "copr_fake" in getattr(item, "fixturenames", ()):
        from .support import UNMATCHED, unmatched_text

        text = unmatched_text(item)
        if text and text not in report.longreprtext:
            report.sections.append((UNMATCHED, text))
    return report


@pytest.fixture
def _copr_options(request: pytest.FixtureRequest) -> Options:
    from .options import options_of

    return options_of(request.config, request.node)


@pytest.fixture
def copr_fake(request: pytest.FixtureRequest, _copr_options: Options) -> FakeCopr:
    """A fake Copr, fresh for every test."""
    from .support import make_fake

    return make_fake(request.node, _copr_options)


@pytest.fixture
def copr_client(copr_fake: FakeCopr) -> Iterator[CoprClient]:
    """The reference client of ``copr_fake``, which waits by moving the fake's clock."""
    from ..client.clients import CoprClient

    with CoprClient(transport=copr_fake.transport, sleep=copr_fake.clock.tick, now=copr_fake.clock.now) as client:
        yield client


@pytest.fixture
def copr_async_client(copr_fake: FakeCopr) -> AsyncCoprClient:
    """The async reference client of ``copr_fake``, which waits by moving the fake's clock."""
    from ..client.clients import AsyncCoprClient

    return AsyncCoprClient(transport=copr_fake.transport, sleep=copr_fake.clock.tick, now=copr_fake.clock.now)


@pytest.fixture
def copr_respx(copr_fake: FakeCopr, _copr_options: Options) -> Iterator[respx.MockRouter]:
    """``copr_fake`` for any code on httpx that asks Copr's address; other addresses as this respx router is told."""
    with copr_fake.answering_httpx(_copr_options.base_url) as router:
        yield router


@pytest.fixture
def copr_requests(copr_fake: FakeCopr, _copr_options: Options) -> Iterator[responses.RequestsMock]:
    """``copr_fake`` for any code on requests that asks Copr's address; other addresses as this mock is told."""
    with copr_fake.answering_requests(_copr_options.base_url) as mock:
        yield mock


@pytest.fixture
def copr_httpx2(copr_fake: FakeCopr) -> Httpx2Transport:
    """A transport to ``copr_fake`` for any ``httpx2.Client`` or ``httpx2.AsyncClient``."""
    from ..errors import needing

    with needing("copr_httpx2", "httpx2", "httpx2"):
        from ..adapters.httpx2 import Httpx2Transport
    return Httpx2Transport(copr_fake)


@pytest.fixture(scope="session")
def _copr_live_server() -> Iterator[LiveServer]:
    from ..errors import needing

    with needing("copr_server", "uvicorn with httptools", "server"):
        from ..server.live import LiveServer

    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture
def copr_faker(request: pytest.FixtureRequest) -> Faker:
    """Faker's own ``faker``, with its locale and its seed, which makes up what Copr has."""
    from .faker_fixture import own_faker

    return own_faker(request)


@pytest.fixture
def copr_server(copr_fake: FakeCopr, _copr_live_server: LiveServer) -> Iterator[CoprServer]:
    """``copr_fake`` on a real server on loopback, at ``copr_server.url``."""
    from .support import serving

    with serving(copr_fake, _copr_live_server) as server:
        yield server


@pytest.fixture
def copr_config(
    copr_server: CoprServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A configuration for ``copr_server``, where copr-cli and the official client look for theirs by default."""
    from .support import write_config

    # Not the directory of the test itself, which may look at what it has written there.
    return write_config(copr_server.url, tmp_path_factory.mktemp("copr-config"), monkeypatch)
