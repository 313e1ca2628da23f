"""Typical functions that poll builds in Copr, written without knowledge of the kit."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import requests
from copr.v3 import Client
from copr.v3.pagination import next_page

COPR = "https://copr.fedorainfracloud.org"
FINAL = {"succeeded", "failed", "canceled", "skipped", "forked"}


def wait_with_httpx(build_id: int, chrootname: str, sleep: Callable[[float], object] = time.sleep) -> str:
    with httpx.Client(base_url=f"{COPR}/api_3") as client:
        while True:
            answer = client.get("/build-chroot", params={"build_id": build_id, "chrootname": chrootname})
            answer.raise_for_status()
            state = str(answer.json()["state"])
            if state in FINAL:
                return state
            sleep(30)


async def wait_with_async_httpx(build_id: int, chrootnames: list[str]) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=f"{COPR}/api_3") as client:

        async def wait(chrootname: str) -> str:
            while True:
                answer = await client.get("/build-chroot", params={"build_id": build_id, "chrootname": chrootname})
                state = str(answer.json()["state"])
                if state in FINAL:
                    return state
                await asyncio.sleep(0)

        states = await asyncio.gather(*map(wait, chrootnames))
    return dict(zip(chrootnames, states, strict=True))


def failed_chroots_with_requests(build_id: int) -> list[str]:
    session = requests.Session()
    failed: list[str] = []
    offset = 0
    while True:
        params = {"build_id": build_id, "limit": 100, "offset": offset}
        answer = session.get(f"{COPR}/api_3/build-chroot/list", params=params, timeout=10)
        answer.raise_for_status()
        items = answer.json()["items"]
        failed += [item["name"] for item in items if item["state"] == "failed"]
        if len(items) < 100:
            return failed
        offset += 100


def built_nevras_with_the_official_client(client: Client, build_id: int) -> set[str]:
    """Wait for all chroots of a build, page by page; return the NEVRAs of the built packages."""
    proxy = client.build_chroot_proxy
    while True:
        chroots: list[Any] = []
        page = proxy.get_list(build_id, pagination={"limit": 2})
        while page:
            chroots += page
            page = next_page(page)
        if all(chroot.state in FINAL for chroot in chroots):
            break
    nevras = set()
    for chroot in chroots:
        for package in proxy.get_built_packages(build_id, chroot.name).packages:
            nevras.add("{name}-{version}-{release}.{arch}".format(**package))
    return nevras


def state_with_urllib(copr_url: str, build_id: int, chrootname: str) -> str:
    query = urlencode({"build_id": build_id, "chrootname": chrootname})
    with urllib.request.urlopen(f"{copr_url}/api_3/build-chroot?{query}", timeout=10) as answer:
        return str(json.load(answer)["state"])
