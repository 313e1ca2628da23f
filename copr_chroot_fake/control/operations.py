"""All calls of the control API, as a table: from it requests are led to what they call, and its document is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from ..faults.fault import FaultEntry, FaultName
from ..scenarios.entries import ProjectEntry, Scenario
from . import bodies, builds, serving, steering, views
from .calls import Call


class Operation(NamedTuple):
    """One call.

    :param path: below ``/_fake``, with what it names in braces.
    :param takes: the type of its body; ``None`` where it takes none.
    :param query: the type of its query.
    :param shows: the type of its answer's document; ``None`` where the answer is empty, 204.
    :param status: that of an answer with a document.
    """

    method: str
    path: str
    summary: str
    run: Callable[[Call], object]
    shows: object = None
    takes: object = None
    query: type | None = None
    status: int = 200

    @property
    def answer_status(self) -> int:
        return 204 if self.shows is None else self.status

    @property
    def named(self) -> list[str]:
        """What its path names."""
        return re.findall(r"{(\w+)}", self.path)


class _Table:
    """The operations by their paths."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    @cached_property
    def patterns(self) -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in self.operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        return [(_pattern(path), methods) for path, methods in by_path.items()]

    def find(self, path: str) -> tuple[dict[str, Operation], dict[str, str]] | None:
        """The operations at a path by their methods, and what the path names."""
        for pattern, methods in self.patterns:
            found = pattern.fullmatch(path)
            if found is not None:
                return methods, found.groupdict()
        return None


def _pattern(path: str) -> re.Pattern[str]:
    kinds = {"build_id": r"\d+", "fault_id": r"\d+", "snapshot_id": r"\d+"}
    return re.compile(re.sub(r"{(\w+)}", lambda name: f"(?P<{name[1]}>{kinds.get(name[1], '[^/]+')})", path), re.ASCII)


_BUILD = "/builds/{build_id}"
_CHROOT = _BUILD + "/chroots/{chrootname}"

