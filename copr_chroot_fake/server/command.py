"""The command ``serve``; the server is imported when the command runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from ..cli_output import Failure, complete_scenario, failing
from ..control.limits import MAX_CONTROL_BODY, MAX_HEAD, MAX_WORLDS
from ..errors import InputError
from ..excerpt import excerpt
from ..model.progress import ProgressMode
from ..option_texts import OPTION_TEXTS
from ..scenario.files import DEFAULT_SCENARIO, bundled_directory
from ..validation.checks import LARGEST_INTEGER

if TYPE_CHECKING:
    from ..model.account import Account

Command = TypeVar("Command", bound=Callable[..., Any])

_TOKEN_VARIABLE = "COPR_FAKE_CONTROL_TOKEN"
_HOST_NAME = re.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")


# The types of options: each parses a text, or raises click.BadParameter.


def _parse_limit(text: str) -> int | None:
    """Parse a number of items, or ``none`` for no limit."""
    if text == "none":
        return None
    if text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= LARGEST_INTEGER:
        return int(text)
    raise click.BadParameter(
        f"{excerpt(text)} is not a limit; expected a whole number from 1 to {LARGEST_INTEGER}, or none"
    )


def _parse_account(text: str) -> Account:
    """Parse a user account: name, login, token, groups whose projects the user may change, and flags."""
    from ..model.account import Account

    name, _, rest = text.partition(":")
    login, _, rest = rest.partition(":")
    token, _, items = rest.partition(":")
    groups = [item for item in items.split(",") if item]
    flags = {flag: flag in groups for flag in ("admin", "expired")}
    if not (name and login and token):
        # The message does not quote the text, which may contain a token.
        raise click.BadParameter("expected NAME:LOGIN:TOKEN, or NAME:LOGIN:TOKEN:@GROUP,…,admin,expired")
    try:
        return Account(name, login, token, tuple(group for group in groups if group not in flags), **flags)
    except InputError as error:
        raise click.BadParameter(f"{name!r}: {error}") from None


def _parse_rule(text: str) -> Mapping[str, object]:
    """Parse a rule for submitted builds, as KEY=VALUE,KEY=VALUE; return it as in a scenario."""
    from ..scenario.spec import SubmissionRuleSpec
    from ..validation.spec import parse

    rule: dict[str, object] = {}
    for pair in text.split(","):
        key, separator, value = pair.partition("=")
        if not separator:
            raise click.BadParameter(f"{excerpt(pair)} has no value; expected KEY=VALUE,…, such as package=hello")
        rule[key] = int(value) if key == "nth" and value.isascii() and value.isdigit() and len(value) < 20 else value
    try:
        parse(SubmissionRuleSpec, "", rule)
    except InputError as error:
        raise click.BadParameter(str(error)) from None
    return rule


def _parse_dist_git(text: str) -> Mapping[str, object]:
    """Parse a dist-git, as NAME=CLONE_URL; return it as in a scenario."""
    from ..scenario.spec import DistGit
    from ..validation.spec import parse

    name, _, url = text.partition("=")
    try:
        parse(DistGit, "", dist_git := {"name": name, "clone_url": url})
    except InputError as error:
        raise click.BadParameter(str(error)) from None
    return dist_git


def _parse_host_name(text: str) -> str:
    """Parse a host name without scheme and port."""
    if not _HOST_NAME.fullmatch(text):
        raise click.BadParameter(f"{text!r} is not a host name; expected one such as copr, without http:// and port")
    return text


def sources_of(scenarios: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the scenarios that a command is given, or the default one."""
    return scenarios or (bundled_directory() / DEFAULT_SCENARIO,)


progress_option = click.option(
    "--progress",
    default="clock",
    show_default=True,
    type=click.Choice(get_args(ProgressMode)),
    help=OPTION_TEXTS["progress"],
)
speed_option = click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds on the fake's clock for each real second.",
)
proxy_allow_option = click.option(
    "--proxy-allow",
    "allowed",
    multiple=True,
    type=_parse_host_name,
    metavar="HOST",
    help="Host, besides Copr's, to which the proxy passes connections through; can be repeated. By default, "
    "connections to other hosts are rejected.",
)


def _number_option(
    *names: str, default: int, help: str, minimum: int = 0, maximum: int | None = None
) -> Callable[[Command], Command]:
    """Return an option that takes a whole number."""
    return click.option(*names, default=default, show_default=True, type=click.IntRange(minimum, maximum), help=help)


