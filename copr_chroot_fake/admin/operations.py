"""All calls of the control API, as a table, by which requests are routed and the OpenAPI document is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import NamedTuple, get_type_hints
from urllib.parse import unquote

from ..model.fault import FaultEntry, FaultName
from ..scenario.entries import ProjectEntry, Scenario
from . import bodies, builds
from . import fake as steering
from . import requests as asked
from . import worlds as serving
from .call import Call


@dataclass(frozen=True)
class Operation:
    """One call: the docstring of its function says what it does, and the return type what it shows.

    :param takes: the type of its body; ``None`` where it takes none.
    :param may_lack_body: whether no body is the same as an empty object.
    :param query: the type of its arguments.
    :param creates: whether it makes something new, and so is answered with 201.
    :param grows: whether a world retains what the body says, though nothing is answered with 201.
    """

    run: Callable[[Call], object]
    takes: object = None
    may_lack_body: bool = False
    query: type | None = None
    creates: bool = False
    grows: bool = False

    @property
    def needs_memory(self) -> bool:
        """Whether a world can become larger by it."""
        return self.creates or self.grows

    @cached_property
    def shows(self) -> object:
        """The type of what is answered; ``None`` where the answer is empty."""
        shown: object = get_type_hints(self.run)["return"]
        return None if shown is NoneType else shown

    @property
    def status(self) -> int:
        if self.creates:
            return 201
        return 204 if self.shows is None else 200


_WORLD = "/worlds/{world}"
_BUILD = "/builds/{build_id}"
_CHROOT = _BUILD + "/chroots/{chrootname}"

TABLE: Mapping[str, Mapping[str, Operation]] = {
    "/health": {"GET": Operation(serving.show_health)},
    "/overview": {"GET": Operation(serving.show_overview, query=bodies.OverviewQuery)},
    "/save": {"POST": Operation(serving.save)},
    "/worlds": {"GET": Operation(serving.show_worlds, query=bodies.PageQuery)},
    _WORLD: {
        "GET": Operation(serving.show_world),
        "PUT": Operation(serving.put_world, takes=bodies.WorldBody, may_lack_body=True, grows=True),
        "DELETE": Operation(serving.delete_world),
    },
    _WORLD + "/reset": {"POST": Operation(serving.reset_world)},
    "/reset": {"POST": Operation(serving.reset)},
    "/scenario": {
        "GET": Operation(steering.show_scenario),
        "PUT": Operation(steering.load_scenario, takes=Scenario, grows=True),
        "POST": Operation(steering.add_scenario, takes=Scenario, grows=True),
        "DELETE": Operation(steering.clear),
    },
    "/seed": {"GET": Operation(steering.show_seed), "POST": Operation(steering.reseed, takes=bodies.SeedBody)},
    "/accounts": {
        "GET": Operation(steering.show_accounts, query=bodies.PageQuery),
        "POST": Operation(steering.add_account, takes=bodies.AccountBody, creates=True),
    },
    "/clock": {
        "GET": Operation(steering.show_clock),
        "PATCH": Operation(steering.change_clock, takes=bodies.ClockBody),
    },
    "/changes": {"GET": Operation(steering.show_changes, query=bodies.ChangesQuery)},
    "/snapshots": {
        "GET": Operation(steering.show_snapshots, query=bodies.PageQuery),
        "POST": Operation(steering.take_snapshot, creates=True),
    },
    "/snapshots/{snapshot_id}": {"DELETE": Operation(steering.delete_snapshot)},
    "/snapshots/{snapshot_id}/restore": {"POST": Operation(steering.restore_snapshot)},
    "/projects": {
        "GET": Operation(builds.show_projects, query=bodies.PageQuery),
        "POST": Operation(builds.add_project, takes=ProjectEntry, grows=True),
    },
    "/populate": {"POST": Operation(builds.populate, takes=bodies.PopulateBody, may_lack_body=True, creates=True)},
    "/mock-chroots": {"POST": Operation(builds.add_mock_chroots, takes=bodies.MockChrootsBody, grows=True)},
    "/builds": {
        "GET": Operation(builds.show_builds, query=bodies.PageQuery),
        "POST": Operation(builds.add_build, takes=bodies.BuildBody, creates=True),
    },
    _BUILD: {
        "GET": Operation(builds.show_build, query=bodies.PageQuery),
        "DELETE": Operation(builds.remove_build),
    },
    _BUILD + "/cancel": {"POST": Operation(builds.cancel_build)},
    _BUILD + "/advance": {"POST": Operation(builds.advance_build, takes=bodies.AdvanceBuildBody, may_lack_body=True)},
    _BUILD + "/chroots": {"POST": Operation(builds.add_chroot, takes=bodies.ChrootBody, creates=True)},
    _CHROOT: {"GET": Operation(builds.show_chroot)},
    _CHROOT + "/report": {"POST": Operation(builds.report, takes=bodies.ReportBody)},
    _CHROOT + "/advance": {"POST": Operation(builds.advance, takes=bodies.AdvanceBody, may_lack_body=True)},
    _CHROOT + "/hold": {"POST": Operation(builds.hold, takes=bodies.HoldBody, may_lack_body=True)},
    _CHROOT + "/release": {"POST": Operation(builds.release)},
    _CHROOT + "/state": {"POST": Operation(builds.set_state, takes=bodies.SetStateBody)},
    "/requests": {
        "GET": Operation(asked.show_requests, query=bodies.RequestsQuery),
        "DELETE": Operation(asked.clear_requests),
    },
    "/requests/count": {"GET": Operation(asked.count_requests, query=bodies.AskedQuery)},
    "/unmatched": {"GET": Operation(asked.show_unmatched, query=bodies.UnmatchedQuery)},
    "/verify": {"POST": Operation(asked.verify, takes=bodies.VerifyBody)},
    "/faults": {
        "GET": Operation(steering.show_faults, query=bodies.PageQuery),
        "POST": Operation(steering.add_fault, takes=FaultEntry | FaultName, creates=True),
        "DELETE": Operation(steering.clear_faults),
    },
    "/faults/{fault_id}": {"DELETE": Operation(steering.remove_fault)},
}
"""Every operation, by its path below ``/_fake``, with what that names in braces, and its method."""


class Found(NamedTuple):
    """What there is at a path: the operations by their methods, and what the path names."""

    operations: Mapping[str, Operation]
    named: Mapping[str, str]


def find(path: str) -> Found | None:
    """The operations at a path as it was sent; ``None`` if there is nothing."""
    sent = [unquote(segment) for segment in path.split("/")]
    for template, operations in TABLE.items():
        named = _match(template.split("/"), sent)
        if named is not None:
            return Found(operations, named)
    return None


def _match(template: list[str], sent: list[str]) -> dict[str, str] | None:
    if len(template) != len(sent):
        return None
    named: dict[str, str] = {}
    for expected, segment in zip(template, sent, strict=True):
        if expected.startswith("{") and segment:
            named[expected.strip("{}")] = segment
        elif expected != segment:
            return None
    return named


def all_operations() -> Iterator[tuple[str, str, Operation]]:
    """Path, method and operation of each."""
    for path, operations in TABLE.items():
        for method, operation in operations.items():
            yield path, method, operation


def names_in(path: str) -> list[str]:
    """The names in the braces of a path of the table."""
    return re.findall(r"{(\w+)}", path)
