"""The control API covers the Python API."""

from __future__ import annotations

from collections.abc import Mapping

from copr_chroot_fake import Build, BuildChroot, FakeCopr, Faults, SubmissionRules, SystemClock, VirtualClock
from copr_chroot_fake.control.operations import OPERATIONS

CALLS: Mapping[str, tuple[str, ...]] = {
    "FakeCopr.add_scenario": ("POST /scenario",),
    "FakeCopr.to_scenario": ("GET /scenario",),
    "FakeCopr.clear": ("DELETE /scenario",),
    "FakeCopr.from_options": ("PUT /worlds/{world}",),
    "FakeCopr.from_scenario": ("PUT /scenario", "PUT /worlds/{world}"),
    "FakeCopr.add_project": ("POST /projects",),
    "FakeCopr.projects": ("GET /projects", "GET /packages"),
    "FakeCopr.add_build": ("POST /builds",),
    "FakeCopr.populate": ("POST /populate",),
    "FakeCopr.builds": ("GET /builds", "GET /builds/{build_id}"),
    "FakeCopr.add_account": ("POST /accounts",),
    "FakeCopr.accounts": ("GET /accounts",),
    "FakeCopr.add_group": ("POST /groups",),
    "FakeCopr.groups": ("GET /groups",),
    "FakeCopr.add_mock_chroots": ("POST /mock-chroots",),
    "FakeCopr.default_limit": ("GET /health",),
    "FakeCopr.copr_version": ("GET /health",),
    "FakeCopr.clock": ("GET /clock",),
    "FakeCopr.seed": ("GET /seed",),
    "FakeCopr.reseed": ("POST /seed",),
    "FakeCopr.faults": ("GET /faults",),
    "FakeCopr.on_submit": ("POST /submission-rules",),
    "FakeCopr.submission_rules": ("GET /submission-rules",),
    "FakeCopr.next_build_id": ("GET /next-build-id", "POST /next-build-id"),
    "FakeCopr.changes": ("GET /changes",),
    "FakeCopr.messages": ("GET /messages",),
    "FakeCopr.reset": ("POST /reset",),
    "FakeCopr.snapshot": ("POST /snapshots",),
    "FakeCopr.restore": ("POST /snapshots/{snapshot_id}/restore",),
    "FakeCopr.requests": ("GET /requests", "GET /requests/count"),
    "FakeCopr.requests_after": ("GET /requests",),
    "FakeCopr.unmatched": ("GET /unmatched",),
    "FakeCopr.clear_requests": ("DELETE /requests",),
    "FakeCopr.assert_requested": ("POST /verify",),
    "FakeCopr.assert_not_requested": ("POST /verify",),
    "FakeCopr.assert_submitted": ("POST /verify",),
    "FakeCopr.assert_project_created": ("POST /verify",),
    "FakeCopr.assert_project_edited": ("POST /verify",),
    "FakeCopr.assert_canceled": ("POST /verify",),
    "FakeCopr.assert_waited_for": ("POST /verify",),
    "FakeCopr.assert_polled_no_faster_than": ("POST /verify",),
    "FakeCopr.assert_all_pages_read": ("POST /verify",),
    **{
        f"Build.{name}": ("GET /builds/{build_id}",)
        for name in (
            "id", "project", "project_dirname", "package", "memory_limit", "timeout", "enable_net", "is_background",
            "bootstrap", "is_canceled", "is_finished", "chroots", "state", "started_on", "ended_on", "source_state",
            "submitted_on", "submitter", "started_at", "ended_at", "get", "items", "keys", "values",
        )
    },
    "Build.add_chroot": ("POST /builds/{build_id}/chroots",),
    **{f"Build.{name}": ("GET /scenario",) for name in ("batch", "isolation")},
    "Build.source": ("GET /builds/{build_id}", "GET /scenario", "POST /builds/{build_id}/source-results"),
    "Build.cancel": ("POST /builds/{build_id}/cancel",),
    "Build.report_source": ("POST /builds/{build_id}/report-source",),
    "Build.report_import": ("POST /builds/{build_id}/report-import",),
    "Build.delete": ("DELETE /builds/{build_id}",),
    **{
        f"BuildChroot.{name}": ("GET /builds/{build_id}/chroots/{chrootname}",)
        for name in (
            "build", "name", "state", "started_on", "ended_on", "result_url", "packages", "is_absent",
            "possible_events", "can_advance", "held_in", "started_at", "ended_at",
        )
    },
    **{
        f"BuildChroot.{name}": ("GET /scenario",)
        for name in ("result_dir", "build_config", "overrides", "results", "run")
    },
    "BuildChroot.report": ("POST /builds/{build_id}/chroots/{chrootname}/report",),
    "BuildChroot.set_state": ("POST /builds/{build_id}/chroots/{chrootname}/state",),
    "BuildChroot.add_result": ("POST /builds/{build_id}/chroots/{chrootname}/results",),
    "BuildChroot.advance": ("POST /builds/{build_id}/chroots/{chrootname}/advance",),
    "BuildChroot.hold": ("POST /builds/{build_id}/chroots/{chrootname}/hold",),
    "BuildChroot.release": ("POST /builds/{build_id}/chroots/{chrootname}/release",),
    "Faults.add": ("POST /faults",),
    "Faults.remove": ("DELETE /faults/{fault_id}",),
    "Faults.clear": ("DELETE /faults",),
    "Faults.write": ("GET /faults", "GET /scenario"),
    "SubmissionRules.remove": ("DELETE /submission-rules/{rule_id}",),
    "SubmissionRules.clear": ("DELETE /submission-rules",),
    "SubmissionRules.write": ("GET /submission-rules", "GET /scenario"),
    **{f"VirtualClock.{name}": ("GET /clock",) for name in ("now",)},
    **{f"VirtualClock.{name}": ("PATCH /clock",) for name in ("tick", "move_to")},
    **{f"SystemClock.{name}": ("GET /clock",) for name in ("now", "is_paused")},
    **{f"SystemClock.{name}": ("PATCH /clock",) for name in ("tick", "move_to", "speed", "pause", "resume")},
}  # fmt: skip
"""The control calls that correspond to each Python member."""


