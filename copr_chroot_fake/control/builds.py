"""Control calls on builds, their chroots, and projects."""

from __future__ import annotations

from ..engine import create
from ..engine.dump import write_project
from ..errors import InputError
from ..scenario.spec import BuildSpec, ChrootSpec, ProjectSpec
from . import views
from .call import Call, operation, page, select_builds, select_names
from .specs import (
    AdvanceBody,
    AdvanceBuildBody,
    BuildsQuery,
    HoldBody,
    MockChrootsBody,
    NamesQuery,
    PageQuery,
    PopulateBody,
    ReportBody,
    ReportImportBody,
    ReportSourceBody,
    ResultBody,
    SetStateBody,
)


@operation("GET", "/builds")
def show_builds(call: Call, query: BuildsQuery) -> views.BuildsView:
    """List the builds, in the order in which they were added."""
    builds = select_builds(call.store.current_builds.values(), query)
    return {"builds": [views.build(build) for build in page(builds, query)], "total": len(builds)}


@operation("GET", "/builds/{build_id}")
def show_build(call: Call, query: PageQuery) -> views.BuildView:
    """Get a build, with a page of its chroots."""
    return views.build(call.build, query.limit, query.offset)


@operation("POST", "/builds", creates=True)
def add_build(call: Call, body: BuildSpec) -> views.BuildView:
    """Add a build; omitted fields get plausible defaults, and the ``id`` is the next one by default."""
    return views.build(create.add_build(body, call.store))


@operation("POST", "/populate", has_optional_body=True, creates=True)
def populate(call: Call, body: PopulateBody) -> views.BuildsView:
    """Add generated builds in their current state, from the fake's random seed or another."""
    from ..generate.provider import populate as add_generated

    added = add_generated(call.store, body.builds, body.chroots, body.seed)
    return {"builds": [views.build(build) for build in added], "total": len(added)}


@operation("DELETE", "/builds/{build_id}")
def remove_build(call: Call) -> None:
    """Delete a build."""
    call.build.delete()


@operation("POST", "/builds/{build_id}/cancel")
def cancel_build(call: Call) -> views.BuildView:
    """Cancel a build, as a user does."""
    build = call.build
    build.cancel()
    return views.build(build)


@operation("POST", "/builds/{build_id}/report-source")
def report_source(call: Call, body: ReportSourceBody) -> views.BuildReportView:
    """Report a state of a source build as Copr's backend does; ``accepted`` is whether Copr accepts the report."""
    build = call.build
    accepted = build.report_source(body.state, package=body.package, version=body.version, url=body.url, skip=body.skip)
    return {"accepted": accepted, "build": views.build(build)}


@operation("POST", "/builds/{build_id}/report-import", has_optional_body=True)
def report_import(call: Call, body: ReportImportBody) -> views.BuildReportView:
    """Report that the source package is in dist-git; ``accepted`` is whether Copr accepts the report."""
    build = call.build
    accepted = build.report_import(failed_for=body.failed_for)
    return {"accepted": accepted, "build": views.build(build)}


@operation("POST", "/builds/{build_id}/advance", has_optional_body=True)
def advance_build(call: Call, body: AdvanceBuildBody) -> views.BuildView:
    """Advance each chroot of a build that can advance: by one stage, or to the end of its lifecycle."""
    build = call.build
    with build.store.lock:
        for chroot in build.values():
            if chroot.can_advance:
                chroot.advance(to=body.to)
    return views.build(build)


@operation("POST", "/builds/{build_id}/source-results")
def add_source_result(call: Call, body: ResultBody) -> None:
    """Add a file to the result directory of a source build, or replace the one that the fake generates."""
    call.build.source.add_result(body.name, body.content)


@operation("POST", "/builds/{build_id}/chroots", creates=True)
def add_chroot(call: Call, body: ChrootSpec) -> views.ChrootView:
    """Add a chroot to a build; omitted fields get plausible defaults."""
    build = call.build
    with build.store.lock:
        if body.name in build:
            raise InputError("name", f"build {build.id} already has {body.name}; expected another")
        return views.chroot(create.add_chroot(body, build))


@operation("POST", "/mock-chroots")
def add_mock_chroots(call: Call, body: MockChrootsBody) -> None:
    """Add chroots to Copr's list without adding them to a project or a build."""
    call.store.know(body.names)


@operation("GET", "/projects")
def show_projects(call: Call, query: NamesQuery) -> views.ProjectsView:
    """List the projects."""
    projects = select_names(list(call.store.projects.values()), lambda project: project.full_name, query.search)
    return {"projects": [write_project(project) for project in page(projects, query)], "total": len(projects)}


@operation("GET", "/packages")
def show_packages(call: Call, query: NamesQuery) -> views.PackagesView:
    """List the packages of all projects, with the names of the projects."""
    with call.store.lock:
        every = [
            (project, package) for project in call.store.projects.values() for package in project.packages.values()
        ]
    packages = select_names(every, lambda item: f"{item[0].full_name}/{item[1].name}", query.search)
    return {"packages": [views.package(*item) for item in page(packages, query)], "total": len(packages)}


@operation("POST", "/projects")
def add_project(call: Call, body: ProjectSpec) -> None:
    """Add a project."""
    create.add_project(body, call.store)


@operation("GET", "/builds/{build_id}/chroots/{chrootname}")
def show_chroot(call: Call) -> views.ChrootView:
    """Get a build chroot."""
    return views.chroot(call.chroot)


@operation("POST", "/builds/{build_id}/chroots/{chrootname}/report")
def report(call: Call, body: ReportBody) -> views.ReportView:
    """Report a state of a build chroot as Copr's backend does; ``accepted`` is whether Copr accepts the report."""
    chroot = call.chroot
    accepted = chroot.report(body.state, at=body.at, result_dir=body.result_dir, packages=body.packages)
    return {"accepted": accepted, "chroot": views.chroot(chroot)}


@operation("POST", "/builds/{build_id}/chroots/{chrootname}/state")
def set_state(call: Call, body: SetStateBody) -> views.ChrootView:
    """Set the state of a build chroot, possible or not."""
    chroot = call.chroot
    times = {key: getattr(body, key) for key in ("started_on", "ended_on") if key in call.sent}
    chroot.set_state(body.state, **times)
    return views.chroot(chroot)


@operation("POST", "/builds/{build_id}/chroots/{chrootname}/advance", has_optional_body=True)
def advance(call: Call, body: AdvanceBody) -> views.ChrootView:
    """Advance a build chroot to its next stage, on to a state, or to the end of its lifecycle."""
    chroot = call.chroot
    chroot.advance(to=body.to)
    return views.chroot(chroot)


@operation("POST", "/builds/{build_id}/chroots/{chrootname}/hold", has_optional_body=True)
def hold(call: Call, body: HoldBody) -> views.ChrootView:
    """Hold a build chroot when it reaches a state; by default in its current one."""
    chroot = call.chroot
    chroot.hold(body.state)
    return views.chroot(chroot)


@operation("POST", "/builds/{build_id}/chroots/{chrootname}/release")
def release(call: Call) -> views.ChrootView:
    """Release a held build chroot."""
    chroot = call.chroot
    chroot.release()
    return views.chroot(chroot)


@operation("POST", "/builds/{build_id}/chroots/{chrootname}/results")
def add_result(call: Call, body: ResultBody) -> None:
    """Add a file to the result directory of a build chroot, or replace the one that the fake generates."""
    call.chroot.add_result(body.name, body.content)
