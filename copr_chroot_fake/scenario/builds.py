"""Projects and builds, read from their entries.

A reader raises :class:`~copr_chroot_fake.InputError` naming the place within the
entry; or it goes on, where mistakes are gathered.
"""

from __future__ import annotations

from collections.abc import Callable

from ..engine.build import Build, Cancellation, confirmation_due
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..errors import InputError
from ..model.project import NO_SETTINGS, Project, ProjectChroot, SourcePackage, Submission
from ..validation import checks
from ..validation.errors import tried
from ..validation.fields import Fields
from . import entries
from .entries import DEFAULT_MEMORY_LIMIT, DEFAULT_OWNER, DEFAULT_PACKAGE, DEFAULT_PROJECT, DEFAULT_TIMEOUT


def read_project(place: str, entry: object) -> Project:
    fields = Fields(place, entry, entries.PROJECT_FORM)
    project = Project(
        ownername=fields.require("ownername", checks.path_segment, DEFAULT_OWNER),
        projectname=fields.require("projectname", checks.path_segment, DEFAULT_PROJECT),
        additional_repos=fields.read("additional_repos", checks.texts, ()),
        devel_mode=fields.read("devel_mode", checks.flag, False),
        module_hotfixes=fields.read("module_hotfixes", checks.flag, False),
        repo_priority=fields.read("repo_priority", checks.whole_number, None),
        bootstrap=fields.read("bootstrap", entries.bootstrap, None),
        chroots=fields.read("chroots", _project_chroots, {}),
    )
    fields.insist("ownername", "projectname")
    return project


def _project_chroots(place: str, value: object) -> dict[str, ProjectChroot]:
    chroots = {}
    for name, entry in checks.mapping(place, value).items():
        inner = f"{place}.{checks.key(name)}"
        settings = tried(_read_project_chroot, inner, entry, NO_SETTINGS)
        chroots[tried(checks.chroot_name, inner, name, "?")] = settings
    return chroots


def _read_project_chroot(place: str, entry: object) -> ProjectChroot:
    if type(entry) is dict and not entry:
        return NO_SETTINGS
    fields = Fields(place, entry, entries.PROJECT_CHROOT_FORM)
    return ProjectChroot(
        additional_repos=fields.read("additional_repos", checks.texts, ()),
        additional_packages=fields.read("additional_packages", checks.texts, ()),
        with_opts=fields.read("with_opts", checks.texts, ()),
        without_opts=fields.read("without_opts", checks.texts, ()),
        bootstrap=fields.read("bootstrap", entries.bootstrap, None),
        bootstrap_image=fields.read("bootstrap_image", checks.text, None),
    )


def read_build(fields: Fields, project: Project, store: Store, begun: float) -> Build:
    """A build without its chroots yet, in the project that its entry names."""
    dirname = _dirname_in(project) if fields.is_right("ownername", "projectname") else checks.path_segment
    return Build(
        fields.require("id", checks.positive, 1),
        project,
        store,
        project_dirname=fields.read("project_dirname", dirname, project.projectname),
        package=fields.read("package", checks.path_segment, DEFAULT_PACKAGE),
        memory_limit=fields.read("memory_limit", checks.whole_number, DEFAULT_MEMORY_LIMIT),
        timeout=fields.read("timeout", checks.whole_number, DEFAULT_TIMEOUT),
        enable_net=fields.read("enable_net", checks.flag, False),
        is_background=fields.read("is_background", checks.flag, False),
        bootstrap=fields.read("bootstrap", entries.bootstrap, None),
        cancellation=_cancellation(fields, begun),
        submission=Submission(
            submitted_on=fields.read("submitted_on", checks.unix_time, None),
            submitter=fields.read("submitter", checks.text, None),
            source_state=fields.read("source_state", checks.state, None),
            source_result_dir=fields.read("source_result_dir", entries.result_dir, ""),
            source_package=fields.read("source_package", _source_package, SourcePackage()),
        ),
    )


SOURCE_SECONDS = 60
"""How long before the first start of a chroot its build was submitted unless it says otherwise, in seconds."""


def submit(build: Build, begun: float) -> None:
    """Say when a build was submitted, and by whom, where nothing does: Copr always knows both.

    It is the owner of its project, shortly before the first of its chroots started, or when they begin to live.
    """
    said, owner = build.submission, build.project.ownername
    starts = [chroot.started_on for chroot in map(BuildChroot.save, build.chroots) if chroot.started_on is not None]
    submitted_on = max(0, min(starts) - SOURCE_SECONDS) if starts else int(begun)
    build.submission = said._replace(
        submitted_on=submitted_on if said.submitted_on is None else said.submitted_on,
        submitter=said.submitter or (DEFAULT_OWNER if owner.startswith("@") else owner),
    )


def _cancellation(fields: Fields, begun: float) -> Cancellation | None:
    confirmed_by = fields.read("confirmed_by", checks.amount, confirmation_due(begun))
    return Cancellation(confirmed_by) if fields.read("canceled", checks.flag, False) else None


def _dirname_in(project: Project) -> Callable[[str, object], str]:
    """The project's own directory, or one of its others, ``project:pr:1``."""

    def check(field: str, value: object) -> str:
        dirname = checks.path_segment(field, value)
        if dirname != project.projectname and not dirname.startswith(f"{project.projectname}:"):
            raise InputError(
                field,
                f"{checks.shown(dirname)} is no directory of {project}; "
                f"expected {project.projectname} or {project.projectname}:something",
            )
        return dirname

    return check


def _source_package(place: str, entry: object) -> SourcePackage:
    fields = Fields(place, entry, entries.SOURCE_PACKAGE_FORM)
    return SourcePackage(
        version=fields.read("version", checks.text, None),
        url=fields.read("url", checks.text, None),
    )