OF_THE_SERVER = {
    "GET /health",
    "GET /overview",
    "GET /events",
    "POST /save",
    "POST /builds/{build_id}/advance",
    "GET /worlds",
    "GET /worlds/{world}",
    "DELETE /worlds/{world}",
    "POST /worlds/{world}/reset",
    "GET /snapshots",
    "DELETE /snapshots/{snapshot_id}",
}
"""Calls for which Python needs no member: it holds worlds and snapshots as objects, and has loops."""


INSIDE = "internal"
ADAPTER = "an adapter, like HTTP itself"
STARTED = "an option of the server, visible in every result_url"
NO_CALLS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "FakeCopr.answer", "FakeCopr.asgi", "FakeCopr.mock_httpx", "FakeCopr.mock_httpx2",
            "FakeCopr.mock_requests", "FakeCopr.proxying", "FakeCopr.serving", "FakeCopr.transport",
        ),
        ADAPTER,
    ),
    "FakeCopr.results_url": STARTED,
    "FakeCopr.on_request": "the function of a second actor runs in the same process",
    "FakeCopr.subscribe": "a client polls GET /messages, or gets them from a broker",

    **{
        f"Build.{name}": INSIDE
        for name in (
            "add_waiting", "added_after", "allowed_chroots", "announce",
            "attach", "by_name", "confirmed_by",
            "default_packages", "forget_all_rendered", "forget_rendered",
            "had_lifecycle", "has_ended", "hidden_package", "hide_package",
            "is_coupled", "is_in_store", "known_chroots", "mark_canceled", "may_hide_package", "names",
            "needs_more_polls", "poll",
            "rendered", "rendered_page", "result_dir", "results_url", "reveal_package", "schedule",
            "set_package", "source_result_dir", "source_results_url", "source_started_on", "start_run", "store",
            "stored_chroots", "stored_end", "stored_package",
        )
    },
    **{
        f"BuildChroot.{name}": INSIDE
        for name in (
            "advance_problem", "continue_from", "default_announced", "describe", "due", "end_unbuilt",
            "enter_next_stage", "fail_import", "files_of_packages", "forget_rendered", "is_waiting",
            "last_time", "next_due", "order", "poll", "queue", "rendered", "resume_lifecycle", "schedule",
            "start_lifecycle", "stored", "stored_state", "wait_for_source", "waits_for_reading",
        )
    },
    **{
        f"Faults.{name}": INSIDE
        for name in ("add_written", "strike")
    },
    **{f"SubmissionRules.{name}": INSIDE for name in ("add", "apply", "ids")},
    **{f"{clock}.reach": INSIDE for clock in ("VirtualClock", "SystemClock")},
    "VirtualClock.restore": "a part of restoring a snapshot",
    "SystemClock.restore": "a part of loading a state",
}  # fmt: skip
"""Members without a control call, and the reason."""


def test_control_api_covers_python_api() -> None:
    """Every public member has a call, or a reason why not."""
    classes = (FakeCopr, Build, BuildChroot, Faults, SubmissionRules, VirtualClock, SystemClock)
    members = {f"{class_.__name__}.{name}" for class_ in classes for name in dir(class_) if not name.startswith("_")}
    assert members == set(CALLS) | set(NO_CALLS)
    assert not set(CALLS) & set(NO_CALLS)


def test_python_api_covers_control_api() -> None:
    """Except for calls on the server."""
    offered = {f"{operation.method} {operation.path}" for operation in OPERATIONS}
    assert {*OF_THE_SERVER, *(call for calls in CALLS.values() for call in calls)} == offered
