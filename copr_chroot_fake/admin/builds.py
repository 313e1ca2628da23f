"""Control API calls on builds and their chroots: show, add, control and delete them."""

from __future__ import annotations

from typing import Any, Literal, cast

from ..errors import InputError
from ..model.nevra import read_packages
from ..model.states import State
from ..scenario.dump import write_project
from ..scenario.entries import ProjectEntry
from ..validation import checks
from . import views
from .bodies import MOST_MADE_UP, BuildBody, ChrootBody
from .call import Call, at_most


def show_builds(call: Call) -> views.BuildsView:
    """The builds, in the order in which they were added."""
    builds = call.fake.builds
    return {"builds": [views.build(build) for build in call.page(builds.values())], "total": len(builds)}


def show_build(call: Call) -> views.BuildView:
    """A build, with a page of its chroots."""
    return views.build(call.build, call.limit(), call.offset)


def add_build(call: Call) -> views.BuildView:
    """Add a build."""
    # The method checks the fields.
    said = cast(BuildBody, {"chroots": [], **call.given})
    return views.build(call.fake.add_build(**said))


def populate(call: Call) -> views.BuildsView:
    """Add builds as Copr could have them now, made up from the fake's seed or another."""
    fields = call.fields
    added = call.fake.populate(
        builds=fields.read("builds", at_most(MOST_MADE_UP), 10),
        chroots=fields.read("chroots", at_most(MOST_MADE_UP), 5),
        seed=fields.read("seed", checks.whole_number, None),
    )
    return {"builds": [views.build(build) for build in added], "total": len(added)}


def remove_build(call: Call) -> None:
    """Delete a build."""
    call.build.delete()


def cancel_build(call: Call) -> views.BuildView:
    """Cancel a build, as a user does."""
    build = call.build
    build.cancel()
    return views.build(build)


def advance_build(call: Call) -> views.BuildView:
    """Advance each chroot of a build that can advance: by one stage, or to the end of its lifecycle."""
    build = call.build
    to = call.fields.read("to", checks.one_of(("end",)), None)
    with build.store.lock:
        for chroot in build.values():
            if chroot.can_advance:
                chroot.advance(to=None if to is None else "end")
    return views.build(build)


def add_chroot(call: Call) -> views.ChrootView:
    """Add a chroot to a build."""
    said = cast(ChrootBody, call.given)
    name = checks.chroot_name("name", said["name"])
    if name in call.build:
        raise InputError("name", f"build {call.build.id} has {name} already; expected another")
    # The other fields are checked by the method.
    added = call.build.add_chroot(
        name, state=said.get("state"), lifecycle=said.get("lifecycle"), progress=said.get("progress")
    )
    return views.chroot(added)


def add_mock_chroots(call: Call) -> None:
    """Let the service know chroots that no project and no build has."""
    call.fake.add_mock_chroots(*call.fields.require("names", _chroot_names))


def show_projects(call: Call) -> views.ProjectsView:
    """The projects."""
    projects = call.fake.projects
    return {"projects": [write_project(project) for project in call.page(projects.values())], "total": len(projects)}


def add_project(call: Call) -> None:
    """Add a project."""
    # What each field has to be is checked there.
    settings: dict[str, Any] = {**cast(ProjectEntry, call.given)}
    owner, name = (checks.path_segment(key, settings.pop(key)) for key in ("ownername", "projectname"))
    call.fake.add_project(f"{owner}/{name}", **settings)


def show_chroot(call: Call) -> views.ChrootView:
    """A build chroot."""
    return views.chroot(call.chroot)


def report(call: Call) -> views.ReportView:
    """Report a state of a build chroot as Copr's backend does; ``taken`` is whether Copr accepts the report."""
    chroot, fields = call.chroot, call.fields
    taken = chroot.report(
        fields.require("state", checks.state),
        at=fields.read("at", checks.unix_time, None),
        result_dir=fields.read("result_dir", checks.path_segment, None),
        packages=fields.read("packages", read_packages, None),
    )
    return {"taken": taken, "chroot": views.chroot(chroot)}


def set_state(call: Call) -> views.ChrootView:
    """Set the state of a build chroot, possible or not."""
    chroot, fields = call.chroot, call.fields
    times = {key: fields.read(key, checks.unix_time, None) for key in ("started_on", "ended_on") if key in call.said}
    chroot.set_state(fields.require("state", checks.state), **times)
    return views.chroot(chroot)


def advance(call: Call) -> views.ChrootView:
    """Advance a build chroot to its next stage, on to a state, or to the end of its lifecycle."""
    chroot = call.chroot
    chroot.advance(to=call.fields.read("to", _state_or_end, None))
    return views.chroot(chroot)


def hold(call: Call) -> views.ChrootView:
    """Hold a build chroot in a state, once it is reached; by default in its current one."""
    chroot = call.chroot
    chroot.hold(call.fields.read("state", checks.state, None))
    return views.chroot(chroot)


def release(call: Call) -> views.ChrootView:
    """Release a held build chroot."""
    chroot = call.chroot
    chroot.release()
    return views.chroot(chroot)


def _state_or_end(field: str, value: object) -> State | Literal["end"]:
    valid = [*(state.value for state in State), "end"]
    checked = checks.one_of(valid)(field, value)
    return "end" if checked == "end" else State(checked)


def _chroot_names(field: str, value: object) -> list[str]:
    return [checks.chroot_name(f"{field}[{at}]", name) for at, name in enumerate(checks.items(field, value))]
