"""The command ``scenario``; each of its commands imports what it needs when it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..cli_output import Failure, counted, printable
from ..errors import CoprFakeError

if TYPE_CHECKING:
    from .check import Checked

T = TypeVar("T")

MISTAKEN = 1
"""Exit status for a scenario with mistakes."""


@click.group()
def scenario() -> None:
    """Check, show and make up scenarios.

    SCENARIO is a JSON file, or YAML with the yaml extra, or the name of a
    scenario that ships, such as mass-rebuild.
    """


_SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of what is random.")
_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write to.  [default: standard output]",
)


@scenario.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@_SEED
@click.pass_context
def check(ctx: click.Context, scenarios: tuple[Path, ...], seed: int) -> None:
    """Find every mistake in scenarios.

    Each is reported in a line: the file, the line in it, the place in the
    scenario, what is wrong there, and what would be right. Several scenarios are
    checked as they are served, each added to those before it. - is standard input.

    Exit status: 0 without a mistake, 1 with any, 2 for a file that cannot be read.
    """
    from .check import check as find

    checked = []
    for each in find(scenarios, seed=seed):
        for mistake in each.mistakes:
            click.echo(printable(str(mistake)))
        if each.unreadable is not None:
            click.echo(f"Error: {printable(str(each.unreadable))}", err=True)
        checked.append(each)
    click.echo(_summary(checked))
    if any(each.unreadable for each in checked):
        ctx.exit(Failure.exit_code)
    ctx.exit(MISTAKEN if any(each.mistakes for each in checked) else 0)


def _summary(checked: list[Checked]) -> str:
    mistakes = sum(len(each.mistakes) for each in checked)
    said = f"{counted(len(checked), 'scenario')}, {counted(mistakes, 'mistake') if mistakes else 'no mistake'}"
    unreadable = sum(each.unreadable is not None for each in checked)
    return f"{said}, {unreadable} could not be read" if unreadable else said


@scenario.command()
@click.argument("name", metavar="SCENARIO")
@click.option(
    "--build", "ids", multiple=True, type=click.IntRange(min=1), help="Show only that build; can be repeated."
)
@click.option(
    "--limit", default=1000, show_default=True, type=click.IntRange(min=1), help="How many chroots to show at most."
)
@_SEED
def show(name: str, ids: tuple[int, ...], limit: int, seed: int) -> None:
    """Show what is in a scenario: projects, builds, faults, and how its chroots will live.

    A life is a bar, with a letter where each stage begins. It is the plan: polls,
    calls and faults can change it.
    """
    from ..fake import FakeCopr
    from .show import show as display

    def load() -> FakeCopr:
        return FakeCopr.from_scenario(name, progress="clock", seed=seed)

    fake = _or_fail(load)
    for build_id in ids:
        if build_id not in fake.builds:
            raise Failure(f"{name} has no build {build_id}; leave --build out to see those that it has")
    display(fake, name, ids, limit)


@scenario.command()
@click.option("--builds", default=10, show_default=True, type=click.IntRange(min=0), help="How many builds.")
@click.option(
    "--chroots", default=5, show_default=True, type=click.IntRange(min=0), help="About how many chroots each."
)
@_SEED
@_OUTPUT
def make(builds: int, chroots: int, seed: int, output: Path | None) -> None:
    """Make up a scenario that looks like a piece of Copr; needs the faker extra.

    The same numbers and the same seed make the same scenario.
    """

    def make_up() -> object:
        from ..generate.provider import seeded_provider

        return seeded_provider(str(seed)).copr_scenario(builds, chroots)

    _write(_or_fail(make_up), output)


@scenario.command()
@_OUTPUT
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenarios, for editors and other tools.

    \b
    An editor finds it through a key in the scenario:
        "$schema": "./scenario.schema.json"
    """
    from ..scenario.schema import scenario_schema

    _write(scenario_schema(), output)


def _or_fail(do: Callable[[], T]) -> T:
    try:
        return do()
    except CoprFakeError as error:
        raise Failure(str(error)) from None


def _write(document: object, output: Path | None) -> None:
    text = json.dumps(document, indent=2)
    if output is None:
        click.echo(text)
        return
    from ..atomic_file import replace_file

    try:
        replace_file(output, f"{text}\n".encode())
    except CoprFakeError as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{output}: cannot be written: {error.strerror}") from None
