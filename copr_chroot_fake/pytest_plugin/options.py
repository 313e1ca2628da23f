"""The options of ``copr_fake``, from pytest's configuration and from markers. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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

_CONFIGURABLE = [name for name in NAMES if name not in ("clock", "submissions")]
"""The options in configuration files."""


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
    given = {name: config.getini(f"copr_fake_{name}") for name in _CONFIGURABLE}
    values: dict[str, Any] = {name: _parse(value) for name, value in given.items() if value not in (None, "")}
    if "scenario" in values:
        scenario = str(given["scenario"])
        path = config.rootpath / scenario
        values["scenario"] = path if path.exists() or scenario not in by_name() else scenario
    return Options(**values)


def _parse(value: object) -> object:
    """Return the meaning of a text in the configuration: none, true or false, a number, or the text itself."""
    if not isinstance(value, str):
        return value
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    for number in (int, float):
        with suppress(ValueError):
            return number(value)
    return value


_WORDS = {"none": None, "true": True, "false": False}


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
