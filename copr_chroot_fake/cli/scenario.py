"""The command ``scenario``; its subcommands import lazily, so that ``--help`` is fast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..cli_output import Failure, complete_scenario, failing, printable
from ..validation import checks

if TYPE_CHECKING:
    from .check import Report

INVALID = 1
"""Exit status of ``check`` if a scenario has errors."""


@click.group()
def scenario() -> None:
    """Check, show and generate scenarios.

    SCENARIO is a JSON file, a YAML file (with the yaml extra), or the name of a
    bundled scenario, for example mass-rebuild.
    """


_SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Random seed.")
_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Output file.  [default: standard output]",
)


@scenario.command()
@click.argument(
    "scenarios",
    metavar="SCENARIO...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    shell_complete=complete_scenario,
)
@click.pass_context
def check(ctx: click.Context, scenarios: tuple[Path, ...]) -> None:
    """Report all errors in scenarios.

    Each error is a line with the file, the line in it, the location in the
    scenario, the problem and the remedy. Several scenarios are checked as if
    they were loaded together, in the given order. - is standard input.

    Exit status: 0 without errors, 1 with errors, 2 if a file cannot be read.
    """
    from .check import check as check_files

    reports = []
    for report in check_files(scenarios):
        for error in report.errors:
            click.echo(printable(str(error)))
        if report.unreadable is not None:
            click.echo(f"Error: {printable(str(report.unreadable))}", err=True)
        reports.append(report)
    click.echo(_summary(reports))
    if any(report.unreadable for report in reports):
        ctx.exit(Failure.exit_code)
    ctx.exit(INVALID if any(report.errors for report in reports) else 0)


def _summary(reports: list[Report]) -> str:
    errors = sum(len(report.errors) for report in reports)
    unreadable = sum(report.unreadable is not None for report in reports)
    parts = [checks.counted(len(reports), "scenario"), checks.counted(errors, "error") if errors else "no errors"]
    return ", ".join([*parts, f"{unreadable} could not be read"] if unreadable else parts)


@scenario.command()
@click.argument("name", metavar="SCENARIO", shell_complete=complete_scenario)
@click.option(
    "--build", "ids", multiple=True, type=click.IntRange(min=1), help="Show only this build; can be repeated."
)
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(min=1), help="Maximum number of builds to show."
)
@_SEED
@failing()
def show(name: str, ids: tuple[int, ...], limit: int, seed: int) -> None:
    """Show the content of a scenario.

    That is its projects, builds, submission rules, faults and lifecycles.

    A lifecycle is shown as planned: its stages with their durations. Polls,
    method calls and faults can change it.
    """
    from ..fake import FakeCopr
    from .show import show as describe

    fake = FakeCopr.from_scenario(name, progress="clock", seed=seed)
    for build_id in ids:
        if build_id not in fake.builds:
            raise Failure(f"{name} has no build {build_id}; omit --build to see all builds")
    for line in describe(fake, name, ids, limit):
        click.echo(line)


@scenario.command()
@click.option("--builds", default=10, show_default=True, type=click.IntRange(min=0), help="Number of builds.")
@click.option(
    "--chroots",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Average number of chroots of a build.",
)
@_SEED
@_OUTPUT
@failing()
def generate(builds: int, chroots: int, seed: int, output: Path | None) -> None:
    """Generate a scenario with random, consistent data.

    This needs the faker extra.

    The same options and the same seed give the same scenario.
    """
    from ..generate.provider import seeded_provider

    document = seeded_provider(str(seed)).copr_scenario(builds, chroots)
    _write(f"{json.dumps(document, indent=2)}\n", output)


@scenario.command()
@_OUTPUT
@failing()
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenarios, for editors and other tools.

    \b
    To use it in an editor, add its path to the scenario:
        "$schema": "./scenario.schema.json"
    """
    from ..scenario.files import scenario_schema

    _write(scenario_schema(), output)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    from ..atomic_file import replace_file

    replace_file(output, text.encode())
