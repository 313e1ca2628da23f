"""Near misses: the objects closest to an unmatched request, among those that existed at its time.

Each search compares a bounded number of candidates, however many exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from posixpath import commonprefix

from ..api.endpoint import ROOT
from ..api.routing import ENDPOINTS, parse_target
from ..engine.build import Build
from ..engine.project import Project
from ..engine.store import Store
from ..model.project import RESULTS_PATH
from ..validation import checks
from .request import Request
from .submissions import Submission


def near_miss(store: Store, request: Request) -> str:
    """Describe the existing objects closest to the missing one; objects that were added later do not count."""
    path = request.target.partition("?")[0]
    if request.endpoint is None:
        if parse_target(f"{ROOT}{path}").endpoint is not None:
            return f"the path is {ROOT}{checks.shortened(path)}, not {checks.shortened(path)}"
        paths = [route.path for endpoint in ENDPOINTS.values() for route in endpoint.routes]
        return _near(path, paths, "paths")
    if request.endpoint == "results":
        return _near_results(store, request, path)
    build = None if request.build_id is None else store.builds.get(request.build_id)
    if build is not None and _is_later(build, request):
        return f"build {build.id} was missing; {_LATER}"
    if build is not None:
        return _near_chroots(build, request)
    target = parse_target(request.target)
    if target.raw_build_id is None:
        return _near_named(store, request, {**_names_in_body(request), **request.arguments, **target.parameters})
    return _near_builds(store.builds, request, str(target.raw_build_id))


def missing_chroots(store: Store, project: Submission) -> str | None:
    """Describe a project that was rejected because Copr does not have the chroots that the error names."""
    request = project.request
    missing = [name for name in project.fields.get("chroots", []) if f"'{name}'" in (request.error or "")]
    if request.status != 400 or not missing:
        return None
    line = f"{request.method} {checks.shortened(request.target, 300)} -> 400"
    remedy = _LATER if {*missing} <= {*store.active_chroots} else "add_mock_chroots adds chroots"
    return f"{line}: Copr had no chroot {checks.listing(missing)}; {remedy}"


def _near(sent: str, existing: Iterable[str], kind: str, prefix: str = "", limit: int = 100) -> str:
    """Describe the existing name closest to the one sent; ``kind`` is a plural noun, such as ``projects``."""
    close = checks.nearest(sent, existing, 1, 0)
    if not close:
        return f"there are no {kind}"
    return f"{prefix}{checks.shortened(close[0], limit)} exists, {checks.shortened(sent, limit)} does not"


def _is_later(item: Build | Project, request: Request) -> bool:
    """Return whether a build or a project was added after a request."""
    return item.added_after >= request.number


_LATER = "it was added after the request"


def _near_named(store: Store, request: Request, names: Mapping[str, str]) -> str:
    """Compare projects, unless the request names none, or one that existed."""
    sent = f"{names.get('ownername', '')}/{names.get('projectname')}"
    project = store.projects.get(sent)
    if project is not None and _is_later(project, request):
        return f"project {checks.shortened(sent)} was missing; {_LATER}"
    if project is not None or "projectname" not in names:
        return "the error of the response names the missing object"
    earlier = (name for name, other in store.projects.items() if not _is_later(other, request))
    return _near(sent, earlier, "projects", "project ")


def _names_in_body(request: Request) -> Mapping[str, str]:
    """Return the owner and the project in a body."""
    sent = request.json if isinstance(request.json, dict) else request.form
    names = {name: sent.get(name) for name in ("ownername", "projectname")}
    return {name: value for name, value in names.items() if isinstance(value, str)}


def _near_results(store: Store, request: Request, path: str) -> str:
    directories = (
        f"{RESULTS_PATH}/{build.project.ownername}/{build.project_dirname}/{chroot.name}/{chroot.result_dir}/"
        for build in islice(store.builds.values(), checks.MAX_CANDIDATES)
        for chroot in build.chroots
        if chroot.result_dir and not _is_later(build, request)
    )
    return _near(path, directories, "results", limit=300)


def _near_builds(builds: Mapping[int, Build], request: Request, sent: str) -> str:
    """Compare ids as texts: a missing digit is more likely than an id that is off by one.

    Those that begin with the same digits come first.
    """
    near = checks.nearest(sent, (str(build.id) for build in builds.values() if not _is_later(build, request)), 3, 0)
    if not near:
        return "there are no builds"
    near = sorted(near, key=lambda build_id: -len(commonprefix([build_id, sent])))
    exist = f"build {near[0]} exists" if len(near) == 1 else f"builds {', '.join(near)} exist"
    return f"{exist}, {checks.shortened(sent)} does not"


def _near_chroots(build: Build, request: Request) -> str:
    sent = request.chrootname or ""
    if sent in build:
        return f"build {build.id} had no {checks.shortened(sent)}; {_LATER}"
    close = checks.nearest(sent, build.keys(), 3, 0.3) or list(islice(build.keys(), 3))
    return f"build {build.id} has {checks.listing(close) or 'no chroots'}, not {checks.excerpt(sent)}"