TABLE = _Table(
    [
        Operation("GET", "/health", "Whether it answers, and its version", serving.show_health, views.HealthView),
        Operation(
            "GET",
            "/overview",
            "What the page shows",
            serving.show_overview,
            views.OverviewView,
            query=bodies.OverviewQuery,
        ),
        Operation("POST", "/save", "Save the state to its file", serving.save, views.SavedView),
        Operation("GET", "/worlds", "All worlds that have a name", serving.show_worlds, views.WorldsView),
        Operation("GET", "/worlds/{world}", "A world", serving.show_world, views.WorldView),
        Operation(
            "PUT",
            "/worlds/{world}",
            "Make a world, in the place of what there is of it",
            serving.put_world,
            views.WorldView,
            bodies.WorldBody,
        ),
        Operation("DELETE", "/worlds/{world}", "Let a world be gone", serving.delete_world),
        Operation(
            "POST", "/worlds/{world}/reset", "Take a world back to its beginning", serving.reset_world, views.WorldView
        ),
        Operation("GET", "/scenario", "All that there is, as a scenario", steering.show_scenario, Scenario),
        Operation(
            "PUT",
            "/scenario",
            "Have what a scenario says, and nothing else",
            steering.load_scenario,
            views.WorldView,
            Scenario,
        ),
        Operation("POST", "/scenario", "Add what a scenario says", steering.add_scenario, views.WorldView, Scenario),
        Operation("POST", "/reset", "Be as in the beginning", steering.reset, views.WorldView),
        Operation("POST", "/seed", "Draw from another seed from now on", steering.reseed, takes=bodies.SeedBody),
        Operation("GET", "/builds", "The builds", builds.show_builds, views.BuildsView, query=bodies.PageQuery),
        Operation("POST", "/builds", "Add a build", builds.add_build, views.BuildView, bodies.BuildBody, status=201),
        Operation("GET", _BUILD, "A build", builds.show_build, views.BuildView),
        Operation("DELETE", _BUILD, "Delete a build", builds.remove_build),
        Operation("POST", _BUILD + "/cancel", "Cancel a build, as a user does", builds.cancel_build, views.BuildView),
        Operation("POST", _BUILD + "/advance", "Each chroot to its next stage", builds.advance_build, views.BuildView),
        Operation(
            "POST", _BUILD + "/finish", "Each chroot to the end of its life", builds.finish_build, views.BuildView
        ),
        Operation(
            "POST",
            _BUILD + "/events",
            "Something happens to each chroot that it can happen to",
            builds.send_to_build,
            views.BuildView,
            bodies.BuildEventBody,
        ),
        Operation(
            "POST",
            _BUILD + "/chroots",
            "Add a chroot",
            builds.add_chroot,
            views.ChrootView,
            bodies.ChrootBody,
            status=201,
        ),
        Operation("GET", _CHROOT, "A build chroot", builds.show_chroot, views.ChrootView),
        Operation(
            "POST",
            _CHROOT + "/events",
            "Something happens to it",
            builds.send_to_chroot,
            views.ChrootView,
            bodies.EventBody,
        ),
        Operation(
            "POST",
            _CHROOT + "/report",
            "The backend reports of it, as Copr takes that",
            builds.report,
            views.ChrootView,
            bodies.ReportBody,
        ),
        Operation(
            "POST",
            _CHROOT + "/force",
            "Put it into a state, possible or not",
            builds.force_state,
            views.ChrootView,
            bodies.ForceBody,
        ),
        Operation("POST", _CHROOT + "/advance", "Go on to its next stage", builds.advance_chroot, views.ChrootView),
        Operation("POST", _CHROOT + "/finish", "Go on to the end of its life", builds.finish_chroot, views.ChrootView),
        Operation("POST", _CHROOT + "/run-to", "Go on to a state", builds.run_to, views.ChrootView, bodies.StateBody),
        Operation(
            "POST", _CHROOT + "/hold", "Stay in a state, once there", builds.hold, views.ChrootView, bodies.StateBody
        ),
        Operation("POST", _CHROOT + "/release", "Go on that was held", builds.release, views.ChrootView),
        Operation("POST", "/advance", "Every chroot to its next stage", builds.advance_all, views.CountView),
        Operation("GET", "/projects", "The projects", builds.show_projects, views.ProjectsView),
        Operation("POST", "/projects", "Add a project", builds.add_project, takes=ProjectEntry),
        Operation(
            "POST", "/mock-chroots", "Let chroots be known", builds.add_mock_chroots, takes=bodies.MockChrootsBody
        ),
        Operation("GET", "/clock", "The time", steering.show_clock, views.ClockView),
        Operation(
            "PATCH", "/clock", "Move the clock, or its speed", steering.change_clock, views.ClockView, bodies.ClockBody
        ),
        Operation(
            "GET", "/requests", "What was asked", steering.show_requests, views.RequestsView, query=bodies.RequestsQuery
        ),
        Operation("DELETE", "/requests", "Forget what was asked", steering.forget_requests),
        Operation(
            "GET",
            "/requests/count",
            "How often it was asked",
            steering.count_requests,
            views.CountView,
            query=bodies.CountQuery,
        ),
        Operation(
            "GET",
            "/unmatched",
            "What was asked for and is not there, with the nearest that is",
            steering.show_unmatched,
            views.UnmatchedsView,
        ),
        Operation(
            "POST",
            "/verify",
            "Whether an assertion on what was asked holds",
            steering.verify,
            views.VerdictView,
            bodies.VerifyBody,
        ),
        Operation("GET", "/faults", "What goes wrong", steering.show_faults, views.FaultsView),
        Operation(
            "POST",
            "/faults",
            "Let something go wrong",
            steering.add_fault,
            views.FaultView,
            FaultEntry | FaultName,
            status=201,
        ),
        Operation("DELETE", "/faults", "Let all be well again", steering.clear_faults),
        Operation("DELETE", "/faults/{fault_id}", "Let one thing be well again", steering.remove_fault),
        Operation("POST", "/snapshots", "Keep what it is now", steering.take_snapshot, views.SnapshotView, status=201),
        Operation(
            "POST",
            "/snapshots/{snapshot_id}/restore",
            "Take it back to what it was",
            steering.restore_snapshot,
            views.WorldView,
        ),
        Operation("DELETE", "/snapshots/{snapshot_id}", "Forget what it was", steering.delete_snapshot),
    ]
)
"""Every operation, grouped as the docs list them."""