def _read_token(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the control token from the option or the environment.

    :raises Failure: if it is empty, or if clients cannot send it.
    """
    # Click treats an empty variable as unset; but an empty token must not mean that none is required.
    given = os.environ.get(_TOKEN_VARIABLE) if value is None else value
    if given is None:
        return None
    from .guard import check_token

    try:
        return check_token("--control-token", given)
    except InputError as error:
        raise Failure(f"{error} (it is also read from {_TOKEN_VARIABLE})") from None


@click.command()
@click.argument(
    "scenarios", metavar="[SCENARIO]...", nargs=-1, type=click.Path(path_type=Path), shell_complete=complete_scenario
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@_number_option("--port", default=5000, maximum=65535, help="Port to listen on; 0 selects a free port.")
@click.option(
    "--default-limit",
    default="100",
    show_default=True,
    type=_parse_limit,
    metavar="100|none",
    help=OPTION_TEXTS["default_limit"],
)
@click.option(
    "--max-polls",
    default="1000",
    show_default=True,
    type=_parse_limit,
    metavar="1000|none",
    help=OPTION_TEXTS["max_polls"],
)
@progress_option
@speed_option
@_number_option("--seed", default=0, maximum=LARGEST_INTEGER, help=OPTION_TEXTS["seed"])
@click.option(
    "--on-submit",
    "rules",
    multiple=True,
    type=_parse_rule,
    metavar="KEY=VALUE,…",
    help="Rule for submitted builds, such as package=hello,lifecycle=fails, with the keys of submissions "
    "in a scenario; can be repeated. The first rule that matches applies.",
)
@click.option(
    "--dist-git",
    "dist_gits",
    multiple=True,
    type=_parse_dist_git,
    metavar="NAME=CLONE_URL",
    help="A dist-git that Copr knows beside fedora, such as centos=https://git.centos.org; can be repeated.",
)
@_number_option("--next-build-id", default=1, minimum=1, maximum=LARGEST_INTEGER, help=OPTION_TEXTS["next_build_id"])
@click.option(
    "--results-delay",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help=f"{OPTION_TEXTS['results_delay']}  [default: 0]",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="URL at which clients reach this server for results, if it is not the one it listens on.",
)
@click.option(
    "--amqp",
    metavar="URL",
    help="Broker to which the messages of the main world are published, such as amqp://rabbitmq; needs the messages "
    "extra.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to load the state from, if it exists, and to save it to at exit. By default no state is saved.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    type=_parse_account,
    metavar="NAME:LOGIN:TOKEN[:@GROUP,…,admin,expired]",
    help="User who may log in, with the groups whose projects the user may change, as an administrator, or with an "
    "expired token; can be repeated. A configuration of Copr's clients is printed for the first one. By default, any "
    "login is accepted, with full permissions.",
)
@click.option(
    "--tls",
    is_flag=True,
    help="Serve https, with a certificate of a new authority, whose file is printed; needs the tls extra.",
)
@click.option(
    "--proxy",
    is_flag=True,
    help="Also serve as a forward proxy, which answers for Copr's hosts, with certificates of a new authority, whose "
    "file is printed; needs the tls extra.",
)
@click.option(
    "--authority",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Certificate of the authority of --tls or --proxy, with its key in FILE.key; both are created if missing. "
    "Clients that trust the file trust every server with it. By default, each server has an authority of its own.",
)
@proxy_allow_option
@click.option("--no-control", is_flag=True, help="Do not serve the control API and the page under /_fake/.")
@click.option(
    "--control-token",
    envvar=_TOKEN_VARIABLE,
    show_envvar=True,
    callback=_read_token,
    help="Token required in control calls; needed if other machines can reach the server.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    type=_parse_host_name,
    metavar="NAME",
    help="Host name that control calls without a token may use, such as a docker compose service; can be repeated. "
    "IP addresses, localhost, and the names in --host and --public-url are always allowed.",
)
@click.option("--insecure-control", is_flag=True, help="Allow everybody who can reach the server to control the fake.")
@click.option(
    "--worlds",
    "worlds_mode",
    default="on-demand",
    show_default=True,
    type=click.Choice(["on-demand", "fixed"]),
    help="Whether the first request to a named world creates it, or only a control call does, so that a mistyped name "
    "gets a 404.",
)
@_number_option("--max-worlds", default=MAX_WORLDS, help="Maximum number of named worlds.")
@_number_option(
    "--journal",
    "requests_kept",
    default=10_000,
    maximum=LARGEST_INTEGER,
    help=OPTION_TEXTS["requests_kept"],
)
@_number_option("--max-body", default=MAX_CONTROL_BODY, help="Maximum body of a control call, in bytes.")
@_number_option(
    "--max-head", default=MAX_HEAD, minimum=1024, help="Maximum size of a request without its body, in bytes."
)
@click.option("--access-log", is_flag=True, help="Write a line for each request to standard error.")
@click.option(
    "--log", type=click.Choice(["text", "json"]), help="Format of these lines; requires --access-log.  [default: text]"
)
@failing()
def serve(**options: Any) -> None:
    """Serve a fake Copr over HTTP until Ctrl-C or SIGTERM.

    SCENARIO defines projects, builds with their lifecycles, and faults. It is a
    JSON file (or YAML, with the yaml extra), or the name of a bundled scenario,
    such as mass-rebuild. Several scenarios are combined. The default is
    all-states: its build 1 has a chroot in every state and does not change; its
    build 3 advances.

    \b
    When the server is ready, it prints its URL, and that of its page:
        Copr fake: http://127.0.0.1:5000
        Page: http://127.0.0.1:5000/_fake/
    With --tls or --proxy, it also prints the file with which clients verify its
    certificates:
        Certificate authority: /tmp/…/authority.pem
    With --account, it also prints the content of ~/.config/copr for the first
    one.

    \b
    Try it:
        curl 'http://127.0.0.1:5000/api_3/build-chroot/list?build_id=1'
        copr-chroot-fake serve --speed 60
        curl 'http://127.0.0.1:5000/api_3/build-chroot/list?build_id=3'

    Watch and control it on the page. Each NAME has a separate fake
    below http://127.0.0.1:5000/worlds/NAME.

    Exit status: 0 after Ctrl-C or SIGTERM, 2 for an invalid scenario or option,
    or if the port is in use, 1 if the state could not be saved.
    """
    from .server import end_on_signals

    end_on_signals()
    from . import standalone

    scenarios = sources_of(options.pop("scenarios"))
    standalone.serve(standalone.Options(scenarios=scenarios, **options))
