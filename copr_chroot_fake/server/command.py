"""The command line's ``serve``, which loads a server when it is run."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

import click

from ..cli_output import Failure
from ..errors import CoprFakeError, InputError
from ..excerpt import shown
from ..model.progress import How
from ..scenario.bundled import DEFAULT_SCENARIO, shipped_scenarios
from ..validation import checks
from ..validation.checks import LARGEST_INTEGER
from .bounds import MAX_BODY, MAX_HEAD, MAX_MEMORY, MAX_WORLDS

if TYPE_CHECKING:
    import socket

    from ..model.account import Account
    from .access_log import LogStyle
    from .guard import Guard


_TOKEN_VARIABLE = "COPR_FAKE_CONTROL_TOKEN"
_HOST_NAME = re.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")


_STANDARD_ERROR = 2


class Limit(click.ParamType):  # type: ignore[type-arg]  # no subscript before click 8.4
    """A number of items, or ``none`` for no limit."""

    name = "limit"

    def convert(self, value: str | int | None, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if value == "none":
            return None
        if value.isascii() and value.isdigit() and len(value) <= 10 and 1 <= int(value) <= LARGEST_INTEGER:
            return int(value)
        self.fail(
            f"{shown(value)} is no limit; expected a whole number from 1 to {LARGEST_INTEGER}, or none", param, ctx
        )


class Login(click.ParamType):  # type: ignore[type-arg]  # no subscript before click 8.4
    """A user who may log in: name, login, token, and groups whose projects are the user's too."""

    name = "account"

    def convert(self, value: str | Account, param: click.Parameter | None, ctx: click.Context | None) -> Account:
        from ..model.account import Account

        if isinstance(value, Account):
            return value
        name, _, rest = value.partition(":")
        login, _, rest = rest.partition(":")
        token, _, groups = rest.partition(":")
        if not (name and login and token):
            # What was given instead may have a token in it.
            self.fail("expected NAME:LOGIN:TOKEN, or NAME:LOGIN:TOKEN:@GROUP,…", param, ctx)
        try:
            return Account(name, login, token, tuple(group for group in groups.split(",") if group))
        except InputError as error:
            self.fail(f"{name!r}: {error}", param, ctx)


class HostName(click.ParamType):  # type: ignore[type-arg]  # no subscript before click 8.4
    """A host name as it is in an address, without scheme and port."""

    name = "host name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _HOST_NAME.fullmatch(value):
            self.fail(f"{value!r} is no host name; expected one such as copr, without http:// and port", param, ctx)
        return value


