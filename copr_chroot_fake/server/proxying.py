"""A proxy in a thread, through which any program reaches a fake at Copr's own addresses."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..control.initial import InitialConfig, InitialSnapshot
from ..control.worlds import Worlds
from ..engine.snapshot import take
from ..service import Service
from ..validation import checks
from .addresses import CoprProxy
from .app import ServedApp
from .certificates import certificate_authority
from .control_adapter import ControlAdapter
from .guard import Guard
from .program_environment import client_config, proxy_variables
from .proxy import ProxyApp, check_host
from .server_thread import ServerThread
from .sockets import bind, url_of

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
            variables = proxy_variables(url, authority.file, authority.directory, client_config(url, *login))
            yield CoprProxy(url, authority.file, {**os.environ, **variables})
        finally:
            thread.stop()
