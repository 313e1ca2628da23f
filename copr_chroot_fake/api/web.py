"""The pages of Copr's website that programs link to: its addresses and statuses, without Copr's design."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from html import escape
from itertools import chain, islice
from urllib.parse import quote

from ..engine.build import Build
from ..engine.project import Project
from ..engine.store import Store
from ..model.project import COPR_URL
from ..model.states import State
from ..wire.answer import HTML, Answer
from .context import RequestContext, error_page, owner_in_path, text_answer
from .endpoint import Endpoint

_LIMIT = 200
"""Items on a page, as in Copr's feed."""


def _page_of(lines: Callable[[RequestContext], Iterable[str] | Answer | None]) -> Callable[[RequestContext], Answer]:
    """Return a handler that shows lines; ``None`` is a 404. A path without its trailing slash redirects to it."""

    @wraps(lines)
    def handler(context: RequestContext) -> Answer:
        if context.target.lacks_slash:
            query = f"?{context.target.query}" if context.target.query else ""
            return _redirect(f"{quote(context.target.path.rpartition('/')[2])}/{query}", 308)
        content = lines(context)
        if content is None or isinstance(content, Answer):
            return content or error_page(404)
        title = escape(context.target.path)
        items = "\n".join(f"<li>{line}" for line in (*content, _link(context, "/_fake/", "the page of this fake")))
        return text_answer(f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<ul>\n{items}\n</ul>\n")

    return handler


def _redirect(location: str, status: int) -> Answer:
    return text_answer("", status, headers=(("Location", location),))


def _relative(context: RequestContext, path: str) -> str:
    """Return a relative address, which stays within the world of a server."""
    return (("../" * (context.target.path.count("/") - 1)) or "./") + quote(path[1:])


def _link(context: RequestContext, path: str, text: str) -> str:
    return f'<a href="{escape(_relative(context, path))}">{escape(text)}</a>'


def _project_path(project: Project) -> str:
    owner = project.ownername
    return f"/coprs/{f'g/{owner[1:]}' if project.group else owner}/{project.projectname}/"


def _build_path(build: Build) -> str:
    return f"{_project_path(build.project)}build/{build.id}/"


def _listed(store: Store, limit: int) -> list[Project]:
    """Return the projects that are not hidden from the home page, newest first."""
    listed = [project for project in store.projects.values() if not project.settings.unlisted_on_hp]
    return sorted(listed, key=lambda project: -project.id)[:limit]


def _project_links(context: RequestContext, projects: Iterable[Project]) -> list[str]:
    return [_link(context, _project_path(project), str(project)) for project in projects]


def _build_links(context: RequestContext, builds: Iterable[Build]) -> list[str]:
    return [
        f"{_link(context, _build_path(build), f'build {build.id}')}: "
        f"{escape(f'{build.package} in {build.project}')}, {build.state}"
        for build in builds
    ]


@Endpoint("/ /coprs/", alias="coprs")
@_page_of
def show_home(context: RequestContext) -> Iterable[str]:
    """Show the projects, newest first."""
    return _project_links(context, _listed(context.store, _LIMIT))


@Endpoint("/status/ /status/pending/ /status/importing/ /status/running/", alias="coprs/status")
@_page_of
def show_status(context: RequestContext) -> Iterable[str]:
    """Show the builds in a state, by default those that are pending."""
    name = context.target.path.strip("/").partition("/")[2] or "pending"
    builds = (build for build in context.store.builds.values() if build.state == State(name))
    return _build_links(context, islice(builds, _LIMIT))


@Endpoint("/rss/ /rss/{limit}/", alias="coprs/rss")
def show_feed(context: RequestContext) -> Answer:
    """Return a feed of the projects, newest first."""
    limit = context.target.parameters.get("limit") or str(_LIMIT)
    if not limit.isdecimal():
        return error_page(404)
    items = "".join(
        f"<item><title>{escape(str(project))}</title><link>{COPR_URL}{escape(quote(_project_path(project)))}</link>"
        f"<description>{escape(project.settings.description or '')}</description></item>\n"
        for project in _listed(context.store, int(limit[:9]))
    )
    channel = f"<title>Copr</title><link>{COPR_URL}</link><description>Projects</description>\n{items}"
    feed = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{channel}</channel></rss>\n'
    return text_answer(feed, content_type=HTML.replace("html", "xml"))


@Endpoint("/coprs/build/{build_id}/", alias="coprs/build")
@_page_of
def show_build(context: RequestContext) -> Iterable[str] | Answer | None:
    """Redirect to the page of a build."""
    build = context.store.find_build(context.target.build_id)
    return None if build is None else _redirect(_relative(context, _build_path(build)), 302)


@Endpoint(
    "/coprs/g/{groupname}/{projectname}/build/{build_id}/ /coprs/{ownername}/{projectname}/build/{build_id}/",
    alias="coprs/project/build",
)
@_page_of
def show_project_build(context: RequestContext) -> Iterable[str] | None:
    """Show a build and its chroots; as in Copr, the project only has to exist."""
    build = context.store.find_build(context.target.build_id)
    if build is None or _find_project(context) is None:
        return None
    chroots = (f"{chroot.name}: {chroot.state}" for chroot in build.known_chroots)
    return [*_build_links(context, [build]), *map(escape, chroots)]


_VIEWS = ("builds", "packages", "monitor")


@Endpoint(
    " ".join(
        f"/coprs/{owner}/{{projectname}}/{view}"
        for owner in ("g/{groupname}", "{ownername}")
        for view in ("", *(f"{view}/" for view in _VIEWS))
    ),
    alias="coprs/project",
)
@_page_of
def show_project(context: RequestContext) -> Iterable[str] | None:
    """Show a project, its builds, its packages, or the latest build of each package."""
    project = _find_project(context)
    if project is None:
        return None
    view, store = context.target.path.rstrip("/").rpartition("/")[2], context.store
    if view == "packages":
        return [*map(escape, project.packages)]
    if view == "monitor":
        latest = (store.builds_in(project, name, limit=1) for name in project.packages)
        return _build_links(context, chain.from_iterable(latest))
    if view == "builds":
        return _build_links(context, store.builds_in(project, limit=_LIMIT))
    facts = (f"project {project}", project.settings.description, project.settings.instructions, *project.active_chroots)
    links = (_link(context, f"{_project_path(project)}{view}/", view) for view in _VIEWS)
    return [*(escape(line) for line in facts if line), *links]


@Endpoint("/groups/g/{groupname}/coprs/ /coprs/{ownername}/", alias="coprs/owner")
@_page_of
def show_owner(context: RequestContext) -> Iterable[str] | None:
    """Show the projects of a user or a group, newest first."""
    owner, store = owner_in_path(context), context.store
    owned = [project for project in store.projects.values() if project.ownername == owner]
    is_known = owned or owner in store.groups or any(account.name == owner for account in store.accounts.values())
    return _project_links(context, reversed(owned)) if is_known else None


def _find_project(context: RequestContext) -> Project | None:
    return context.store.projects.get(f"{owner_in_path(context)}/{context.target.parameters['projectname']}")
