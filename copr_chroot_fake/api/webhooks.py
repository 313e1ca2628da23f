"""Webhooks, through which forges and scripts start builds; they are outside ``/api_3`` and respond with text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..engine.build import Build
from ..engine.create import submit
from ..engine.project import Project
from ..model.package import Package
from ..scenario.spec import BuildSpec, SourceSpec
from ..wire.answer import Answer, ApiError
from ..wire.headers import read_header
from .context import RequestContext, error_page, nul_error, text_answer
from .endpoint import Endpoint
from .forms import require_json
from .sources import latest_fedora
from .submission import check_directory

_OK = "OK"


class _Push(NamedTuple):
    """A push to a forge: its repository, the branch or tag, and the changed files of each commit."""

    clone_url: str
    ref: str
    committish: str
    is_tag: bool
    commits: list[list[str]]


def _webhook(sender: str) -> Endpoint:
    path = f"/webhooks/{sender}/{{project_id}}/{{secret}}/"
    return Endpoint(f"{path} {path}{{packagename}}/", methods=("POST",))


@_webhook("github")
def github(context: RequestContext) -> Answer:
    """Build the packages that a push to GitHub concerns."""
    event = read_header(context.headers, b"x-github-event")
    if event is None:
        # Copr fails without the header.
        return error_page(500)
    if event == "ping":
        return text_answer(_OK)
    return _rebuild(context, _read_github)


@_webhook("gitlab")
def gitlab(context: RequestContext) -> Answer:
    """Build the packages that a push to GitLab concerns."""
    return _rebuild(context, _read_gitlab)


@_webhook("bitbucket")
def bitbucket(context: RequestContext) -> Answer:
    """Build the packages that a push to Bitbucket concerns."""
    return _rebuild(context, _read_bitbucket)


@_webhook("custom")
def custom(context: RequestContext) -> Answer:
    """Build a package, and return the id of the build."""
    project = _project_by_id(context)
    if project is None:
        return text_answer("PROJECT_NOT_FOUND\n", 404)
    if not _knows_secret(context, project):
        return text_answer("BAD_UUID\n", 403)
    name = context.target.parameters.get("packagename")
    if name is None:
        return text_answer("PACKAGE_NAME_REQUIRED\n", 400)
    package = project.packages.get(name)
    if package is None:
        return error_page(500) if nul_error(name) else text_answer("PACKAGE_NOT_FOUND\n", 404)
    if read_header(context.headers, b"x-github-event") == "ping":
        return text_answer("SKIPPED\n")
    return _build_custom(context, project, package, project.projectname)


@Endpoint("/webhooks/custom-dir/{ownername}/{dirname}/{secret}/{packagename}/", methods=("POST",))
def custom_directory(context: RequestContext) -> Answer:
    """Build a package in a directory of its project, and return the id of the build."""
    store, parameters = context.store, context.target.parameters
    dirname = parameters["dirname"]
    if nul_error("".join(parameters.values())):
        return error_page(500)
    project = store.projects.get(f"{parameters['ownername']}/{dirname.partition(':')[0]}")
    if project is None:
        return text_answer("PROJECT_NOT_FOUND\n", 404)
    package = project.packages.get(parameters["packagename"])
    if package is None:
        return text_answer("PACKAGE_NOT_FOUND\n", 404)
    if not _knows_secret(context, project):
        return text_answer("BAD_UUID\n", 403)
    try:
        check_directory(project, dirname)
    except ApiError:
        return text_answer("CANT_CREATE_DIRECTORY\n", 400)
    return _build_custom(context, project, package, dirname)


def _build_custom(context: RequestContext, project: Project, package: Package, dirname: str) -> Answer:
    if not project.active_chroots:
        return text_answer("NO_ACTIVE_CHROOTS_IN_PROJECT\n", 500)
    config = package.config
    if package.source_type == "custom":
        try:
            config = latest_fedora(config, context.store)
        except LookupError:
            return text_answer("BUILD_REQUEST_ERROR\n", 500)
    if context.body.content:
        config = {**config, "tmp": context.store.next_directory(), "hook_data": True}
    return text_answer(f"{_submit(context, project, package, config, dirname).id}\n")


def _rebuild(context: RequestContext, read: Callable[[Any], _Push]) -> Answer:
    """Build the packages of a project that a push concerns."""
    project = _project_by_id(context)
    if project is None:
        return error_page(404)
    if not _knows_secret(context, project):
        return error_page(403)
    name = context.target.parameters.get("packagename")
    try:
        push = read(context.body.json())
        # Copr strips the URL even if the project has no packages.
        clone_url = _plain_url(push.clone_url)
        concerned = [package for package in project.packages.values() if _concerns(push, clone_url, package, name)]
        changed = {"committish": push.committish}
        require_json(changed)
    except ApiError as error:
        return error_page(error.status)
    except _MissingCloneUrlError:
        return text_answer("Missing clone_url in webhook", 400)
    except KeyError:
        return text_answer("Bad Request", 400)
    except (TypeError, AttributeError, IndexError):
        return error_page(500)
    if project.active_chroots:
        for package in concerned:
            _submit(context, project, package, {**package.config, **changed}, project.projectname)
    return text_answer(_OK)


class _MissingCloneUrlError(Exception):
    """The payload is not an object with a repository."""


def _read_github(payload: Any) -> _Push:
    try:
        clone_url = payload["repository"]["clone_url"]
    except TypeError:
        raise _MissingCloneUrlError from None
    is_tag, ref = payload.get("ref_type") == "tag", payload.get("ref", "")
    return _Push(clone_url, ref, ref if is_tag else payload.get("after", ""), is_tag=is_tag, commits=_commits(payload))


def _read_gitlab(payload: Any) -> _Push:
    clone_url = payload["project"]["git_http_url"]
    commits = _commits(payload)
    is_tag, ref = payload["object_kind"] == "tag_push", payload.get("ref", "")
    ref = ref.rpartition("/")[2] if is_tag else ref
    return _Push(clone_url, ref, ref if is_tag else payload.get("after", ""), is_tag=is_tag, commits=commits)


def _read_bitbucket(payload: Any) -> _Push:
    links = payload["repository"]["links"]
    _ = links["self"]["href"]
    new = payload["push"]["changes"][0]["new"]
    is_tag, ref = new["type"] == "tag", new["name"]
    return _Push(links["html"]["href"], ref, ref if is_tag else new["target"]["hash"], is_tag=is_tag, commits=[])


def _commits(payload: Mapping[str, Any]) -> list[list[str]]:
    return [[*commit["added"], *commit["modified"], *commit["removed"]] for commit in payload.get("commits", [])]


def _concerns(push: _Push, clone_url: str, package: Package, name: str | None) -> bool:
    if package.source_type != "scm" or not package.webhook_rebuild:
        return False
    if _plain_url(str(package.config.get("clone_url", ""))) != clone_url:
        return False
    if push.is_tag:
        return package.name == name or _is_version_of(push.ref, package.name)
    committish = str(package.config.get("committish") or "")
    if committish and not push.ref.endswith(committish):
        return False
    directory = str(package.config.get("subdirectory") or "").strip("/")
    prefix = "" if directory in ("", ".") else f"{directory.removeprefix('./')}/"
    return any(path.startswith(prefix) for paths in push.commits for path in paths)


def _plain_url(url: str) -> str:
    return url.rstrip("/").removesuffix(".git")


def _is_version_of(tag: str, package: str) -> bool:
    """Return whether a tag is the package's name with a version, or with a version and a release."""
    for separator in "-_":
        parts = tag.split(separator)
        for _ in range(2):
            if len(parts) < 2 or not any(character.isdigit() for character in parts[-1]):
                break
            parts.pop()
            if package in ("-".join(parts), "_".join(parts)):
                return True
    return False


def _submit(
    context: RequestContext, project: Project, package: Package, config: Mapping[str, object], dirname: str
) -> Build:
    spec = BuildSpec(
        submitter=None,
        package=package.name,
        project_dirname=dirname,
        enable_net=project.settings.enable_net,
        is_background=True,
        source=SourceSpec(type=package.source_type, config=config),
    )
    build = submit(project.store, project, spec, package.allowed(project.active_chroots))
    context.created = (*context.created, build)
    build.source.start(build.store.clock.now())
    return build


def _project_by_id(context: RequestContext) -> Project | None:
    number = int(context.target.parameters["project_id"])
    return next((project for project in context.store.projects.values() if project.id == number), None)


def _knows_secret(context: RequestContext, project: Project) -> bool:
    return project.webhook_secret is not None and context.target.parameters["secret"] == project.webhook_secret
