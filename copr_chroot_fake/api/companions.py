"""The endpoints that clients ask beside those of build chroots: builds, projects, what else the service knows.

All are answered from the same builds and chroots, so that they say the same of
them at every moment. An answer that shows a build, or chroots of it, counts as a
poll of these chroots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.project import Project
from ..model.source_states import UNIMPORTED
from ..model.states import State
from ..wire.answer import CATCH_ALL, Refusal
from . import companion_rendering as views
from .context import Asking, Shown, build_asked, impossible_text, no_such_build, require
from .paging import ATTRIBUTES, Paging, Table, check_order, check_range, read_paging
from .rendering import page

_BUILD = Table(
    "build",
    frozenset(
        {
            "batch_id",
            "bootstrap",
            "canceled",
            "copr_dir_id",
            "copr_id",
            "enable_net",
            "is_background",
            "package_id",
            "pkg_version",
            "result_dir",
            "source_status",
            "submitted_on",
            "timeout",
            "user_id",
        }
    ),
    ATTRIBUTES,
)
"""By these the list takes an order, in which it is not: it is always newest first."""

_WITHOUT_LOG = (State.WAITING, State.PENDING, State.STARTING)


def show_build(asking: Asking) -> Shown:
    return Shown(views.build(_find(asking)) + b"\n")


def show_packages(asking: Asking) -> Shown:
    return Shown(views.packages(_find(asking)))


def show_source(asking: Asking) -> Shown:
    """The source build, of which nothing is to be seen before its log has an address."""
    sent, build = build_asked(asking)
    if build is None:
        raise no_such_build(sent)
    build.catch_up()
    if asking.counts:
        # Those that wait for the source are what goes on with it.
        for chroot in build.chroots:
            if chroot.is_absent or chroot.state in UNIMPORTED:
                chroot.poll(True)
    if not build.is_in_store:
        raise no_such_build(sent)
    if build.source_state in _WITHOUT_LOG:
        raise Refusal(500, CATCH_ALL)
    return Shown(views.source_chroot(build))


def show_builds(asking: Asking) -> Shown:
    """A page of a project's builds; a status is looked for only after the offset, and before the limit."""
    arguments, store = asking.question.arguments, asking.store
    paging = read_paging(arguments, asking.default_limit)
    project = find_project(asking)
    check_order(paging.order, _BUILD)
    check_range(paging)
    package, status = arguments.get("packagename"), arguments.get("status")
    for text in (package, status):
        if text is not None and "\0" in text:
            raise Refusal(500, CATCH_ALL)
    limit = None if status else paging.limit
    builds = _newest_first(store, project, package or None, paging.offset, limit)
    if status:
        # The limit as it was sent, which may be none at all.
        paging = paging._replace(limit=_limit_sent(asking, paging))
        builds = _in_state(builds, status, paging.limit)
    return Shown(page(list(_looked_at(builds, status, asking.counts)), paging))


def _newest_first(store: Store, project: Project, package: str | None, offset: int, limit: int | None) -> list[Build]:
    """The builds that are there by now: the life of a chroot may have deleted some."""
    while True:
        builds = [store.builds[build_id] for build_id in store.index.page(project.full_name, package, offset, limit)]
        for build in builds:
            build.catch_up()
        if all(build.is_in_store for build in builds):
            return builds


def _limit_sent(asking: Asking, paging: Paging) -> int | None:
    sent = asking.question.arguments.get("limit", "")
    return int(sent) if sent.strip() else paging.limit


def _in_state(builds: Sequence[Build], status: str, limit: int | None) -> list[Build]:
    found: list[Build] = []
    for build in builds:
        if limit is not None and len(found) >= limit:
            break
        if build.state == status:
            found.append(build)
    return found


def _looked_at(builds: Sequence[Build], status: str | None, counts: bool) -> Iterator[bytes]:
    """What is shown of builds, each as this look leaves it: it may have gone, or into another state."""
    for build in builds:
        build.poll(counts)
        if build.is_in_store and (not status or build.state == status):
            yield views.build(build)


def show_project(asking: Asking) -> Shown:
    return Shown(views.project(find_project(asking), asking.store))


def show_mock_chroots(asking: Asking) -> Shown:
    return Shown(views.mock_chroots(asking.store.mock_chroots))


def show_monitor(asking: Asking) -> Shown:
    project = find_project(asking)
    dirname = asking.question.arguments.get("project_dirname") or project.projectname
    packages = {}
    for package in sorted(asking.store.index.packages(project.full_name)):
        latest = _latest(asking, project, package, dirname)
        if latest:
            packages[package] = latest
    for chroot in (chroot for latest in packages.values() for chroot in latest):
        chroot.poll(asking.counts)
    return Shown(views.monitor(packages))


def _latest(asking: Asking, project: Project, package: str, dirname: str) -> list[BuildChroot]:
    """The newest build chroot of a package in each of the project's chroots."""
    store = asking.store
    latest: dict[str, BuildChroot] = {}
    number = store.index.number_of_chroots(project.full_name, package)
    for build_id in store.index.newest_first(project.full_name, package):
        build = store.find_build(build_id)
        if build is None or build.project_dirname != dirname:
            continue
        for chroot in build.known_chroots:
            latest.setdefault(chroot.name, chroot)
        if len(latest) == number:
            break
    return [chroot for chroot in latest.values() if chroot.name in project.chroots]


def _find(asking: Asking) -> Build:
    """The build that is asked for, as a look leaves it."""
    sent, build = build_asked(asking)
    if build is not None:
        build.poll(asking.counts)
    if build is None or not build.is_in_store:
        raise no_such_build(sent)
    return build


def find_project(asking: Asking) -> Project:
    """The project that is asked for by its owner and its name."""
    owner, name = (str(require(key, asking.question.arguments.get(key))) for key in ("ownername", "projectname"))
    if not (owner and name):
        # What is blank in the query the service looks for in a JSON body, which is not there.
        raise Refusal(
            415,
            "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
        )
    projects = asking.store.projects
    project = projects.get(f"{owner}/{name}")
    if project is not None and project.ownername == owner:
        return project
    if owner.startswith("@") and not any(project.ownername == owner for project in projects.values()):
        raise impossible_text(owner) or Refusal(404, f"Group {owner[1:]} does not exist.")
    raise impossible_text(owner + name) or Refusal(404, f"Project {owner}/{name} does not exist.")
