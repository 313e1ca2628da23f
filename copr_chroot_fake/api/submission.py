"""Submitting builds: ``build/create`` for each kind of source, and ``build/check-before-build``.

The order of the checks is Copr's: login, project, form, permission to build, Packit, directory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..engine.build import Build
from ..engine.create import submit
from ..engine.project import Project
from ..engine.store import Store
from ..model import defaults
from ..model.project import Isolation, SourcePackage
from ..model.shell_pattern import matching
from ..model.source import SourceType
from ..scenario.spec import BuildSpec, SourceSpec
from ..wire.answer import ApiError, crashing_on
from . import forms
from .bodies import Upload
from .builds import BUILD, render_build
from .context import RequestContext, Success, json_success
from .endpoint import Endpoint, page_of
from .forms import Field, Given, Invalid, Values, form_data, read_form, require_json, require_storable
from .paging import render_list
from .projects import find_project_in_body, pluralize
from .sources import SOURCES, Source, latest_fedora
from .users import User, authenticate, may_build_in

MAX_TIMEOUT = 108_000

PRESERVED = ("chroots", "exclude_chroots", "python_versions")
"""The fields whose lists stay lists."""

_NO_META = b'{"limit": null, "offset": null, "order": null, "order_type": null}'

_SOURCE_FILES = (".src.rpm", ".nosrc.rpm", ".spec")


class SourceOfBuild(NamedTuple):
    """The source of one build; ``url`` is that of a source package."""

    type: SourceType
    config: Mapping[str, object]
    url: str | None = None
    content: bytes | None = None


class Submission(NamedTuple):
    """A request for builds: the user, the project, and a form with the fields of :func:`build_fields`."""

    context: RequestContext
    user: User
    project: Project
    values: Values


@Endpoint("build/create/url", methods=("POST",), submits="build", model=page_of(BUILD))
def create_from_url(context: RequestContext) -> Success:
    """Submit a build for each URL of a source package."""
    ends_right = forms.each_url(
        lambda parsed: parsed.path.endswith(_SOURCE_FILES),
        "URLs must end with .src.rpm, .nosrc.rpm, or .spec ('{}' doesn't seem to be a valid URL).",
    )
    pkgs = Field(
        forms.text,
        filters=[forms.one_per_line],
        validators=[forms.required("URLs to packages are required"), forms.each_url(forms.is_web_url), ends_right],
    )
    submission = _read(context, after={"pkgs": pkgs})
    urls = submission.values["pkgs"].split("\n")
    sources = [SourceOfBuild("link", {"url": url}, _package_url(url)) for url in urls]
    return Success(render_list(_submit(submission, sources), _NO_META))


@Endpoint("build/create/upload", methods=("POST",), submits="build", model=BUILD)
def create_from_upload(context: RequestContext) -> Success:
    """Submit a build of an uploaded file, which can be downloaded."""
    # Copr reads the JSON file before it looks at the login.
    context.body.read_json_file()
    is_source_file = forms.valid_if(
        lambda value: value.filename.lower().endswith(_SOURCE_FILES),
        "You can upload only .src.rpm, .nosrc.rpm, and .spec files",
    )
    pkgs = Field(forms.file, validators=[forms.required(), is_source_file])
    submission = _read(context, after={"pkgs": pkgs})
    file: Upload = submission.values["pkgs"]
    name, directory = _secure_filename(file.filename), context.store.next_directory()
    url = f"{context.store.uploads_root}/{directory}/{name}"
    config = {"url": url, "pkg": name, "tmp": directory}
    source = SourceOfBuild("upload", config, _package_url(url), file.content)
    return _submit_one(submission, source)


@Endpoint("build/create/scm", methods=("POST",), submits="build", model=BUILD)
def create_from_scm(context: RequestContext) -> Success:
    """Submit a build from a Git or Subversion repository."""
    names = ("clone_url", "committish", "subdirectory", "spec", "srpm_build_method")
    return _create(
        context, "scm", lambda values, store: {"type": values["scm_type"], **{name: values[name] for name in names}}
    )


@Endpoint("build/create/distgit", methods=("POST",), submits="build", model=BUILD)
def create_from_distgit(context: RequestContext) -> Success:
    """Submit a build of a package in dist-git."""
    return _create(context, "distgit")


@Endpoint("build/create/pypi", methods=("POST",), submits="build", model=BUILD)
def create_from_pypi(context: RequestContext) -> Success:
    """Submit a build of a package on PyPI, by default for Python 3."""
    config = SOURCES["pypi"].config
    return _create(
        context,
        "pypi",
        lambda values, store: config({**values, "python_versions": values["python_versions"] or ["3"]}, store),
    )


@Endpoint("build/create/rubygems", methods=("POST",), submits="build", model=BUILD)
def create_from_rubygems(context: RequestContext) -> Success:
    """Submit a build of a gem."""
    return _create(context, "rubygems")


@Endpoint("build/create/custom", methods=("POST",), submits="build", model=BUILD)
def create_from_custom(context: RequestContext) -> Success:
    """Submit a build whose source a script makes."""
    return _create(context, "custom")


@Endpoint("build/check-before-build", methods=("POST",))
def check_before_build(context: RequestContext) -> Success:
    """Check a submission, in another order than ``build/create``; copr-cli sends it before each build."""
    user = authenticate(context)
    project = find_project_in_body(context)
    data = form_data(context.body, PRESERVED)
    form = read_form(build_fields(project, user), data)
    check_directory(project, form.values["project_dirname"])
    if not may_build_in(user, project):
        raise ApiError(403, f"User '{user.name}' is not allowed to build in '{project}'")
    form.raise_as_dictionary()
    return json_success({"message": "It should be safe to submit a build like this"})


def _create(
    context: RequestContext, type: SourceType, config: Callable[[Values, Store], Mapping[str, object]] | None = None
) -> Success:
    source = SOURCES[type]
    submission = _read(context, source)
    stored = (config or source.config)(submission.values, context.store)
    return _submit_one(submission, SourceOfBuild(type, stored))


def _read(
    context: RequestContext, source: Source | None = None, *, after: Mapping[str, Field] = MappingProxyType({})
) -> Submission:
    """Return the user, the project and the form.

    :raises ApiError: 401, 404, 400 for an invalid form, or 403.
    """
    user = authenticate(context)
    project = find_project_in_body(context)
    data = form_data(context.body, PRESERVED, {"source_build_method": "srpm_build_method"})
    own = {} if source is None else source.fields(context.store)
    form = read_form({**own, **build_fields(project, user), **after}, data)
    form.raise_as_dictionary()
    if not may_build_in(user, project):
        raise ApiError(403, f"User {user.name} is not allowed to build in the copr: {project}")
    return Submission(context, user, project, form.values)


def _submit_one(submission: Submission, source: SourceOfBuild) -> Success:
    (build,) = _submit(submission, [source])
    return Success(build + b"\n")


def _submit(submission: Submission, sources: Iterable[SourceOfBuild]) -> list[bytes]:
    chroots = selected_chroots(submission.project, submission.values)
    return submit_builds(submission, sources, chroots, isolation="unchanged")


def submit_builds(
    submission: Submission,
    sources: Iterable[SourceOfBuild],
    chroots: Sequence[str],
    *,
    isolation: Isolation | None = None,
    package: str | None = None,
) -> list[bytes]:
    """Add the builds of a request, all of them or none, and return the JSON of each.

    :raises ApiError: 400 or 403.
    """
    context, user, project, values = submission
    if not project.active_chroots:
        raise ApiError(400, f"Can't create build - project {project} has no active chroots")
    forge = values["packit_forge_project"]
    if forge and forge not in project.settings.packit_forge_projects_allowed:
        raise ApiError(403, f"Forge project {forge} can't build in this Copr via Packit.")
    if not may_build_in(user, project):
        raise ApiError(403, "You don't have permissions to build in this copr.")
    check_directory(project, values["project_dirname"])
    builds = [_spec(submission, source, isolation, package) for source in sources]
    selected = [name for name in project.active_chroots if name in chroots]
    return [_start(context, project, build, selected, _batch(context.store, values)) for build in builds]


def _spec(submission: Submission, source: SourceOfBuild, isolation: Isolation | None, package: str | None) -> BuildSpec:
    _, user, project, values = submission
    return BuildSpec(
        submitter=user.name,
        package=package,
        project_dirname=values["project_dirname"] or project.projectname,
        timeout=defaults.TIMEOUT if values["timeout"] is None else values["timeout"],
        enable_net=project.settings.enable_net if values["enable_net"] is None else values["enable_net"],
        is_background=values["background"],
        bootstrap=values["bootstrap"],
        isolation=values["isolation"] or isolation,
        source=SourceSpec(type=source.type, config=_stored_config(source, project), content=source.content),
        source_package=SourcePackage(url=source.url),
    )


def _start(
    context: RequestContext, project: Project, spec: BuildSpec, chroots: Sequence[str], batch: int | None
) -> bytes:
    build = submit(context.store, project, spec, chroots, batch)
    context.created = (*context.created, build)
    # The response shows the build before it can advance.
    rendered = render_build(build)
    build.source.start(context.store.clock.now())
    return rendered


def _stored_config(source: SourceOfBuild, project: Project) -> Mapping[str, object]:
    require_json(source.config)
    require_storable([source.url])
    config = dict(source.config)
    if project.settings.fedora_review:
        config["fedora_review"] = True
    if source.type == "custom":
        with crashing_on(LookupError):
            return latest_fedora(config, project.store)
    return config


def _batch(store: Store, values: Values) -> int | None:
    """Return the batch of a submitted build; add it if it is new."""
    if values["with_build_id"]:
        return _batch_of(store, values["with_build_id"])
    if values["after_build_id"]:
        return store.add_batch(_batch_of(store, values["after_build_id"]))
    return None


def _batch_of(store: Store, build_id: int) -> int:
    build = store.builds[build_id]
    if build.batch is None:
        store.put_in_batch(build, store.add_batch())
    assert build.batch is not None
    return build.batch


def build_fields(project: Project, user: User) -> Mapping[str, Field]:
    """Return the fields that every submission has, in Copr's order."""
    active = project.active_chroots
    return {
        "timeout": Field(forms.integer, defaults.TIMEOUT, validators=[forms.optional, forms.in_range(0, MAX_TIMEOUT)]),
        "enable_net": Field(forms.optional_boolean),
        "background": Field(forms.boolean, False),
        "project_dirname": Field(forms.stripped_text),
        "bootstrap": forms.optional_choice("unchanged", "default", "off", "on", "image"),
        "isolation": forms.optional_choice("unchanged", "default", "nspawn", "simple"),
        "chroots": Field(forms.choices, checks=[_chroot_patterns(active)]),
        "exclude_chroots": Field(forms.choices, checks=[_chroot_patterns(active)]),
        "after_build_id": _batch_field("with_build_id", user, project.store),
        "with_build_id": _batch_field("after_build_id", user, project.store),
        "packit_forge_project": Field(forms.stripped_text),
    }


