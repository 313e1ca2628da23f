"""The work of an operation is bounded for each item that it returns or changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

import pytest

from copr_chroot_fake import FakeCopr, FakeOptions, LifecycleName
from copr_chroot_fake.control.api import ControlApi
from copr_chroot_fake.control.call import Setting
from copr_chroot_fake.control.operations import OPERATIONS
from copr_chroot_fake.control.worlds import InitialConfig, World, Worlds
from copr_chroot_fake.wire.answer import Answer

from ..chroots import F41, F42
from ..examples import sample
from ..steps import count_steps
from ..worlds import fake_of
from .clients import completed

SMALL, LARGE = 5, 40
"""Numbers of builds, requests and so on in the two worlds that are compared."""


class Case(NamedTuple):
    """A call of an operation that returns or changes the same in both worlds.

    :param grows: with what its work may grow: with nothing, or with all that is in the world, but in proportion.
    """

    target: str
    body: object = None
    grows: Literal["no", "with the world"] = "no"


BUILD = "/builds/3"
CHROOT = f"{BUILD}/chroots/{F41}"
ABOUT = {"build_id": 3, "chrootname": F41}
WHOLE: Literal["with the world"] = "with the world"

CASES: Mapping[str, tuple[Case, ...]] = {
    "GET /health": (Case("/health"),),
    "GET /overview": (
        Case("/overview?builds=5"),
        Case("/overview?builds=5&after=8"),
        Case("/overview?builds=5&offset=3"),
        Case("/overview?builds=5&search=jdoe&state=pending", grows=WHOLE),
    ),
    "GET /events": (Case("/events"),),
    "POST /save": (Case("/save", grows=WHOLE),),
    "GET /worlds": (Case("/worlds?limit=5"), Case("/worlds?limit=5&offset=2")),
    "GET /worlds/{world}": (Case("/worlds/w1"), Case("/worlds/none")),
    "PUT /worlds/{world}": (Case("/worlds/w1", {}),),
    "DELETE /worlds/{world}": (Case("/worlds/w1"), Case("/worlds/none")),
    "POST /worlds/{world}/reset": (Case("/worlds/w1/reset"),),
    "POST /reset": (Case("/reset"),),
    "GET /scenario": (Case("/scenario", grows=WHOLE),),
    "PUT /scenario": (Case("/scenario", {"builds": []}),),
    "POST /scenario": (Case("/scenario", {"builds": [{"id": 9999, "chroots": [{"name": F41}]}]}),),
    "DELETE /scenario": (Case("/scenario"),),
    "GET /seed": (Case("/seed"),),
    "POST /seed": (Case("/seed", {"seed": 1}),),
    "GET /accounts": (Case("/accounts?limit=5"), Case("/accounts?limit=5&offset=3")),
    "POST /accounts": (Case("/accounts", {"name": "x", "login": "x", "token": "x"}),),
    "GET /groups": (Case("/groups?limit=5"), Case("/groups?limit=5&offset=3")),
    "POST /groups": (Case("/groups", {"name": "@x"}),),
    "GET /clock": (Case("/clock"),),
    "PATCH /clock": (Case("/clock", {"tick": 5}),),
    "GET /changes": (
        Case("/changes?limit=5", grows=WHOLE),
        Case("/changes?limit=5&offset=2", grows=WHOLE),
        Case(f"/changes?limit=5&build_id=3&chrootname={F41}", grows=WHOLE),
    ),
    "GET /snapshots": (Case("/snapshots?limit=2"),),
    "POST /snapshots": (Case("/snapshots", grows=WHOLE),),
    "DELETE /snapshots/{snapshot_id}": (Case("/snapshots/1"), Case("/snapshots/999")),
    "POST /snapshots/{snapshot_id}/restore": (Case("/snapshots/1/restore", grows=WHOLE),),
    "GET /projects": (
        Case("/projects?limit=5"),
        Case("/projects?limit=5&offset=3"),
        Case("/projects?limit=5&search=jdoe", grows=WHOLE),
    ),
    "GET /packages": (Case("/packages?limit=5", grows=WHOLE), Case("/packages?limit=5&search=hello", grows=WHOLE)),
    "POST /projects": (Case("/projects", {"ownername": "x", "projectname": "y"}),),
    "POST /populate": (Case("/populate", {"builds": 2, "chroots": 2}),),
    "POST /mock-chroots": (Case("/mock-chroots", {"names": ["fedora-99-x86_64"]}),),
    "GET /builds": (
        Case("/builds?limit=5"),
        Case("/builds?limit=5&offset=3"),
        Case("/builds?limit=5&search=jdoe", grows=WHOLE),
    ),
    "POST /builds": (Case("/builds", {"id": 9999, "chroots": [F41]}),),
    "GET /builds/{build_id}": (Case(BUILD), Case("/builds/9999")),
    "DELETE /builds/{build_id}": (Case(BUILD),),
    "POST /builds/{build_id}/cancel": (Case(f"{BUILD}/cancel"),),
    "POST /builds/{build_id}/report-source": (
        Case(f"{BUILD}/report-source", {"state": "running"}),
        Case(f"{BUILD}/report-source", {"state": "succeeded", "package": "hello", "skip": [F42]}),
        Case(f"{BUILD}/report-source", {"state": "failed"}),
    ),
    "POST /builds/{build_id}/report-import": (
        Case("/builds/10000/report-import"),
        Case("/builds/10000/report-import", {"failed_for": ["fedora-42"]}),
    ),
    "POST /builds/{build_id}/advance": (Case(f"{BUILD}/advance"), Case(f"{BUILD}/advance", {"to": "end"})),
    "POST /builds/{build_id}/chroots": (Case(f"{BUILD}/chroots", {"name": "fedora-99-x86_64"}),),
    "GET /builds/{build_id}/chroots/{chrootname}": (Case(CHROOT), Case(f"{BUILD}/chroots/x")),
    "POST /builds/{build_id}/chroots/{chrootname}/report": (Case(f"{CHROOT}/report", {"state": "failed"}),),
    "POST /builds/{build_id}/chroots/{chrootname}/state": (Case(f"{CHROOT}/state", {"state": "failed"}),),
    "POST /builds/{build_id}/chroots/{chrootname}/advance": (
        Case(f"{CHROOT}/advance"),
        Case(f"{CHROOT}/advance", {"to": "succeeded"}),
    ),
    "POST /builds/{build_id}/chroots/{chrootname}/hold": (Case(f"{CHROOT}/hold", {"state": "running"}),),
    "POST /builds/{build_id}/chroots/{chrootname}/release": (Case(f"/builds/4/chroots/{F41}/release"),),
    "POST /builds/{build_id}/source-results": (
        Case(f"{BUILD}/source-results", {"name": "hello.spec", "content": "Name: hello"}),
    ),
    "POST /builds/{build_id}/chroots/{chrootname}/results": (
        Case(f"{CHROOT}/results", {"name": "review.json", "content": {"base64": "e30="}}),
    ),
    "GET /messages": (
        Case("/messages?limit=5"),
        Case("/messages?limit=5&offset=2"),
        Case("/messages?limit=5&after=3"),
        Case("/messages?limit=5&search=hello", grows=WHOLE),
        Case(f"/messages?limit=5&topic=copr.build.end&build_id=3&chrootname={F41}"),
    ),
    "GET /requests": (
        Case("/requests?limit=5"),
        Case("/requests?limit=5&offset=2"),
        Case("/requests?limit=5&after=3"),
        Case("/requests?limit=5&endpoint=build-chroot/list", grows=WHOLE),
        Case("/requests?limit=5&search=list", grows=WHOLE),
        Case("/requests?limit=5&status=200", grows=WHOLE),
        Case(f"/requests?limit=5&endpoint=build-chroot&build_id=3&chrootname={F41}", grows=WHOLE),
    ),
    "DELETE /requests": (Case("/requests"),),
    "GET /requests/count": (
        Case("/requests/count"),
        Case(f"/requests/count?endpoint=build-chroot&chrootname={F41}", grows=WHOLE),
    ),
    "GET /unmatched": (Case("/unmatched?limit=2", grows=WHOLE), Case("/unmatched?limit=2&offset=2", grows=WHOLE)),
    "POST /verify": (
        Case("/verify", {"assertion": "requested", "endpoint": "build-chroot/list"}, grows=WHOLE),
        Case("/verify", {"assertion": "requested", "endpoint": "build-chroot/list", **ABOUT}, grows=WHOLE),
        Case("/verify", {"assertion": "requested", "endpoint": "build-chroot/list", "times": 9999}, grows=WHOLE),
        Case("/verify", {"assertion": "not-requested", "endpoint": "build-chroot/list", "build_id": 3}, grows=WHOLE),
        Case("/verify", {"assertion": "submitted", "project": "jdoe/p1"}),
        Case("/verify", {"assertion": "project-created", "project": "jdoe/p1"}),
        Case("/verify", {"assertion": "polled-no-faster-than", "seconds": 9}, grows=WHOLE),
        Case("/verify", {"assertion": "polled-no-faster-than", "seconds": 0}, grows=WHOLE),
        Case("/verify", {"assertion": "polled-no-faster-than", "seconds": 9, **ABOUT}, grows=WHOLE),
        Case("/verify", {"assertion": "all-pages-read", "build_id": 3}, grows=WHOLE),
        Case("/verify", {"assertion": "all-pages-read", "build_id": 4}, grows=WHOLE),
    ),
    "GET /faults": (Case("/faults?limit=5"), Case("/faults?limit=5&offset=3")),
    "POST /faults": (Case("/faults", "outage"),),
    "DELETE /faults": (Case("/faults"),),
    "DELETE /faults/{fault_id}": (Case("/faults/3"), Case("/faults/9999")),
    "GET /submission-rules": (Case("/submission-rules?limit=5"), Case("/submission-rules?limit=5&offset=3")),
    "POST /submission-rules": (Case("/submission-rules", {"lifecycle": "fails"}),),
    "DELETE /submission-rules": (Case("/submission-rules"),),
    "DELETE /submission-rules/{rule_id}": (Case("/submission-rules/3"), Case("/submission-rules/9999")),
    "GET /next-build-id": (Case("/next-build-id"),),
    "POST /next-build-id": (Case("/next-build-id", {"next_build_id": 20_000}),),
}
"""Calls of each operation, by method and path."""


def test_every_operation_has_a_case() -> None:
    assert set(CASES) == {f"{operation.method} {operation.path}" for operation in OPERATIONS}


def filled(size: int) -> Worlds:
    """Return worlds with ``size`` of everything."""
    worlds = Worlds(InitialConfig(options=FakeOptions(progress="manual")))
    for number in range(size):
        worlds.get_or_create(f"w{number}")
    fill(fake_of(worlds.main), size)
    for _ in range(2):
        worlds.main.take_snapshot()
    return worlds


shared = cache(filled)
"""Worlds for calls that a snapshot undoes completely; filling them takes much longer than a call."""

LASTING = re.compile("(PUT|POST|DELETE) /(worlds|reset|snapshots|requests)|PUT /scenario")
"""Calls whose changes a snapshot does not undo."""


def measure(size: int, method: str, case: Case) -> tuple[int, int]:
    """The steps of a call in a world with ``size`` of everything, and how many items it returns."""
    worlds = (filled if LASTING.match(f"{method} {case.target}") else shared)(size)
    with fake_of(worlds.main).snapshot():
        return measure_in(worlds, method, case)


def measure_in(worlds: Worlds, method: str, case: Case) -> tuple[int, int]:
    api = ControlApi(Setting(worlds, InitialConfig(options=FakeOptions(progress="manual")), save))
    path, _, query = case.target.partition("?")
    body = b"" if case.body is None else json.dumps(case.body).encode()
    answers: list[Answer] = []
    # Log entries and changes are parsed once, on first access, which is not counted here.
    for read_once in ("/requests/count?endpoint=build-chroot", "/changes", "/messages", "/unmatched?limit=1"):
        assert answer(api, worlds.main, "GET", *read_once.partition("?")[::2], b"").status == 200
    for build_id in (3, 4):
        verified = json.dumps({"assertion": "all-pages-read", "build_id": build_id}).encode()
        assert answer(api, worlds.main, "POST", "/verify", "", verified).status == 200
    steps = count_steps(lambda: answers.append(answer(api, worlds.main, method, path, query, body)))
    assert answers[0].status in (200, 201, 204, 404)
    return steps, number_of_items(json.loads(answers[0].body.removeprefix(b"data: ") or b"null"))


def answer(api: ControlApi, world: World, method: str, path: str, query: str, body: bytes) -> Answer:
    """The answer to a call, or the first event."""
    return completed(api.answer(world, method, path, query, body))


def save(worlds: Worlds) -> str:
    """Write the scenario, as a save does."""
    return str(fake_of(worlds.main).to_scenario())[:9]


def number_of_items(document: object) -> int:
    """Return the number of objects in a document, at least 1."""
    if isinstance(document, dict):
        return 1 + sum(number_of_items(value) for value in document.values() if isinstance(value, (dict, list)))
    return max(1, sum(map(number_of_items, document))) if isinstance(document, list) else 1


def fill(fake: FakeCopr, size: int) -> None:
    for number in range(1, size + 1):
        lifecycle: LifecycleName = "deleted" if number % 3 == 1 else "succeeds"
        fake.add_build([F41, F42], id=number, project=f"jdoe/p{number}", lifecycle=lifecycle)
        fake.add_account(f"u{number}", f"l{number}", "t")
        fake.add_group(f"@g{number}")
        fake.answer("GET", f"/api_3/build-chroot/list/{number}")
        fake.answer("GET", f"/api_3/build-chroot/{number}/{F41}")
        fake.answer("GET", f"/api_3/build-chroot/3/{F41}")
        fake.answer("GET", "/api_3/build-chroot/list/3")
        fake.answer("GET", "/api_3/build-chroot/list/4?limit=1")
        fake.answer("GET", f"/api_3/build-chroot/list/{number + 5000}")
        fake.builds[number][F42].advance()
    fake.add_build([F41, F42], id=10_000, project="jdoe/p3")
    fake.builds[10_000].report_source("succeeded")
    for number in range(1, size + 1):
        fake.faults.add("outage")
        fake.on_submit(package=f"p{number}", lifecycle="fails")
        fake.builds[number][F41].hold("starting")
    fake.builds[3][F41].hold("succeeded")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("operation", "case"),
    [
        pytest.param(name, case, id=f"{name} {case.target} {case.body}")
        for name, case in sample((name, case) for name, cases in CASES.items() for case in cases)
    ],
)
def test_work_of_operation_is_bounded(operation: str, case: Case) -> None:
    """It is the same in large and small worlds, or proportional if the whole world is returned."""
    method = operation.partition(" ")[0]
    (small, few), (large, many) = (measure(size, method, case) for size in (SMALL, LARGE))
    growth = max(1, many / few) if case.grows == "no" else LARGE / SMALL
    assert large <= small * growth * 1.2 + 100, (small, few, large, many)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("method", "target", "body"),
    sample(
        [
            ("POST", "/builds/1/advance", None),
            ("POST", "/builds/1/advance", {"to": "end"}),
            ("POST", "/builds/1/cancel", None),
            ("POST", f"/builds/1/chroots/{F41}/advance", None),
            ("PATCH", "/clock", {"tick": 5000}),
            ("GET", "/builds/1", None),
            ("GET", "/changes?limit=5", None),
            ("GET", "/scenario", None),
        ]
    ),
)
@pytest.mark.parametrize("lifecycle", ["succeeds", "deleted", "canceled-while-running"])
@pytest.mark.parametrize("progress", ["manual", "clock"])
def test_work_on_build_is_linear_in_chroots(
    method: str, target: str, body: object, lifecycle: LifecycleName, progress: Literal["manual", "clock"]
) -> None:
    def steps(size: int) -> int:
        fake = FakeCopr(progress=progress)
        fake.add_build(
            [F41, *(f"fedora-{number}-x86_64" for number in range(100, 99 + size))], id=1, lifecycle=lifecycle
        )
        worlds = Worlds(InitialConfig(), service=fake.service)
        api, (path, _, query) = ControlApi(Setting(worlds, InitialConfig(), None)), target.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        return count_steps(lambda: api.answer(worlds.main, method, path, query, sent))

    assert steps(40) <= steps(5) * 8 * 1.3
