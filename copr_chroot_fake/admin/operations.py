"""The table of control calls, for routing and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import unquote

from ..validation.frozen import frozen
from . import builds, fake_operations, message_operations, request_operations, server_operations


@frozen()
class Operation:
    """A control call. The docstring of its function is the summary.

    The type hints of the function are those of its ``body`` and ``query``, if it has any, and of the response.

    :param has_optional_body: whether a missing body is equivalent to an empty object.
    :param creates: whether it creates something, and the status is 201.
    :param grows: whether a world retains the content of the body, although the status is not 201.
    """

    run: Callable[..., object]
    has_optional_body: bool = False
    creates: bool = False
    grows: bool = False

    @property
    def needs_memory(self) -> bool:
        """Whether it can increase the memory of a world."""
        return self.creates or self.grows

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of ``body`` and ``query``, if it takes any, and ``return``."""
        return get_type_hints(self.run, include_extras=True)


_WORLD = "/worlds/{world}"
_BUILD = "/builds/{build_id}"
_CHROOT = _BUILD + "/chroots/{chrootname}"

TABLE: Mapping[str, Mapping[str, Operation]] = {
    "/health": {"GET": Operation(server_operations.show_health)},
    "/overview": {"GET": Operation(server_operations.show_overview)},
    "/events": {"GET": Operation(server_operations.stream_events)},
    "/save": {"POST": Operation(server_operations.save)},
    "/worlds": {"GET": Operation(server_operations.show_worlds)},
    _WORLD: {
        "GET": Operation(server_operations.show_world),
        "PUT": Operation(server_operations.replace_world, has_optional_body=True, grows=True),
        "DELETE": Operation(server_operations.delete_world),
    },
    _WORLD + "/reset": {"POST": Operation(server_operations.reset_world)},
    "/reset": {"POST": Operation(server_operations.reset)},
    "/scenario": {
        "GET": Operation(fake_operations.show_scenario),
        "PUT": Operation(fake_operations.replace_scenario, grows=True),
        "POST": Operation(fake_operations.add_scenario, grows=True),
        "DELETE": Operation(fake_operations.clear),
    },
    "/seed": {
        "GET": Operation(fake_operations.show_seed),
        "POST": Operation(fake_operations.reseed),
    },
    "/next-build-id": {
        "GET": Operation(fake_operations.show_next_build_id),
        "POST": Operation(fake_operations.set_next_build_id),
    },
    "/accounts": {
        "GET": Operation(fake_operations.show_accounts),
        "POST": Operation(fake_operations.add_account, creates=True),
    },
    "/groups": {
        "GET": Operation(fake_operations.show_groups),
        "POST": Operation(fake_operations.add_group, creates=True),
    },
    "/clock": {
        "GET": Operation(fake_operations.show_clock),
        "PATCH": Operation(fake_operations.change_clock),
    },
    "/changes": {"GET": Operation(fake_operations.show_changes)},
    "/snapshots": {
        "GET": Operation(fake_operations.show_snapshots),
        "POST": Operation(fake_operations.take_snapshot, creates=True),
    },
    "/snapshots/{snapshot_id}": {"DELETE": Operation(fake_operations.delete_snapshot)},
    "/snapshots/{snapshot_id}/restore": {"POST": Operation(fake_operations.restore_snapshot)},
    "/projects": {
        "GET": Operation(builds.show_projects),
        "POST": Operation(builds.add_project, grows=True),
    },
    "/packages": {"GET": Operation(builds.show_packages)},
    "/populate": {"POST": Operation(builds.populate, has_optional_body=True, creates=True)},
    "/mock-chroots": {"POST": Operation(builds.add_mock_chroots, grows=True)},
    "/builds": {
        "GET": Operation(builds.show_builds),
        "POST": Operation(builds.add_build, creates=True),
    },
    _BUILD: {
        "GET": Operation(builds.show_build),
        "DELETE": Operation(builds.remove_build),
    },
    _BUILD + "/cancel": {"POST": Operation(builds.cancel_build)},
    _BUILD + "/report-source": {"POST": Operation(builds.report_source)},
    _BUILD + "/report-import": {"POST": Operation(builds.report_import, has_optional_body=True)},
    _BUILD + "/source-results": {"POST": Operation(builds.add_source_result, grows=True)},
    _BUILD + "/advance": {
        "POST": Operation(builds.advance_build, has_optional_body=True),
    },
    _BUILD + "/chroots": {"POST": Operation(builds.add_chroot, creates=True)},
    _CHROOT: {"GET": Operation(builds.show_chroot)},
    _CHROOT + "/report": {"POST": Operation(builds.report)},
    _CHROOT + "/advance": {"POST": Operation(builds.advance, has_optional_body=True)},
    _CHROOT + "/hold": {"POST": Operation(builds.hold, has_optional_body=True)},
    _CHROOT + "/release": {"POST": Operation(builds.release)},
    _CHROOT + "/state": {"POST": Operation(builds.set_state)},
    _CHROOT + "/results": {"POST": Operation(builds.add_result, grows=True)},
    "/messages": {"GET": Operation(message_operations.show_messages)},
    "/requests": {
        "GET": Operation(request_operations.show_requests),
        "DELETE": Operation(request_operations.clear_requests),
    },
    "/requests/count": {"GET": Operation(request_operations.count_requests)},
    "/unmatched": {"GET": Operation(request_operations.show_unmatched)},
    "/verify": {"POST": Operation(request_operations.verify)},
    "/faults": {
        "GET": Operation(fake_operations.show_faults),
        "POST": Operation(fake_operations.add_fault, creates=True),
        "DELETE": Operation(fake_operations.clear_faults),
    },
    "/faults/{fault_id}": {"DELETE": Operation(fake_operations.remove_fault)},
    "/submission-rules": {
        "GET": Operation(fake_operations.show_submission_rules),
        "POST": Operation(fake_operations.add_submission_rule, creates=True),
        "DELETE": Operation(fake_operations.clear_submission_rules),
    },
    "/submission-rules/{rule_id}": {"DELETE": Operation(fake_operations.remove_submission_rule)},
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
