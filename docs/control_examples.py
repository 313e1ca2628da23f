"""An example of each control call, for docs/reference/control-examples.md and for the tests."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from copr_chroot_fake import CoprFakeControl

WITHOUT = {
    "GET /overview": "the content of the page",
    "GET /events": "has no end; see the standalone server",
    "POST /save": "needs a state file",
    "GET /worlds/{world}": "a world has its own calls",
    "POST /worlds/{world}/reset": "a world has its own calls",
}
"""Control calls without an example, and why."""

EXAMPLES: Mapping[str, str] = {
    "GET /health": "health()",
    "GET /worlds": "worlds()",
    "PUT /worlds/{world}": 'create_world("worker-1", scenario="mass-rebuild", seed=7)',
    "DELETE /worlds/{world}": 'delete_world("worker-0")',
    "POST /reset": "reset()",
    "GET /scenario": "scenario()",
    "PUT /scenario": 'replace_scenario({"builds": [{"id": 9, "chroots": [{"name": "fedora-43-x86_64"}]}]})',
    "POST /scenario": 'add_scenario("retried")',
    "DELETE /scenario": "clear()",
    "GET /seed": "seed()",
    "POST /seed": "reseed(7)",
    "GET /accounts": "accounts()",
    "POST /accounts": 'add_account("admin", "admin-login", "secret", admin=True)',
    "GET /groups": "groups()",
    "POST /groups": 'add_group("@python", "python-sig")',
    "GET /clock": "clock()",
    "PATCH /clock": "tick(60)",
    "GET /changes": 'changes(1, "fedora-43-x86_64")',
    "GET /snapshots": "snapshots()",
    "POST /snapshots": "snapshot()",
    "DELETE /snapshots/{snapshot_id}": "delete_snapshot(1)",
    "POST /snapshots/{snapshot_id}/restore": "restore(1)",
    "GET /projects": "projects()",
    "GET /packages": "packages()",
    "POST /projects": 'add_project(ownername="jdoe", projectname="tools", chroots=["epel-10-s390x"])',
    "POST /populate": "populate(builds=1, chroots=1, seed=1)",
    "POST /mock-chroots": 'add_mock_chroots("fedora-44-x86_64")',
    "GET /builds": "builds()",
    "POST /builds": 'add_build(["fedora-43-x86_64"], id=7, package="hello", lifecycle="fails")',
    "GET /builds/{build_id}": "build(1)",
    "DELETE /builds/{build_id}": "delete_build(1)",
    "POST /builds/{build_id}/cancel": "cancel_build(1)",
    "POST /builds/{build_id}/advance": 'advance_build(1, to="end")',
    "POST /builds/{build_id}/report-source": 'report_source(2, "failed")',
    "POST /builds/{build_id}/report-import": 'report_import(3, failed_for=["fedora-43"])',
    "POST /builds/{build_id}/chroots": 'add_chroot(1, "epel-10-s390x", state="skipped")',
    "GET /builds/{build_id}/chroots/{chrootname}": 'chroot(1, "fedora-43-x86_64")',
    "POST /builds/{build_id}/chroots/{chrootname}/report": 'report(1, "fedora-43-x86_64", "running")',
    "POST /builds/{build_id}/chroots/{chrootname}/advance": 'advance(1, "fedora-43-x86_64")',
    "POST /builds/{build_id}/chroots/{chrootname}/hold": 'hold(1, "fedora-43-x86_64", "running")',
    "POST /builds/{build_id}/chroots/{chrootname}/release": 'release(1, "fedora-42-x86_64")',
    "POST /builds/{build_id}/chroots/{chrootname}/state": 'set_state(1, "fedora-43-x86_64", "failed", ended_on=None)',
    "POST /builds/{build_id}/chroots/{chrootname}/results": (
        'add_result(1, "fedora-43-x86_64", "review.json", \'{"issues": []}\')'
    ),
    "POST /builds/{build_id}/source-results": 'add_source_result(2, "hello.spec", "Name: hello")',
    "GET /messages": 'messages("copr.build.end", build_id=3)',
    "GET /requests": 'requests("build", build_id=1)',
    "DELETE /requests": "clear_requests()",
    "GET /requests/count": 'count_requests("build")',
    "GET /unmatched": "unmatched()",
    "POST /verify": 'verify("requested", endpoint="build", build_id=1, times=1)',
    "GET /faults": "faults()",
    "POST /faults": 'add_fault({"status": 503, "first": 2})',
    "DELETE /faults": "clear_faults()",
    "DELETE /faults/{fault_id}": "remove_fault(1)",
    "GET /submission-rules": "submission_rules()",
    "POST /submission-rules": 'on_submit(package="hello", chroot="epel-*", lifecycle="fails")',
    "DELETE /submission-rules": "clear_submission_rules()",
    "DELETE /submission-rules/{rule_id}": "remove_submission_rule(1)",
    "GET /next-build-id": "next_build_id()",
    "POST /next-build-id": "set_next_build_id(500)",
}
"""A call of ``CoprFakeControl`` for each control call, by method and path."""


def prepare(control: CoprFakeControl) -> None:
    """Reset a fake, and add the objects that the examples use."""
    control.reset()
    control.create_world("worker-0")
    control.add_account("jdoe", "jdoe-login", "secret")
    control.add_group("@copr")
    control.add_project(ownername="jdoe", projectname="hello", chroots=["fedora-43-x86_64", "fedora-42-x86_64"])
    control.add_build(["fedora-43-x86_64", "fedora-42-x86_64"], id=1, projectname="hello", package="hello")
    control.hold(1, "fedora-42-x86_64", "running")
    with httpx.Client(base_url=f"{control.url}/api_3", auth=("jdoe-login", "secret")) as copr:
        fields = {"ownername": "jdoe", "projectname": "hello", "pypi_package_name": "nano"}
        copr.post("/build/create/pypi", json=fields).raise_for_status()
        copr.post("/build/create/pypi", json=fields).raise_for_status()
        copr.get("/build/1")
        copr.get("/build/99")
    control.report_source(3, "succeeded", package="python-nano", version="1.0-1")
    control.on_submit(package="nano", lifecycle="fails")
    control.add_fault("list-500")
    control.snapshot()