def _chroot_patterns(active: Sequence[str]) -> forms.Validator:
    def validate(given: Given) -> None:
        for text in given.value:
            if not matching(active, [text]):
                raise Invalid(forms.not_choices([text]))

    return validate


def _batch_field(other: str, user: User, store: Store) -> Field:
    is_modified = other == "after_build_id"

    def validate(given: Given) -> None:
        if given.values[other]:
            raise Invalid("Only one batch option can be specified")
        if not given.value:
            return
        build = store.find_build(given.value)
        if build is None:
            raise Invalid(f"Build {given.value} not found")
        _check_batch(build, user, is_modified, store)

    return Field(forms.integer, filters=[forms.null_if_none], validators=[forms.optional, validate])


def _check_batch(build: Build, user: User, is_modified: bool, store: Store) -> None:
    """Check that a user may put a build into the batch of another build, or after it.

    :raises Invalid: if not.
    """
    if build.batch is None:
        start = f"Build {build.id} is not yet in any batch, and "
        if not may_build_in(user, build.project):
            problem = f"user '{user.name}' doesn't have the build permissions in project '{build.project}'"
            raise Invalid(f"{start}{problem} to create a new one")
        if build.is_finished:
            raise Invalid(f"{start}new batch can not be created because the build has already finished")
    elif is_modified:
        builds = store.builds_of(build.batch)
        if all(other.is_finished for other in builds):
            raise Invalid(f"Batch {build.batch} is already finished")
        projects = dict.fromkeys(other.project for other in builds)
        # A user who may build in one of the projects may add builds of any project.
        if not any(may_build_in(user, project) for project in projects):
            named = pluralize("project", [project.full_name for project in projects])
            problem = "You are not allowed to build there, so you neither can edit the batch."
            raise Invalid(f"The batch {build.batch} belongs to {named}.  {problem}")