def _read_token(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Check the control token, from wherever it is.

    :raises Failure: if it is empty, or if clients cannot send it.
    """
    # Click takes an empty variable for one that is not set; but whoever sets it wants a token.
    given = os.environ.get(_TOKEN_VARIABLE) if value is None else value
    if given is None:
        return None
    from .guard import check_token

    try:
        return check_token("--control-token", given)
    except InputError as error:
        raise Failure(f"{error} (it is also read from {_TOKEN_VARIABLE})") from None


@click.command()
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=5000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--default-limit",
    default=100,
    show_default=True,
    type=Limit(),
    metavar="100|none",
    help="Items in a list if the request states no limit: 100 as in the API reference, none as on the deployed Copr.",
)
@click.option(
    "--progress",
    default="clock",
    show_default=True,
    type=click.Choice(get_args(How)),
    help="What makes chroots go on: each poll; the clock; only calls of the control API; or the first look, which sees "
    "the end. A scenario can say otherwise for a build or chroot.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds on the fake's clock for each real second.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0, max=LARGEST_INTEGER),
    help="Seed of random durations and outcomes; the same seed gives the same run.",
)
@click.option(
    "--serve-results",
    is_flag=True,
    help="Serve the logs and packages of builds; result_url and repositories lead to this server.",
)
@click.option(
    "--results-delay",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long after the end of a build its results appear, on the fake's clock.  [default: 0]",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Address at which clients reach this server for results, if not the one it listens on.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to continue from, if it exists, and to save to at the end. By default nothing is kept.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    type=Login(),
    metavar="NAME:LOGIN:TOKEN[:@GROUP,…]",
    help="User who may log in, and cancel builds of their own and their groups' projects; can be repeated. Without it "
    "any login is accepted, and may cancel any build.",
)
@click.option("--no-control", is_flag=True, help="Do not serve the control API and the page under /_fake/.")
@click.option(
    "--control-token",
    envvar=_TOKEN_VARIABLE,
    show_envvar=True,
    callback=_read_token,
    help="Token that control calls have to send; needed if other machines can reach the server.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    type=HostName(),
    metavar="NAME",
    help="Host name by which clients without a token may address control calls, such as that of a service of docker "
    "compose; can be repeated. IP addresses, localhost, and the names in --host and --public-url are always allowed.",
)
@click.option("--insecure-control", is_flag=True, help="Let everybody who can reach the server control the fake.")
@click.option(
    "--max-worlds",
    default=MAX_WORLDS,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many named worlds there can be.",
)
@click.option(
    "--max-memory",
    default=MAX_MEMORY,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many bytes all worlds can retain, by an estimate.",
)
@click.option(
    "--journal",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=0, max=LARGEST_INTEGER),
    help="How many requests each world remembers.",
)
@click.option(
    "--max-body",
    default=MAX_BODY,
    show_default=True,
    type=click.IntRange(min=0),
    help="Largest body of a control call, in bytes.",
)
@click.option(
    "--max-head",
    default=MAX_HEAD,
    show_default=True,
    type=click.IntRange(min=1024),
    help="Largest request without its body, in bytes.",
)
@click.option("--access-log", is_flag=True, help="Write a line for each request to standard error.")
@click.option(
    "--log", type=click.Choice(["text", "json"]), help="Format of these lines; needs --access-log.  [default: text]"
)
def serve(
    scenarios: tuple[Path, ...],
    host: str,
    port: int,
    default_limit: int | None,
    progress: How,
    speed: float,
    seed: int,
    serve_results: bool,
    results_delay: float | None,
    public_url: str | None,
    state: Path | None,
    accounts: tuple[Account, ...],
    no_control: bool,
    control_token: str | None,
    allowed_hosts: tuple[str, ...],
    insecure_control: bool,
    max_worlds: int,
    max_memory: int,
    journal: int,
    max_body: int,
    max_head: int,
    access_log: bool,
    log: LogStyle | None,
) -> None:
    """Serve a fake Copr over HTTP until Ctrl-C or SIGTERM.

    SCENARIO says which projects and builds exist, how their chroots live, and
    what goes wrong. It is a JSON file (or YAML, with the yaml extra), or the name
    of a scenario that ships, such as mass-rebuild. Several are added up. The
    default is all-states: its build 1 has a chroot in every state and does not
    change; its build 3 lives.

    \b
    Once it answers, it prints one line, with its address:
        Copr fake: http://127.0.0.1:5000

    \b
    Try it:
        curl 'http://127.0.0.1:5000/api_3/build-chroot/list?build_id=1'
        copr-chroot-fake serve --speed 60
        curl 'http://127.0.0.1:5000/api_3/build-chroot/list?build_id=3'

    Watch and control it at http://127.0.0.1:5000/_fake/. Below
    http://127.0.0.1:5000/worlds/NAME there is a separate fake for each NAME.

    Exit status: 0 after Ctrl-C or SIGTERM, 2 for a mistake in a scenario or an
    option, or if the port is taken, 1 if the state could not be saved.
    """
    if log is not None and not access_log:
        raise Failure("--log is about the access log, of which there is none; add --access-log, or leave it out")
    _check_results(serve_results, results_delay, public_url)
    _check_control(host, no_control, control_token, insecure_control)
    from .access_log import dropped_line
    from .launch import Launch
    from .line_writer import LineWriter
    from .recipe import Recipe
    from .serving import end_on_signals, url_of
    from .state_file import StateFile

    end_on_signals()
    recipe = Recipe(
        scenarios=scenarios or (shipped_scenarios() / DEFAULT_SCENARIO,),
        progress=progress,
        default_limit=default_limit,
        seed=seed,
        speed=speed,
        requests_kept=journal,
        accounts=accounts,
        serve_results=serve_results,
        results_delay=results_delay or 0,
    )
    try:
        address = None if public_url is None else checks.address("--public-url", public_url)
        guard = None if no_control else _guard(host, control_token, allowed_hosts, address)
    except CoprFakeError as error:
        raise Failure(str(error)) from None
    with ExitStack() as locked:
        try:
            launch = Launch(
                recipe,
                guard=guard,
                state=None if state is None else locked.enter_context(StateFile(state)),
                max_worlds=max_worlds,
                max_memory=max_memory,
                max_body=max_body,
                max_head=max_head,
                public_url=address,
            )
        except CoprFakeError as error:
            raise Failure(str(error)) from None
        listener = _bind(host, port)
        writer = LineWriter(_STANDARD_ERROR, partial(dropped_line, log or "text"))
        locked.callback(writer.close)
        if access_log:
            launch.log_requests(log or "text", writer.write)
        try:
            launch.serve(listener, lambda: click.echo(f"Copr fake: {url_of(listener)}"), writer.write)
        except CoprFakeError as error:
            raise click.ClickException(str(error)) from None


def _check_results(serve_results: bool, results_delay: float | None, public_url: str | None) -> None:
    for option, value in (("--results-delay", results_delay), ("--public-url", public_url)):
        if value is not None and not serve_results:
            raise Failure(f"{option} is about results, of which there are none; add --serve-results, or leave it out")


def _check_control(host: str, no_control: bool, control_token: str | None, insecure_control: bool) -> None:
    from .guard import is_loopback

    if not (no_control or control_token or insecure_control or is_loopback(host)):
        raise Failure(
            f"others than this machine can ask {host}, and could steer the fake; add --control-token TOKEN, "
            "--no-control, or --insecure-control"
        )


def _guard(host: str, token: str | None, allowed_hosts: tuple[str, ...], public_url: str | None) -> Guard:
    """Make the guard, to whom the server's public host name is one of its own."""
    from .guard import Guard

    public = None if public_url is None else urlsplit(public_url).hostname
    return Guard(host, token, [*allowed_hosts, *([public] if public else [])])


def _bind(host: str, port: int) -> socket.socket:
    from .serving import bind

    try:
        return bind(host, port)
    except OSError as error:
        raise Failure(
            f"cannot listen on {host} port {port}: {_reason(error)}; choose another --host or --port, or --port 0"
        ) from None


def _reason(error: OSError) -> str:
    """What the system says, without what Python adds; an unknown host has no number of the system's."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
