"""The pytest plugin: fixtures, the marker ``copr_fake`` and its options.

pytest imports this module in every run in an environment that has the kit, so it imports nothing but pytest and texts;
everything else is imported when it is used. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, cast

import pytest

from ..option_texts import OPTION_TEXTS

if TYPE_CHECKING:
    from pathlib import Path

    import responses
    import respx
    from faker import Faker

    from ..client.clients import AsyncCoprClient, CoprClient
    from ..fake import FakeCopr
    from ..server.addresses import CoprProxy
    from ..server.live_server import LiveServer
    from .commands import CoprCli
    from .options import Options
    from .support import CoprServer, MakeCoprFake

_TEXTS = {
    "scenario": "Scenario to start with: the name of a bundled one, or a path relative to the root directory.",
    "url": "Address that copr_httpx, copr_httpx2 and copr_requests answer.",
    "strict": "Whether unmatched requests fail the test: true or false.",
    "network_guard": "Whether connections to Copr's real hosts fail the test: true or false.",
    **OPTION_TEXTS,
}
"""The options in configuration files."""


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, text in _TEXTS.items():
        if pytest.version_tuple >= (9, 2):
            # TOML types in pytest's own table; str comes first because values in an ini file are strings.
            parser.addini(f"copr_fake_{name}", text, type=str | bool | int | float, default=None)
        else:
            parser.addini(f"copr_fake_{name}", text)


def pytest_configure(config: pytest.Config) -> None:
    options = ", ".join(f"{name}=…" for name in (*_TEXTS, "submissions"))
    text = "options of copr_fake; the closest marker that gives an option wins."
    config.addinivalue_line("markers", f"copr_fake({options}): {text}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Report invalid options at collection."""
    is_configured = any(config.getini(f"copr_fake_{name}") for name in _TEXTS)
    marked = [item for item in items if item.get_closest_marker("copr_fake") is not None]
    if is_configured or marked:
        from .options import check_options

        check_options(config, marked)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Add the kit's provider to Faker's own ``faker`` fixture."""
    value = yield
    if fixturedef.argname == "faker" and fixturedef.func.__module__ == "faker.contrib.pytest.plugin":
        from .faker_fixture import add_provider

        add_provider(cast("Faker", value))
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a passed test whose code contacted Copr's real hosts, looped, or sent a strict fake unmatched requests."""
    result = yield
    if "make_copr_fake" in getattr(item, "fixturenames", ()):
        from .report import hidden_problems

        if problems := hidden_problems(item):
            pytest.fail("\n".join(problems), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the requests, faults and unused submission rules of a failed test; end tracebacks at the user's line."""
    if call.excinfo is not None and "copr_chroot_fake.errors" in sys.modules and not item.config.option.fulltrace:
        from .report import trim_traceback

        trim_traceback(call.excinfo.value)
    report = yield
    if report.failed and call.when == "call" and "make_copr_fake" in getattr(item, "fixturenames", ()):
        from .report import sections

        report.sections.extend(sections(item, report.longreprtext))
    return report


@pytest.fixture
def _copr_options(request: pytest.FixtureRequest) -> Options:
    from .options import options_for

    return options_for(request.config, request.node)


@pytest.fixture
def make_copr_fake(request: pytest.FixtureRequest, _copr_options: Options) -> Iterator[MakeCoprFake]:
    """Make further fakes: ``make_copr_fake(**options)``; the test's marker and the configuration give the defaults."""
    from .support import MakeCoprFake, guard_network

    with guard_network(request.node, _copr_options):
        yield MakeCoprFake(request.node, _copr_options)


@pytest.fixture
def copr_fake(make_copr_fake: MakeCoprFake) -> FakeCopr:
    """A fake Copr, new for each test."""
    return make_copr_fake()


@pytest.fixture
def copr_client(copr_fake: FakeCopr) -> Iterator[CoprClient]:
    """The reference client, connected to ``copr_fake``; while it waits, only the fake's clock advances."""
    from ..client.clients import CoprClient

    with CoprClient(transport=copr_fake.transport, sleep=copr_fake.clock.tick, now=copr_fake.clock.now) as client:
        yield client


@pytest.fixture
def copr_async_client(copr_fake: FakeCopr) -> AsyncCoprClient:
    """The async reference client, connected to ``copr_fake``; while it waits, only the fake's clock advances."""
    from ..client.clients import AsyncCoprClient

    return AsyncCoprClient(transport=copr_fake.transport, sleep=copr_fake.clock.tick, now=copr_fake.clock.now)


@pytest.fixture
def copr_httpx(copr_fake: FakeCopr, _copr_options: Options) -> Iterator[respx.MockRouter]:
    """A respx router through which ``copr_fake`` answers httpx at Copr's address; you can add routes."""
    with copr_fake.mock_httpx(_copr_options.url) as router:
        yield router


@pytest.fixture
def copr_httpx2(copr_fake: FakeCopr, _copr_options: Options) -> Iterator[respx.MockRouter]:
    """A respx router through which ``copr_fake`` answers httpx2 at Copr's address; you can add routes."""
    with copr_fake.mock_httpx2(_copr_options.url) as router:
        yield router


@pytest.fixture
def copr_requests(copr_fake: FakeCopr, _copr_options: Options) -> Iterator[responses.RequestsMock]:
    """A mock of responses through which ``copr_fake`` answers requests at Copr's address; you can add responses."""
    with copr_fake.mock_requests(_copr_options.url) as mock:
        yield mock


@pytest.fixture(scope="session")
def _copr_live_server() -> Iterator[LiveServer]:
    from ..errors import needing

    with needing("copr_server", "httptools", "server"):
        from ..server.live_server import LiveServer

    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture
def copr_faker(request: pytest.FixtureRequest) -> Faker:
    """Faker's ``faker``, with its locale and seed, and the methods for Copr's data."""
    from .faker_fixture import faker_with_provider

    return faker_with_provider(request)


@pytest.fixture
def copr_server(copr_fake: FakeCopr, _copr_live_server: LiveServer) -> Iterator[CoprServer]:
    """``copr_fake`` on a real server on loopback, at ``copr_server.url``."""
    from .support import serve

    with serve(copr_fake, _copr_live_server) as server:
        yield server


@pytest.fixture
def copr_proxy(copr_fake: FakeCopr) -> Iterator[CoprProxy]:
    """A proxy through which any program reaches ``copr_fake`` at Copr's own addresses: ``copr_proxy.environment``."""
    with copr_fake.proxying() as proxy:
        yield proxy


@pytest.fixture
def copr_config(
    copr_server: CoprServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A configuration file for ``copr_server``, where copr-cli and the official client look for theirs by default."""
    from .support import write_config

    # Not in tmp_path, which the test may expect to be empty.
    return write_config(copr_server.url, tmp_path_factory.mktemp("copr-config"), monkeypatch)


@pytest.fixture
def copr_cli(copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> CoprCli:
    """``copr_cli("build", …)`` runs copr-cli, or another command, against ``copr_server``, in the fake's time."""
    from .commands import CoprCli

    return CoprCli(copr_server, tmp_path)
