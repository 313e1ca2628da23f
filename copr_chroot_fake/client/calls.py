"""The calls of the API: which request each sends, and what it reads out of the answer, for both clients."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import TypedDict, cast

import httpx

from .. import checks
from ..builds.projects import COPR_URL as COPR_URL
from ..errors import InputError
from .results import (
    BuildConfig,
    BuiltPackage,
    ChrootPage,
    ChrootStatus,
    read_chroot,
    read_config,
    read_packages,
    read_page,
)
from .steps import OnProgress, Retries, Steps, Wait, fetch, wait_for_all, wait_for_one


class HttpOptions(TypedDict, total=False):
    """How both kinds of ``httpx`` client are made."""

    base_url: str
    timeout: float
    verify: ssl.SSLContext


def http_options(url: str, timeout: float, has_transport: bool) -> HttpOptions:
    options: HttpOptions = {"base_url": f"{checks.text('url', url).rstrip('/')}/api_3/", "timeout": timeout}
    if has_transport or url.startswith("http://"):
        # Making a context takes milliseconds, and nothing would use it; httpx takes what it is given for one.
        options["verify"] = cast(ssl.SSLContext, None)
    return options


class Calls:
    """One generator of steps for each call."""

    def __init__(self, http: httpx.Client | httpx.AsyncClient, retries: int, now: Callable[[], float]) -> None:
        self.retries = Retries(checks.whole_number("retries", retries))
        self._http = http
        self._now = now

    def get(self, build_id: int, chrootname: str) -> Steps[ChrootStatus]:
        return read_chroot((yield from fetch(self._of_chroot("build-chroot", build_id, chrootname), self.retries)))

    def get_list(
        self, build_id: int, limit: int | None, offset: int | None, order_type: str | None
    ) -> Steps[ChrootPage]:
        request = self._request(
            "build-chroot/list", build_id=build_id, limit=limit, offset=offset, order_type=order_type
        )
        return read_page((yield from fetch(request, self.retries)))

    def get_build_config(self, build_id: int, chrootname: str) -> Steps[BuildConfig]:
        request = self._of_chroot("build-chroot/build-config", build_id, chrootname)
        return read_config((yield from fetch(request, self.retries)))

    def get_built_packages(self, build_id: int, chrootname: str) -> Steps[tuple[BuiltPackage, ...]]:
        request = self._of_chroot("build-chroot/built-packages", build_id, chrootname)
        return read_packages((yield from fetch(request, self.retries)))

    def get_document(self, path: str, arguments: Mapping[str, int | str]) -> Steps[Mapping[str, object]]:
        return fetch(self._request(path, **arguments), self.retries)

    def wait_for_one(
        self, build_id: int, chrootname: str, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> Steps[ChrootStatus]:
        request = self._of_chroot("build-chroot", build_id, chrootname)
        return wait_for_one(request, self._wait(build_id, timeout, poll, on_progress), self.retries)

    def wait_for_all(
        self, build_id: int, timeout: float, poll: float, on_progress: OnProgress | None
    ) -> Steps[tuple[ChrootStatus, ...]]:
        def page(offset: int) -> httpx.Request:
            return self._request("build-chroot/list", build_id=build_id, offset=offset or None)

        return wait_for_all(page, self._wait(build_id, timeout, poll, on_progress), self.retries)

    def _wait(self, build_id: int, timeout: float, poll: float, on_progress: OnProgress | None) -> Wait:
        if not checks.amount("poll", poll):
            raise InputError("poll", "0 would ask without end; expected how many seconds to leave between asking")
        return Wait(build_id, checks.amount("timeout", timeout), poll, on_progress, self._now)

    def _of_chroot(self, path: str, build_id: int, chrootname: str) -> httpx.Request:
        return self._request(path, build_id=build_id, chrootname=chrootname)

    def _request(self, path: str, **arguments: int | str | None) -> httpx.Request:
        said = {name: value for name, value in arguments.items() if value is not None}
        return self._http.build_request("GET", path, params=said)