def selected_chroots(project: Project, values: Values) -> list[str]:
    """Return the chroots that a build is submitted to; none if its source build decides."""
    active = project.active_chroots
    chosen = matching(active, values["chroots"])
    excluded = matching(active, values["exclude_chroots"])
    return [name for name in chosen or active if name not in excluded] if excluded else chosen


def check_directory(project: Project, dirname: object) -> None:
    """Reject a directory that a project does not have and cannot get.

    :raises ApiError: 400, or 500 if it is no text.
    """
    if not dirname:
        return
    if not isinstance(dirname, str):
        # The database compares it with texts only.
        raise ApiError(500)
    if dirname in project.directories:
        return
    name = project.projectname
    if not dirname.startswith(f"{name}:"):
        raise ApiError(400, f"Copr dirname must start with '{name}:' prefix")
    kind, *rest = dirname.removeprefix(f"{name}:").split(":")
    is_request = kind == "pr" and len(rest) == 1 and all(character.isnumeric() for character in rest[0])
    if not (is_request or (kind == "custom" and rest)):
        raise ApiError(
            400,
            f"Please use directory format {name}:custom:<SUFFIX_OF_CHOICE> or {name}:pr:<ID> (for automatically "
            "removed directories)",
        )
    if not all(part.isalnum() for part in (kind, *rest)):
        raise ApiError(
            400,
            f"Wrong directory '{dirname}' specified.  Directory name can consist of alpha-numeric strings separated by "
            "colons.",
        )


def _package_url(url: str) -> str | None:
    return None if url.endswith(".spec") else url


def _secure_filename(name: str) -> str:
    """Return the name under which Werkzeug stores an uploaded file."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = ascii_name.replace("/", " ").split()
    return re.sub(r"[^A-Za-z0-9_.-]", "", "_".join(words)).strip("._")
