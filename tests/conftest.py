"""What the tests share: asking a fake through every door, starting servers, and a summary of recordings that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .doors import DOORS, Open
from .served import Start, starting

pytest_plugins = ["pytester"]

DIFFERS = "differs from the recording"


@pytest.fixture(params=DOORS)
def ask_through(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a door to a fake: the test runs once for each of them."""
    with ExitStack() as opened:
        yield lambda fake: opened.enter_context(DOORS[request.param](fake))


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers as processes, which end with the test."""
    with starting() as start:
        yield start


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which recordings differ, in what, and through which doors, most frequent first."""
    differences = Counter(
        value
        for report in terminalreporter.getreports("failed")
        for name, value in report.user_properties
        if name == DIFFERS
    )
    if differences:
        terminalreporter.section(DIFFERS)
        for difference, count in differences.most_common():
            terminalreporter.write_line(f"{count:5} {difference}")
