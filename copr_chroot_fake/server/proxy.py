"""A forward proxy on the port of a server: it answers for Copr's own hosts.

A program that is configured with the proxy, and trusts the server's certificate authority, reaches the fake at Copr's
addresses without knowing of it. There it finds only what Copr has: neither the control API nor named worlds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import ssl
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from ..control.worlds import InitialConfig, InitialSnapshot, Worlds
from ..engine.snapshot import take
from ..errors import InputError
from ..excerpt import excerpt
from ..service import Service
from ..validation import checks
from ..wire.answer import Answer, error_body, json_answer
from .addresses import CoprProxy, bind, url_of
from .app import ControlAdapter, ServedApp
from .connection import HttpProtocol
from .context import App, Context, Tunnel, TunnelWanted
from .guard import Guard
from .live_server import ServerThread
from .log import Report
from .program_environment import client_config, proxy_variables, sleep_variables
from .relay import open_relay
from .request import BodyWanted, Request
from .tls import CertificateAuthority, certificate_authority

COPR_HOSTS = frozenset(
    f"{name}.fedorainfracloud.org" for name in ("copr", "download.copr", "copr-dist-git", "copr-be", "copr-keygen")
)
"""The frontend, results, dist-git, backend and key server of Copr."""

_HTTPS = 443

_MAX_REPORTED = 100
"""The maximum number of rejected hosts that are reported."""

_AUTHORITY = re.compile(r"(.*?)(?::[0-9]*)?", re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")


class ProxyApp:
    """The application of a server that is a proxy, too.

    :param app: answers requests to the server itself, and to Copr.
    :param url: that of the server itself.
    :param allowed: other hosts to which connections are passed through.
    :param report: receives a line for each host that is rejected; few programs show the response.
    """

    def __init__(
        self, app: ServedApp, authority: CertificateAuthority, url: str, allowed: Collection[str], report: Report
    ) -> None:
        self._app = app
        self._authority = authority
        self._own = {urlsplit(url).netloc.lower(), f"localhost:{urlsplit(url).port}"}
        self._report = report
        self._reported: set[str] = set()
        self._allowed = frozenset(_normalize(host) for host in allowed)

    def __call__(self, request: Request) -> Answer | BodyWanted | TunnelWanted:
        authority = request.authority
        if authority is None:
            return self._app(request)
        if request.method == "CONNECT":
            # Bytes that follow a rejected CONNECT are not a request.
            request.keeps_alive = False
            return TunnelWanted(partial(self._connect, authority))
        host = _host_of(authority)
        if host in COPR_HOSTS:
            return self._app.answer_copr(request)
        if authority.lower() in self._own:
            return self._app(request)
        if host in self._allowed:
            return _problem(501, f"the proxy passes connections to {host} through, but no requests; use https://")
        return self._reject(host)

    async def _connect(self, authority: str) -> Answer | Tunnel:
        host, port = _host_of(authority), int(authority.rpartition(":")[2])
        if host in COPR_HOSTS:
            if port != _HTTPS:
                return _problem(403, f"{host} has only port {_HTTPS}, with TLS; port {port} is not served")
            return _CoprTunnel(self._app.answer_copr, self._authority.context_for(host))
        if host not in self._allowed:
            return self._reject(host)
        try:
            return await open_relay(host.strip("[]"), port)
        except OSError as error:
            return _problem(502, f"cannot connect to {host}:{port}: {error}")

    def _reject(self, host: str) -> Answer:
        """Return the response for a host that is not allowed, and report the host once."""
        problem = f"{host} is not one of Copr's hosts; to pass it through, add --proxy-allow {host}"
        if host not in self._reported and len(self._reported) < _MAX_REPORTED:
            self._reported.add(host)
            self._report(f"the proxy has rejected a request: {problem}")
        return _problem(403, problem)


class _CoprTunnel:
    """A tunnel that ends in the server, which decrypts it and answers the requests in it."""

    def __init__(self, app: App, tls: ssl.SSLContext) -> None:
        self._app = app
        self._tls = tls

    def take_over(self, context: Context, transport: asyncio.Transport, unread: bytes) -> None:
        protocol = HttpProtocol(replace(context, app=self._app), asyncio.get_running_loop(), self._tls)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if unread:
            protocol.receive(unread)

    def close(self) -> None:
        """Do nothing: no other connection is open yet."""


def check_host(location: str, value: object) -> str:
    """Return the valid name of a host.

    :raises InputError: for anything else, such as a URL.
    """
    host = checks.text(location, value)
    if not _HOST.fullmatch(host):
        raise InputError(location, f"{excerpt(host)} is not a host name; expected one such as pypi.org")
    return host


def _host_of(authority: str) -> str:
    """Return the host of an authority, without its port."""
    host = _AUTHORITY.fullmatch(authority)
    assert host is not None
    return _normalize(host[1])


def _normalize(host: str) -> str:
    return host.lower().rstrip(".")


def _problem(status: int, text: str) -> Answer:
    return json_answer(error_body(text), status)


_LOG = logging.getLogger("copr_chroot_fake.proxy")


@contextmanager
def proxying(service: Service, allow: Iterable[str]) -> Iterator[CoprProxy]:
    """Run a proxy for a fake until the end of the block, and then remove its files.

    :param allow: hosts other than Copr's to which connections are passed through.
    """
    allowed = checks.each("allow", allow, check_host)
    initial = InitialSnapshot(service, take(service.store))
    worlds = Worlds(initial, service=service)
    worlds.are_fixed = True
    control = ControlAdapter(worlds, InitialConfig(), Guard("127.0.0.1", None))
    with certificate_authority() as authority:
        listener = bind("127.0.0.1", 0)
        url = url_of(listener)
        app = ProxyApp(ServedApp(worlds, control), authority, url, allowed, _LOG.warning)
        thread = ServerThread(app, listener)
        try:
            account = next((account for account in service.store.accounts.values() if not account.expired), None)
            login = () if account is None else (account.name, account.login, account.token)
            variables = proxy_variables(url, authority.file, authority.file.parent, client_config(url, *login))
            yield CoprProxy(url, authority.file, {**os.environ, **variables, **sleep_variables(url)})
        finally:
            thread.stop()
