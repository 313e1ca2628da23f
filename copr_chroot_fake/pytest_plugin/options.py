"""The options of ``copr_fake``, from pytest's configuration and from markers. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from typing import Annotated, Any

import pytest

from ..errors import InputError
from ..fake import FakeCopr
from ..model.project import COPR_URL
from ..options import FakeOptions
from ..scenario.files import ScenarioSource, by_name
from ..scenario.spec import SubmissionRuleSpec
from ..validation import checks
from ..validation.rule import Rule, frozen
from ..validation.spec import parse, parse_list
from . import _OPTIONS

MARKER = "copr_fake"


def _any_source(location: str, value: object) -> object:
    """Accept any scenario; loading it reports its errors."""
    return value


def _check_rule(location: str, value: object) -> Mapping[str, Any]:
    """Return the arguments of ``on_submit`` for a rule; adding it reports an invalid function."""
    rule = checks.mapping(location, value)
    parse(SubmissionRuleSpec, location, {name: given for name, given in rule.items() if name != "when"})
    return rule


@frozen(kw_only=True)
class Options(FakeOptions):
    """The options of ``copr_fake``: those of a fake, and the plugin's own."""

    serve_results: bool = True
    scenario: Annotated[ScenarioSource, Rule(_any_source)] | None = None
    url: Annotated[str, Rule(checks.server)] = COPR_URL
    strict: bool = False
    network_guard: bool = True
    submissions: Annotated[Sequence[Mapping[str, Any]], Rule(partial(parse_list, _check_rule))] = ()

    def make(self) -> FakeCopr:
        """Make a fake without builds."""
        fake = FakeCopr.from_options(self)
        for rule in self.submissions:
            fake.on_submit(**rule)
        return fake


NAMES = [field.name for field in fields(Options)]


def options_for(config: pytest.Config, item: pytest.Item) -> Options:
    """Return the options of a test: the configuration's, overridden by its markers, the closest last.

    :raises InputError: for an unknown option or an invalid value.
    """
    options = _configured(config)
    for mark in reversed(list(item.iter_markers(MARKER))):
        if mark.args:
            raise InputError("copr_fake", f"takes only named options; valid: {', '.join(NAMES)}")
        check_names(mark.kwargs, MARKER, NAMES)
        options = replace(options, **mark.kwargs)
    return options


def check_names(options: Iterable[str], where: str, valid: list[str]) -> None:
    """Raise :class:`InputError` for the first unknown option."""
    for name in options:
        if name not in valid:
            raise InputError(name, f"no such option of {where}; {checks.choices(name, valid)}")


def _configured(config: pytest.Config) -> Options:
    values: dict[str, Any] = {}
    for name in _OPTIONS:
        value = config.getini(f"copr_fake_{name}")
        text = "" if value is None else str(value)
        if text:
            values[name] = _PARSERS[name](f"copr_fake_{name}", text) if name in _PARSERS else text
    if "scenario" in values:
        path = config.rootpath / values["scenario"]
        if path.exists() or values["scenario"] not in by_name():
            values["scenario"] = path
    return Options(**values)


def _parse_limit(location: str, text: str) -> int | None:
    return None if text == "none" else _parse_integer(location, text)


def _parse_integer(location: str, text: str) -> int:
    # Python refuses to convert more than a few thousand digits.
    if not (text.isascii() and text.isdigit() and len(text) < 100):
        raise InputError(location, f"expected a whole number, got {checks.excerpt(text)}")
    return int(text)


def _parse_amount(location: str, text: str) -> float:
    try:
        return checks.amount(location, float(text))
    except ValueError:
        problem = f"expected a number from 0 to {checks.LARGEST_INTEGER}, got {checks.excerpt(text)}"
        raise InputError(location, problem) from None


def _parse_flag(location: str, text: str) -> bool:
    # A flag in pyproject.toml arrives as Python prints it: True.
    return checks.one_of(("true", "false"))(location, text.lower()) == "true"


_PARSERS: Mapping[str, Callable[[str, str], object]] = {
    "default_limit": _parse_limit,
    "seed": _parse_integer,
    "requests_kept": _parse_integer,
    "max_polls": _parse_limit,
    "max_repeats": _parse_limit,
    "max_wait": lambda location, text: None if text == "none" else _parse_amount(location, text),
    "next_build_id": _parse_integer,
    "strict": _parse_flag,
    "network_guard": _parse_flag,
    "serve_results": _parse_flag,
    "results_delay": _parse_amount,
}
"""Parse the configuration's text for options that are not strings."""


def check_options(config: pytest.Config, marked: Iterable[pytest.Item]) -> None:
    """Check the options of the configuration and of each marked test.

    :raises pytest.UsageError: naming the test that has invalid options.
    """
    with _usage_errors("the configuration"):
        _configured(config).make()
    for item in marked:
        with _usage_errors(item.nodeid):
            options_for(config, item).make()


@contextmanager
def _usage_errors(where: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise pytest.UsageError(f"{where}: {error}") from None
