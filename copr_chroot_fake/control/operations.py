"""The table of control calls, for routing and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import unquote

from ..validation.rule import frozen
from . import builds, fake_operations, server_operations


@frozen()
class Operation:
    """A control call. The docstring of its function is the summary.

    The type hints of the function are those of its ``body`` and ``query``, if it has any, and of the response.

    :param path: its template, relative to ``/_fake``.
    :param has_optional_body: whether a missing body is equivalent to an empty object.
    :param creates: whether it creates something, and the status is 201.
    """

    method: str
    path: str
    run: Callable[..., object]
    has_optional_body: bool = False
    creates: bool = False

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of ``body`` and ``query``, if it takes any, and ``return``."""
        return get_type_hints(self.run, include_extras=True)


_CHROOT = "/builds/{build_id}/chroots/{chrootname}"

OPERATIONS = (
    Operation("GET", "/health", server_operations.show_health),
    Operation("GET", "/overview", server_operations.show_overview),
    Operation("GET", "/events", server_operations.stream_events),
    Operation("POST", "/save", server_operations.save),
    Operation("GET", "/worlds", server_operations.show_worlds),
    Operation("GET", "/worlds/{world}", server_operations.show_world),
    Operation("PUT", "/worlds/{world}", server_operations.replace_world, has_optional_body=True),
    Operation("DELETE", "/worlds/{world}", server_operations.delete_world),
    Operation("POST", "/worlds/{world}/reset", server_operations.reset_world),
    Operation("POST", "/reset", server_operations.reset),
    Operation("GET", "/scenario", fake_operations.show_scenario),
    Operation("PUT", "/scenario", fake_operations.replace_scenario),
    Operation("POST", "/scenario", fake_operations.add_scenario),
    Operation("DELETE", "/scenario", fake_operations.clear),
    Operation("GET", "/seed", fake_operations.show_seed),
    Operation("POST", "/seed", fake_operations.reseed),
    Operation("GET", "/next-build-id", fake_operations.show_next_build_id),
    Operation("POST", "/next-build-id", fake_operations.set_next_build_id),
    Operation("GET", "/accounts", fake_operations.show_accounts),
    Operation("POST", "/accounts", fake_operations.add_account, creates=True),
    Operation("GET", "/groups", fake_operations.show_groups),
    Operation("POST", "/groups", fake_operations.add_group, creates=True),
    Operation("GET", "/clock", fake_operations.show_clock),
    Operation("PATCH", "/clock", fake_operations.change_clock),
    Operation("GET", "/changes", fake_operations.show_changes),
    Operation("GET", "/snapshots", fake_operations.show_snapshots),
    Operation("POST", "/snapshots", fake_operations.take_snapshot, creates=True),
    Operation("DELETE", "/snapshots/{snapshot_id}", fake_operations.delete_snapshot),
    Operation("POST", "/snapshots/{snapshot_id}/restore", fake_operations.restore_snapshot),
    Operation("GET", "/projects", builds.show_projects),
    Operation("POST", "/projects", builds.add_project),
    Operation("GET", "/packages", builds.show_packages),
    Operation("POST", "/populate", builds.populate, has_optional_body=True, creates=True),
    Operation("POST", "/mock-chroots", builds.add_mock_chroots),
    Operation("GET", "/builds", builds.show_builds),
    Operation("POST", "/builds", builds.add_build, creates=True),
    Operation("GET", "/builds/{build_id}", builds.show_build),
    Operation("DELETE", "/builds/{build_id}", builds.remove_build),
    Operation("POST", "/builds/{build_id}/cancel", builds.cancel_build),
    Operation("POST", "/builds/{build_id}/report-source", builds.report_source),
    Operation("POST", "/builds/{build_id}/report-import", builds.report_import, has_optional_body=True),
    Operation("POST", "/builds/{build_id}/source-results", builds.add_source_result),
    Operation("POST", "/builds/{build_id}/advance", builds.advance_build, has_optional_body=True),
    Operation("POST", "/builds/{build_id}/chroots", builds.add_chroot, creates=True),
    Operation("GET", _CHROOT, builds.show_chroot),
    Operation("POST", _CHROOT + "/report", builds.report),
    Operation("POST", _CHROOT + "/advance", builds.advance, has_optional_body=True),
    Operation("POST", _CHROOT + "/hold", builds.hold, has_optional_body=True),
    Operation("POST", _CHROOT + "/release", builds.release),
    Operation("POST", _CHROOT + "/state", builds.set_state),
    Operation("POST", _CHROOT + "/results", builds.add_result),
    Operation("GET", "/messages", fake_operations.show_messages),
    Operation("GET", "/requests", fake_operations.show_requests),
    Operation("DELETE", "/requests", fake_operations.clear_requests),
    Operation("GET", "/requests/count", fake_operations.count_requests),
    Operation("GET", "/unmatched", fake_operations.show_unmatched),
    Operation("POST", "/verify", fake_operations.verify),
    Operation("GET", "/faults", fake_operations.show_faults),
    Operation("POST", "/faults", fake_operations.add_fault, creates=True),
    Operation("DELETE", "/faults", fake_operations.clear_faults),
    Operation("DELETE", "/faults/{fault_id}", fake_operations.remove_fault),
    Operation("GET", "/submission-rules", fake_operations.show_submission_rules),
    Operation("POST", "/submission-rules", fake_operations.add_submission_rule, creates=True),
    Operation("DELETE", "/submission-rules", fake_operations.clear_submission_rules),
    Operation("DELETE", "/submission-rules/{rule_id}", fake_operations.remove_submission_rule),
)
"""Every operation; those with the same path are next to each other."""

TABLE: Mapping[str, Mapping[str, Operation]] = {
    path: {operation.method: operation for operation in operations}
    for path, operations in groupby(OPERATIONS, attrgetter("path"))
}
"""Every operation by path and method."""


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
