"""The table of control calls, for routing and for the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import NamedTuple, get_type_hints
from urllib.parse import unquote

from ..model.fault import FaultName, FaultObject
from ..scenario.spec import ProjectSpec, ScenarioSpec
from . import bodies, builds, fake_operations, request_operations, server_operations
from .call import Call


@dataclass(frozen=True)
class Operation:
    """A control call. The docstring of its function is the summary, and the return type that of the response.

    :param takes: the type of the body; ``None`` for no body.
    :param has_optional_body: whether a missing body is equivalent to an empty object.
    :param query: the type of the query.
    :param creates: whether it creates something, and the status is 201.
    :param grows: whether a world retains the content of the body, although the status is not 201.
    """

    run: Callable[[Call], object]
    takes: object = None
    has_optional_body: bool = False
    query: type | None = None
    creates: bool = False
    grows: bool = False

    @property
    def needs_memory(self) -> bool:
        """Whether it can increase the memory of a world."""
        return self.creates or self.grows

    @cached_property
    def returns(self) -> object:
        """The type of the response; ``None`` if it is empty."""
        type_: object = get_type_hints(self.run, include_extras=True)["return"]
        return None if type_ is NoneType else type_

    @property
    def status(self) -> int:
        if self.creates:
            return 201
        return 204 if self.returns is None else 200


_WORLD = "/worlds/{world}"
_BUILD = "/builds/{build_id}"
_CHROOT = _BUILD + "/chroots/{chrootname}"

TABLE: Mapping[str, Mapping[str, Operation]] = {
    "/health": {"GET": Operation(server_operations.show_health)},
    "/overview": {"GET": Operation(server_operations.show_overview, query=bodies.OverviewQuery)},
    "/save": {"POST": Operation(server_operations.save)},
    "/worlds": {"GET": Operation(server_operations.show_worlds, query=bodies.PageQuery)},
    _WORLD: {
        "GET": Operation(server_operations.show_world),
        "PUT": Operation(server_operations.replace_world, takes=bodies.WorldBody, has_optional_body=True, grows=True),
        "DELETE": Operation(server_operations.delete_world),
    },
    _WORLD + "/reset": {"POST": Operation(server_operations.reset_world)},
    "/reset": {"POST": Operation(server_operations.reset)},
    "/scenario": {
        "GET": Operation(fake_operations.show_scenario),
        "PUT": Operation(fake_operations.replace_scenario, takes=ScenarioSpec, grows=True),
        "POST": Operation(fake_operations.add_scenario, takes=ScenarioSpec, grows=True),
        "DELETE": Operation(fake_operations.clear),
    },
    "/seed": {
        "GET": Operation(fake_operations.show_seed),
        "POST": Operation(fake_operations.reseed, takes=bodies.SeedBody),
    },
    "/accounts": {
        "GET": Operation(fake_operations.show_accounts, query=bodies.PageQuery),
        "POST": Operation(fake_operations.add_account, takes=bodies.AccountBody, creates=True),
    },
    "/clock": {
        "GET": Operation(fake_operations.show_clock),
        "PATCH": Operation(fake_operations.change_clock, takes=bodies.ClockBody),
    },
    "/changes": {"GET": Operation(fake_operations.show_changes, query=bodies.ChangesQuery)},
    "/snapshots": {
        "GET": Operation(fake_operations.show_snapshots, query=bodies.PageQuery),
        "POST": Operation(fake_operations.take_snapshot, creates=True),
    },
    "/snapshots/{snapshot_id}": {"DELETE": Operation(fake_operations.delete_snapshot)},
    "/snapshots/{snapshot_id}/restore": {"POST": Operation(fake_operations.restore_snapshot)},
    "/projects": {
        "GET": Operation(builds.show_projects, query=bodies.PageQuery),
        "POST": Operation(builds.add_project, takes=ProjectSpec, grows=True),
    },
    "/populate": {"POST": Operation(builds.populate, takes=bodies.PopulateBody, has_optional_body=True, creates=True)},
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
    _BUILD + "/advance": {
        "POST": Operation(builds.advance_build, takes=bodies.AdvanceBuildBody, has_optional_body=True),
    },
    _BUILD + "/chroots": {"POST": Operation(builds.add_chroot, takes=bodies.ChrootBody, creates=True)},
    _CHROOT: {"GET": Operation(builds.show_chroot)},
    _CHROOT + "/report": {"POST": Operation(builds.report, takes=bodies.ReportBody)},
    _CHROOT + "/advance": {"POST": Operation(builds.advance, takes=bodies.AdvanceBody, has_optional_body=True)},
    _CHROOT + "/hold": {"POST": Operation(builds.hold, takes=bodies.HoldBody, has_optional_body=True)},
    _CHROOT + "/release": {"POST": Operation(builds.release)},
    _CHROOT + "/state": {"POST": Operation(builds.set_state, takes=bodies.SetStateBody)},
    "/requests": {
        "GET": Operation(request_operations.show_requests, query=bodies.RequestsQuery),
        "DELETE": Operation(request_operations.clear_requests),
    },
    "/requests/count": {"GET": Operation(request_operations.count_requests, query=bodies.AskedQuery)},
    "/unmatched": {"GET": Operation(request_operations.show_unmatched, query=bodies.UnmatchedQuery)},
    "/verify": {"POST": Operation(request_operations.verify, takes=bodies.VerifyBody)},
    "/faults": {
        "GET": Operation(fake_operations.show_faults, query=bodies.PageQuery),
        "POST": Operation(fake_operations.add_fault, takes=FaultObject | FaultName, creates=True),
        "DELETE": Operation(fake_operations.clear_faults),
    },
    "/faults/{fault_id}": {"DELETE": Operation(fake_operations.remove_fault)},
}
"""Every operation by path template, relative to ``/_fake``, and method."""


class Match(NamedTuple):
    """The operations at a path by method, and the parameters in the path."""

    operations: Mapping[str, Operation]
    parameters: Mapping[str, str]


def find(path: str) -> Match | None:
    """Return the operations at an encoded path; ``None`` if there are none."""
    sent = [unquote(segment) for segment in path.split("/")]
    for template, operations in TABLE.items():
        parameters = _match(template.split("/"), sent)
        if parameters is not None:
            return Match(operations, parameters)
    return None


def _match(template: list[str], sent: list[str]) -> dict[str, str] | None:
    if len(template) != len(sent):
        return None
    parameters: dict[str, str] = {}
    for expected, segment in zip(template, sent, strict=True):
        if expected.startswith("{") and segment:
            parameters[expected.strip("{}")] = segment
        elif expected != segment:
            return None
    return parameters


def all_operations() -> Iterator[tuple[str, str, Operation]]:
    """Yield path, method and operation of each control call."""
    for path, operations in TABLE.items():
        for method, operation in operations.items():
            yield path, method, operation


def parameters_in(path: str) -> list[str]:
    """Return the names of the parameters in a path template."""
    return re.findall(r"{(\w+)}", path)
