"""Comparing requests that write: in a project with a random name, which is deleted at the end, whatever happens."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import uuid4

from ..api.endpoint import ROOT
from ..errors import CoprFakeError
from .comparison import Response
from .login import Login
from .report import Report
from .sending import Copr, Question
from .steps import JSON, STEPS
from .verify import Progress
from .written import Start, compare_steps, save_written


def verify_writing(
    copr: Copr,
    owner: str,
    login: Login,
    report: Callable[[str], object],
    progress: Progress,
    directory: Path | None = None,
) -> Report:
    """Compare a sequence of requests that write, in a project of this owner.

    :param directory: where to save the responses; ``None`` to save nothing.
    :raises CoprFakeError: if Copr cannot be reached, or rejects the login.
    """
    user = json.loads(_require(copr.send(Question("GET", f"{ROOT}/auth-check", (login.header,))), "the login"))
    chroots = [*json.loads(_require(copr.send(Question("GET", f"{ROOT}/mock-chroots/list")), "the chroots"))]
    name = f"verify-{uuid4().hex}"
    names = {"owner": owner, "project": name, "fork": f"{name}-fork", "chroot": chroots[0]}
    start = Start(user["name"], chroots, names)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        result, exchanges = compare_steps(STEPS, copr.send, start, login, Report(copr.url), progress)
    finally:
        _delete(copr, owner, login, (names["fork"], name, f"{name} x"), report)
        signal.signal(signal.SIGTERM, previous)
    if directory is not None:
        save_written(directory, start, exchanges)
    return result


def _require(response: Response, what: str) -> bytes:
    if response.status != 200:
        raise CoprFakeError(f"Copr does not accept {what}: status {response.status}")
    return response.body


def _delete(copr: Copr, owner: str, login: Login, projects: tuple[str, ...], report: Callable[[str], object]) -> None:
    """Delete the projects that are left, with their builds; report those that cannot be deleted."""
    for name in projects:
        try:
            is_deleted = _delete_project(copr, owner, login, name)
        except (CoprFakeError, KeyboardInterrupt):
            is_deleted = False
        if not is_deleted:
            report(f"Error: {owner}/{name} could not be deleted; delete it yourself")


def _delete_project(copr: Copr, owner: str, login: Login, name: str) -> bool:
    listed = copr.send(Question("GET", f"{ROOT}/build/list?{urlencode({'ownername': owner, 'projectname': name})}"))
    if listed.status == 200:
        # Copr only deletes projects without unfinished builds.
        for build in json.loads(listed.body)["items"]:
            copr.send(Question("PUT", f"{ROOT}/build/cancel/{build['id']}", (login.header,)))
    target = f"{ROOT}/project/delete/{owner}/{quote(name)}"
    return copr.send(Question("DELETE", target, (login.header, JSON), b'{"verify": true}')).status in (200, 404)
