"""The command ``copr-chroot-fake verify``; loads the comparison when it runs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..cli_output import Failure, failing, print_line
from ..model.project import COPR_URL
from ..validation import checks
from .record import BuildId

if TYPE_CHECKING:
    from ..verify.report import Report
    from ..verify.sending import Copr, Question


@click.command()
@click.argument("build_ids", metavar="[BUILD_ID...]", nargs=-1, type=BuildId(min=1, max=checks.LARGEST_INTEGER))
@click.option("--project", metavar="OWNER/NAME", help="Compare the latest builds of a project.")
@click.option("--latest", metavar="N", type=click.IntRange(min=1), help="Compare the N latest builds.")
@click.option(
    "--amqp", metavar="URL", help="Broker with Copr's messages; wait until the builds end, and compare these."
)
@click.option("--write", metavar="OWNER", help="Compare requests that write, too, in a new project of this owner.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Configuration of copr-cli, with the URL of the Copr, and the login for --write.",
)
@click.option("--url", help=f"URL of the Copr, without /api_3.  [default: {COPR_URL}]")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Maximum number of requests per second.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Save what was recorded, for new conformance tests.",
)
@click.pass_context
@failing()
def verify(
    ctx: click.Context,
    build_ids: tuple[int, ...],
    project: str | None,
    latest: int | None,
    amqp: str | None,
    write: str | None,
    config: Path | None,
    url: str | None,
    rate: float,
    as_json: bool,
    save: Path | None,
) -> None:
    """Compare the fake with a real Copr.

    The command records builds and their projects, loads the recording into a fake,
    sends the same requests to both, and reports each difference.

    \b
    Try it:
        copr-chroot-fake verify 9000000

    Exit status: 0 if all responses are equal, 1 if some differ, 2 if Copr is not
    reachable or a request is not allowed.
    """
    selections = sum([bool(build_ids), project is not None, latest is not None])
    if selections > 1 or (selections == 0 and write is None):
        raise Failure("expected build ids, --project or --latest")
    if write is not None and config is None:
        raise Failure("--write requires --config")
    if amqp is not None and not selections:
        raise Failure("--amqp requires build ids, --project or --latest")
    from ..verify.login import read_login
    from ..verify.report import Report
    from ..verify.sending import Copr
    from ..verify.verify import verify_reading
    from ..verify.writing import verify_writing

    login = None if config is None else read_login(config)
    address = checks.address("--url", url or (login and login.url) or COPR_URL, "/api_3")
    report = Report(checks.without_user(address))
    if selections:
        with Copr(address, rate=rate, sleep=time.sleep) as copr:
            selected = _select(copr, build_ids, project, latest)
            if amqp is not None:
                report += _verify_messages(copr, selected, amqp)
            report += verify_reading(copr, selected, print_line, _progress, save)
    if write is not None and login is not None:
        with Copr(address, rate=rate, sleep=time.sleep, may_write=True, secrets=login.secrets) as copr:
            report += verify_writing(copr, write, login, print_line, _progress, save)
    click.echo(json.dumps(report.document(), indent=2) if as_json else report.text())
    ctx.exit(1 if report.differences else 0)


def _verify_messages(copr: Copr, build_ids: Sequence[int], url: str) -> Report:
    from ..verify.messages import Broker, verify_messages

    with Broker(url) as broker:
        return verify_messages(copr, build_ids, broker, print_line)


def _select(copr: Copr, build_ids: Sequence[int], project: str | None, latest: int | None) -> Sequence[int]:
    from ..scenario.spec import split_full_name
    from ..verify.world import latest_builds, project_builds

    if latest is not None:
        build_ids = latest_builds(copr, latest)
    elif project is not None:
        owner, name = split_full_name("--project", project)
        build_ids = project_builds(copr, owner, name)
    if not build_ids:
        raise Failure(f"{copr.url}: there are no builds")
    return [*dict.fromkeys(build_ids)]


def _progress(questions: Sequence[Question]) -> Iterable[Question]:
    with click.progressbar(questions, label="comparing", file=sys.stderr) as shown:
        yield from shown
