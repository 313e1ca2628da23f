"""Shared fixtures: adapters to send requests through, and server processes."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from .adapters import ADAPTERS, OpenAdapter
from .in_process import import_kit
from .served import Start, starting

pytest_plugins = ["pytester"]

# For a random seed: in CI, Hypothesis would choose the same examples each time. Finding a
# smaller example takes minutes, and is left to a repetition with the seed.
settings.register_profile(
    "random",
    settings.get_profile("default"),
    deadline=None,
    database=None,
    phases=set(Phase) - {Phase.shrink, Phase.explain},
)

_SLOW = re.compile("control/test_document_requests.py|downstream|page|test_typing.py")
"""Tests of other programs, of the page in a browser, with type checkers, and of generated requests."""

_HERE = Path(__file__).parent


def _is_slow(path: Path) -> bool:
    return bool(_SLOW.match(path.relative_to(_HERE).as_posix()))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import the modules whose tests are all left out."""
    return True if config.getoption("markexpr") == "not slow" and _is_slow(collection_path) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give workers time to write their coverage: on a busy machine, ten seconds are not always enough."""
    from xdist.workermanage import NodeManager

    NodeManager.EXIT_TIMEOUT = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow ones; shuffle the modules, and the tests of each, with the seed in COPR_FAKE_ORDER."""
    for item in items:
        if _is_slow(item.path):
            item.add_marker(pytest.mark.slow)
    if seed := os.environ.get("COPR_FAKE_ORDER"):
        items.sort(key=lambda item: [random.Random(seed + name).random() for name in (str(item.path), item.nodeid)])


@pytest.fixture(scope="session")
def imported_kit() -> None:
    """The kit, imported before pytester begins."""
    import_kit()


@pytest.fixture(params=ADAPTERS)
def open_adapter(request: pytest.FixtureRequest) -> Iterator[OpenAdapter]:
    """A function that opens an adapter to a fake; the test runs once for each adapter."""
    with ExitStack() as opened:
        yield lambda fake: opened.enter_context(ADAPTERS[request.param](fake))


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers as processes, which end with the test."""
    with starting() as start:
        yield start
