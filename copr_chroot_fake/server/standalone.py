"""The server of the command ``serve``."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ..cli_output import Failure
from ..control.worlds import InitialConfig, Worlds
from ..errors import CoprFakeError, needing
from ..model.account import Account
from ..model.progress import ProgressMode
from ..options import FakeOptions
from ..validation import checks
from .addresses import bind, url_of
from .app import ControlAdapter, ServedApp
from .context import App
from .guard import Guard, is_loopback
from .log import AccessLog, LogStyle, write_line
from .program_environment import client_config
from .server import serve_until_signal
from .state_file import StateFile

if TYPE_CHECKING:
    from .amqp import AmqpPublisher
    from .tls import CertificateAuthority


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    scenarios: tuple[Path, ...]
    host: str
    port: int
    speed: float
    rules: tuple[Mapping[str, object], ...]
    dist_gits: tuple[Mapping[str, object], ...]
    results_delay: float | None
    public_url: str | None
    amqp: str | None
    state: Path | None
    accounts: tuple[Account, ...]
    tls: bool
    proxy: bool
    authority: Path | None
    allowed: tuple[str, ...]
    no_control: bool
    control_token: str | None
    allowed_hosts: tuple[str, ...]
    insecure_control: bool
    worlds_mode: str
    max_worlds: int
    max_body: int
    max_head: int
    access_log: bool
    log: LogStyle | None
    progress: ProgressMode
    default_limit: int | None
    max_polls: int | None
    seed: int
    next_build_id: int
    requests_kept: int

    def check(self) -> None:
        """Check combinations of options.

        :raises Failure: naming the option that is missing.
        """
        for option, is_given, required, is_required_given in (
            ("--log", self.log is not None, "--access-log", self.access_log),
            ("--proxy-allow", bool(self.allowed), "--proxy", self.proxy),
            ("--authority", self.authority is not None, "--tls or --proxy", self.tls or self.proxy),
        ):
            if is_given and not is_required_given:
                raise Failure(f"{option} requires {required}")
        if not (self.no_control or self.control_token or self.insecure_control or is_loopback(self.host)):
            raise Failure(
                f"{self.host} is reachable from other machines, which could control the fake; add --control-token "
                "TOKEN, --no-control, or --insecure-control"
            )

    @property
    def url(self) -> str | None:
        """The URL at which clients reach the server, if it is given.

        :raises InputError: if it is invalid.
        """
        return None if self.public_url is None else checks.address("--public-url", self.public_url)

    @property
    def names(self) -> list[str]:
        """The names at which clients reach the server, beside that of its host."""
        name = None if self.url is None else urlsplit(self.url).hostname
        return [*self.allowed_hosts, *([name] if name else [])]

    @cached_property
    def initial(self) -> InitialConfig:
        """The initial state of each world."""
        given = {"submissions": [*self.rules], "dist_gits": [*self.dist_gits]}
        return InitialConfig(
            scenarios=(*([given] if any(given.values()) else []), *self.scenarios),
            options=FakeOptions(
                results_delay=self.results_delay or 0,
                progress=self.progress,
                default_limit=self.default_limit,
                max_polls=self.max_polls,
                seed=self.seed,
                next_build_id=self.next_build_id,
                requests_kept=self.requests_kept,
            ),
            speed=self.speed,
            accounts=self.accounts,
        )


def serve(given: Options) -> None:
    """Serve until a signal stops the server.

    :raises CoprFakeError: for an invalid option, scenario or state, or if an extra is not installed.
    """
    given.check()
    with ExitStack() as stack:
        _serve(given, stack)


def _serve(given: Options, stack: ExitStack) -> None:
    url = given.url
    guard = None if given.no_control else Guard(given.host, given.control_token, given.names)
    publisher = None if given.amqp is None else _make_publisher(given.amqp)
    state_file = None if given.state is None else stack.enter_context(StateFile(given.state))
    worlds = _make_worlds(given, state_file)
    authority = stack.enter_context(_open_authority(given.authority)) if given.tls or given.proxy else None
    certificate = _certificate(authority, given.host, *given.names) if authority and given.tls else None
    listener = _bind(given.host, given.port)
    own_url = url_of(listener, "https" if given.tls else "http")
    save = None if state_file is None else state_file.save
    control = None if guard is None else ControlAdapter(worlds, given.initial, guard, save, max_body=given.max_body)
    app = _make_app(given, ServedApp(worlds, control), authority, own_url)
    if url is not None or not given.proxy:
        worlds.set_url(url or own_url)
    if publisher is not None:
        stack.callback(publisher.close)
        publisher.start(worlds.main, write_line)
    if state_file is not None:
        stack.callback(_save, state_file, worlds)
    serve_until_signal(
        app,
        listener,
        lambda: _print_urls(own_url, guard is not None, authority, given.accounts[:1]),
        given.max_head,
        write_line,
        AccessLog(given.log or "text", write_line) if given.access_log else None,
        certificate,
    )


def _make_app(given: Options, served: ServedApp, authority: CertificateAuthority | None, url: str) -> App:
    if authority is None or not given.proxy:
        return served
    from .proxy import ProxyApp

    return ProxyApp(served, authority, url, given.allowed, write_line)


def _open_authority(kept: Path | None) -> AbstractContextManager[CertificateAuthority]:
    """Return the authority in a file, or a new one, whose file exists within the context.

    :raises CoprFakeError: if the extra is not installed, or for a file without an authority.
    """
    with needing("--tls or --proxy", "trustme", "tls"):
        from .tls import certificate_authority, kept_authority
    return certificate_authority() if kept is None else nullcontext(kept_authority(kept))


def _certificate(authority: CertificateAuthority, *names: str) -> SSLContext:
    """Return a certificate for all names at which clients reach the server.

    :raises InputError: if one of them cannot be in a certificate.
    """
    from .tls import LOOPBACK

    return authority.context_for(*LOOPBACK, *names)


def _print_urls(url: str, has_page: bool, authority: CertificateAuthority | None, accounts: Iterable[Account]) -> None:
    """Print the addresses, and what ``~/.config/copr`` needs for accounts."""
    lines = [f"Copr fake: {url}", *([f"Page: {url}/_fake/"] if has_page else [])]
    if authority is not None:
        lines.append(f"Certificate authority: {authority.file}")
    lines += [client_config(url, account.name, account.login, account.token).rstrip() for account in accounts]
    # In one write, so that a reader may close the pipe after the first line.
    click.echo("\n".join(lines))


def _make_publisher(url: str) -> AmqpPublisher:
    """Return what publishes messages to a broker.

    :raises CoprFakeError: for an invalid URL, or if the extra is not installed.
    """
    with needing("--amqp", "copr-messaging with fedora-messaging", "messages"):
        import copr_messaging.schema  # noqa: F401  # used for each message

        from .amqp import AmqpPublisher
    return AmqpPublisher(url)


def _make_worlds(given: Options, state_file: StateFile | None) -> Worlds:
    """Return the saved worlds, or new ones.

    :raises CoprFakeError: for an invalid scenario or state.
    """
    # Created even if the state replaces it, to report invalid scenarios now and not at a reset.
    service = given.initial.make()
    loaded = None if state_file is None else state_file.load(given.initial, given.max_worlds)
    worlds = Worlds(given.initial, given.max_worlds, service) if loaded is None else loaded
    worlds.are_fixed = given.worlds_mode == "fixed"
    return worlds


def _save(state_file: StateFile, worlds: Worlds) -> None:
    try:
        state_file.save(worlds)
    except CoprFakeError as error:
        raise click.ClickException(str(error)) from None


def _bind(host: str, port: int) -> socket.socket:
    try:
        return bind(host, port)
    except OSError as error:
        # Without Python's additions; for unknown hosts, errno is not positive.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
        raise Failure(
            f"cannot listen on {host} port {port}: {reason}; choose another --host or --port, or --port 0"
        ) from None
