"""The options of ``copr_fake``: the configuration's, and the marker's, which adds up. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import cast

import pytest

from .. import checks
from ..errors import InputError
from ..fake import FakeCopr
from ..lives.progress import ProgressLike
from ..scenarios.reading import ScenarioSource
from ..scenarios.shipped import by_name

MARKER = "copr_fake"


@dataclass(frozen=True, slots=True)
class Options:
    """How ``copr_fake`` is to be, by the marker and the configuration."""

    scenario: ScenarioSource | None = None
    progress: ProgressLike = "poll"
    default_limit: int | None = 100
    base_url: str = "https://copr.fedorainfracloud.org"
    seed: int = 0
    strict: bool = False
    serve_results: bool = True
    results_delay: float = 0

    def make(self) -> FakeCopr:
        return FakeCopr(
            progress=self.progress,
            default_limit=self.default_limit,
            seed=self.seed,
            serve_results=self.serve_results,
            results_delay=self.results_delay,
        )


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
    checks.flag("strict", options.strict)
    checks.text("base_url", options.base_url)
    return options


def _configured(config: pytest.Config) -> Options:
    said = {name: str(config.getini(f"copr_fake_{name}") or "") for name in NAMES}
    options = Options()
    if said["scenario"]:
        path = config.rootpath / said["scenario"]
        ships = said["scenario"] in by_name() and not path.exists()
        options = replace(options, scenario=said["scenario"] if ships else path)
    if said["progress"]:
        options = replace(options, progress=cast(ProgressLike, said["progress"]))
    if said["base_url"]:
        options = replace(options, base_url=said["base_url"])
    if said["default_limit"]:
        limit = None if said["default_limit"] == "none" else _number("copr_fake_default_limit", said["default_limit"])
        options = replace(options, default_limit=limit)
    if said["seed"]:
        options = replace(options, seed=_number("copr_fake_seed", said["seed"]))
    if said["results_delay"]:
        options = replace(options, results_delay=_number("copr_fake_results_delay", said["results_delay"]))
    for name in ("strict", "serve_results"):
        if said[name]:
            # A flag of pyproject.toml comes as Python writes it: True.
            is_so = checks.one_of(("true", "false"))(f"copr_fake_{name}", said[name].lower()) == "true"
            options = replace(options, **{name: is_so})  # type: ignore[arg-type]  # both are flags
    return options


def _number(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise InputError(field, f"expected a whole number, got {text!r}")
    return int(text)


def check_options(config: pytest.Config, marked: Iterable[pytest.Item]) -> None:
    """
    :raises pytest.UsageError: naming the test whose options are not possible.
    """
    _check("the configuration", lambda: _configured(config).make())
    for item in marked:
        _check(item.nodeid, lambda item=item: options_of(config, item).make())  # type: ignore[misc]  # bound in time


def _check(where: str, make: Callable[[], FakeCopr]) -> None:
    try:
        make()
    except InputError as error:
        raise pytest.UsageError(f"{where}: {error}") from None
