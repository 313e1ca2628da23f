"""The options of ``copr_fake``: the configuration's, and the marker's, which adds up. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from ..errors import InputError
from ..fake import FakeCopr
from ..options import FakeOptions
from ..scenario.bundled import by_name
from ..scenario.load import ScenarioSource
from ..validation import checks
from . import _OPTIONS

MARKER = "copr_fake"


@dataclass(frozen=True, kw_only=True)
class Options(FakeOptions):
    """The options of ``copr_fake``: those of a fake, and the plugin's own."""

    serve_results: bool = True
    scenario: ScenarioSource | None = None
    base_url: str = "https://copr.fedorainfracloud.org"
    strict: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.flag("strict", self.strict)
        checks.server("base_url", self.base_url)

    def make(self) -> FakeCopr:
        return FakeCopr.from_options(self)


NAMES = [field.name for field in fields(Options)]


def options_of(config: pytest.Config, item: pytest.Item) -> Options:
    """The configuration's options, then each marker's, the closest last.

    :raises InputError: naming what is not possible, and what would be.
    """
    options = _configured(config)
    for mark in reversed(list(item.iter_markers(MARKER))):
        if mark.args:
            raise InputError("copr_fake", f"takes only named options; valid: {', '.join(NAMES)}")
        for name in mark.kwargs:
            if name not in NAMES:
                raise InputError(name, f"no such option of copr_fake; {checks.choices(name, NAMES)}")
        options = replace(options, **mark.kwargs)
    return options


def _configured(config: pytest.Config) -> Options:
    values: dict[str, Any] = {}
    for name in _OPTIONS:
        said = config.getini(f"copr_fake_{name}")
        text = "" if said is None else str(said)
        if text:
            values[name] = _READ[name](f"copr_fake_{name}", text) if name in _READ else text
    if "scenario" in values:
        path = config.rootpath / values["scenario"]
        if path.exists() or values["scenario"] not in by_name():
            values["scenario"] = path
    return Options(**values)


def _limit(field: str, text: str) -> int | None:
    return None if text == "none" else _number(field, text)


def _number(field: str, text: str) -> int:
    # Python does not convert more digits than some thousands.
    if not (text.isascii() and text.isdigit() and len(text) < 100):
        raise InputError(field, f"expected a whole number, got {checks.shown(text)}")
    return int(text)


def _amount(field: str, text: str) -> float:
    try:
        return checks.amount(field, float(text))
    except ValueError:
        raise InputError(
            field, f"expected a number from 0 to {checks.LARGEST_INTEGER}, got {checks.shown(text)}"
        ) from None


def _flag(field: str, text: str) -> bool:
    # A flag of pyproject.toml comes as Python writes it: True.
    return checks.one_of(("true", "false"))(field, text.lower()) == "true"


_READ: Mapping[str, Callable[[str, str], object]] = {
    "default_limit": _limit,
    "seed": _number,
    "requests_kept": _number,
    "strict": _flag,
    "serve_results": _flag,
    "results_delay": _amount,
}
"""How the configuration's text for an option is read, where the option is no text."""


def check_options(config: pytest.Config, marked: Iterable[pytest.Item]) -> None:
    """Try the configuration's options, and those of each marked test.

    :raises pytest.UsageError: naming the test whose options are not possible.
    """
    with _naming("the configuration"):
        _configured(config).make()
    for item in marked:
        with _naming(item.nodeid):
            options_of(config, item).make()


@contextmanager
def _naming(where: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise pytest.UsageError(f"{where}: {error}") from None
