"""Turns specs into live objects, and checks them against the store that is to have them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..errors import InputError, InputErrors, below
from ..model import defaults
from ..model.lifecycle import Lifecycle
from ..model.nevra import Nevra
from ..model.progress import Progress
from ..model.project import Project, SourcePackage, Submission, enable_chroots, replace_chroots
from ..model.states import State
from ..scenario.defaults import complete_build, complete_chroot
from ..scenario.spec import DEFAULT_OWNER, BuildSpec, ChrootSpec, ProjectSpec, ScenarioSpec
from .build import Build, Cancellation, confirmation_due
from .chroot import BuildChroot, Overrides
from .interrupts import all_or_nothing
from .lifecycle_run import LifecycleRun
from .store import Batch, Store

SOURCE_SECONDS = 60
"""Time from the submission of a build to the first start of its chroots, by default, in seconds."""

WITHOUT_RESULTS = (State.WAITING, State.IMPORTING, State.PENDING)
"""The states in which the given result directory of a chroot with a lifecycle is the one that it will have."""


def create_scenario(spec: ScenarioSpec, store: Store) -> Batch:
    """Return everything that a scenario describes, to be added to a store.

    :raises InputErrors: naming each project and build that the store has already.
    """
    store.catch_up()
    batch = Batch(mock_chroots=spec.chroots, faults=spec.faults, now=spec.now)
    errors: list[InputError] = []
    for index, project in enumerate(spec.projects):
        _collect(errors, f"projects[{index}]", partial(_add_project, project, batch, store))
    undescribed: dict[str, Project] = {}
    for index, build in enumerate(spec.builds):
        _collect(errors, f"builds[{index}]", partial(_add_build, build, batch, store, undescribed))
    if errors:
        raise InputErrors(errors)
    batch.projects.update(undescribed)
    return batch


def _collect(errors: list[InputError], location: str, add: Callable[[], object]) -> None:
    try:
        add()
    except InputError as error:
        errors.extend(below(nested, location) for nested in error.errors)


def add_project(spec: ProjectSpec, store: Store) -> Project:
    """Add a project to a store.

    :raises InputError: if the store has it already.
    """
    with store.lock:
        batch = Batch()
        project = _add_project(spec, batch, store)
        store.add(batch)
    return project


def add_build(spec: BuildSpec, store: Store) -> Build:
    """Add a build with plausible values for all fields that are not given; without an id it has the next one.

    :raises InputError: if the store has its id already.
    """
    with store.lock:
        store.catch_up()
        batch, undescribed = Batch(), dict[str, Project]()
        build_id = store.next_build_id() if spec.id is None else spec.id
        build = _add_build(complete_build(spec, build_id), batch, store, undescribed, build_id)
        batch.projects.update(undescribed)
        _derive_source(build)
        store.add(batch, enable=True)
    return build


def add_chroot(spec: ChrootSpec, build: Build) -> BuildChroot:
    """Add a chroot to a build that a store has, with plausible values for all fields that are not given.

    :raises InputError: if the build has it already.
    """
    store = build.store
    with store.lock:
        # What is due happens before the lifecycle of the new chroot can affect the build.
        build.catch_up()
        if spec.name in build:
            raise InputError("chrootname", f"build {build.id} has {spec.name} already; expected another")
        completed = complete_chroot(spec, build.id, build.package)
        with all_or_nothing(store) as undo:
            undo.append(build.undo_attached())
            undo.append(partial(replace_chroots, build.project, build.project.chroots))
            chroot = _create_chroot(completed, build, store.progress, store.clock.now())
            build.attach(chroot)
            store.know([chroot.name])
            store.index.note_chroots(build, [chroot.name])
            build.project.enable(chroot.name)
    return chroot


def _add_project(spec: ProjectSpec, batch: Batch, store: Store) -> Project:
    if spec.full_name in store.projects:
        raise InputError("projectname", f"there is a project {spec.full_name} already; expected another name")
    project = Project(**vars(spec))
    batch.projects[spec.full_name] = project
    return project


def _add_build(
    spec: BuildSpec, batch: Batch, store: Store, undescribed: dict[str, Project], build_id: int | None = None
) -> Build:
    """Create a build with its chroots, and its project if neither the scenario nor the store describes it."""
    number = spec.id if build_id is None else build_id
    assert number is not None, "builds of a scenario have ids"
    if number in store.builds:
        raise InputError("id", f"there is a build {number} already; expected another id")
    owner, name = spec.location
    full_name = f"{owner}/{name}"
    described = batch.projects.get(full_name) or store.projects.get(full_name)
    project = described or undescribed.setdefault(full_name, Project(owner, name))
    begun = store.begin_of(batch)
    build = _create_build(spec, number, project, store, begun)
    for chroot in spec.chroots:
        progress = spec.progress or store.progress
        build.attach(_create_chroot(spec.with_defaults(chroot), build, progress, begun))
    _derive_submission(build, begun)
    batch.builds[number] = build
    if described is None:
        # Without a description it has enabled the chroots that its builds were submitted to.
        enable_chroots(project, (chroot.name for chroot in build.chroots))
    return build


def _create_build(spec: BuildSpec, number: int, project: Project, store: Store, begun: float) -> Build:
    confirmed_by = confirmation_due(begun) if spec.confirmed_by is None else spec.confirmed_by
    return Build(
        number,
        project,
        store,
        project_dirname=spec.dirname,
        package=spec.package,
        memory_limit=spec.memory_limit,
        timeout=spec.timeout,
        enable_net=spec.enable_net,
        is_background=spec.is_background,
        bootstrap=spec.bootstrap,
        cancellation=Cancellation(confirmed_by) if spec.canceled else None,
        submission=Submission(
            submitted_on=spec.submitted_on,
            submitter=spec.submitter,
            source_state=spec.source_state,
            source_result_dir=spec.source_result_dir,
            source_package=spec.source_package,
        ),
    )


def _create_chroot(spec: ChrootSpec, build: Build, progress: Progress, begun: float) -> BuildChroot:
    if spec.lifecycle is None:
        return _chroot(spec, build, spec.state or State.WAITING, spec.result_dir, spec.packages)
    state = spec.state
    life = _life(spec, spec.lifecycle, build, spec.progress or progress, begun)
    if state is None:
        chroot = _chroot(spec, build, State.WAITING, None, None)
        chroot.start_lifecycle(life)
        return chroot
    # What the lifecycle still leads to is not there yet.
    result_dir = None if state in WITHOUT_RESULTS else spec.result_dir
    chroot = _chroot(spec, build, state, result_dir, spec.packages if state is State.SUCCEEDED else None)
    chroot.resume_lifecycle(life)
    return chroot


def _life(spec: ChrootSpec, lifecycle: Lifecycle, build: Build, progress: Progress, begun: float) -> LifecycleRun:
    plan = lifecycle.plan(f"{build.store.seed}/{build.id}/{spec.name}", through=spec.state)
    positions = [index for index, stage in enumerate(plan) if stage.state == spec.state] or [0]
    life = LifecycleRun(
        plan,
        progress,
        begun,
        index=spec.stage if spec.stage in positions else positions[0],
        remaining=spec.remaining,
        polls=spec.polls or 0,
        packages=spec.packages,
        result_dir=spec.result_dir if spec.planned_result_dir is None else spec.planned_result_dir,
    )
    # A random plan may not get there.
    life.held_in = spec.hold if any(stage.state == spec.hold for stage in plan) else None
    return life


def _chroot(
    spec: ChrootSpec, build: Build, state: State, result_dir: str | None, packages: tuple[Nevra, ...] | None
) -> BuildChroot:
    has_given = spec.result_url is not None or spec.build_config is not None
    chroot = BuildChroot(
        build,
        spec.name,
        state,
        started_on=spec.started_on,
        ended_on=spec.ended_on,
        result_dir=result_dir or "",
        packages=packages or (),
        overrides=Overrides(spec.result_url, spec.build_config) if has_given else None,
    )
    chroot.was_canceled = spec.canceled
    return chroot


def _derive_submission(build: Build, begun: float) -> None:
    """Set when and by whom a build was submitted, unless given: Copr always knows both.

    It is the owner of its project, shortly before the first of its chroots started, or when their lifecycles begin.
    """
    given, owner = build.submission, build.project.ownername
    starts = [chroot.started_on for chroot in map(BuildChroot.save, build.chroots) if chroot.started_on is not None]
    submitted_on = max(0, min(starts) - SOURCE_SECONDS) if starts else int(begun)
    build.submission = given._replace(
        submitted_on=submitted_on if given.submitted_on is None else given.submitted_on,
        submitter=given.submitter or (DEFAULT_OWNER if owner.startswith("@") else owner),
    )


def _derive_source(build: Build) -> None:
    """Give a build the source package that fits its chroots, and the state that has led to theirs, unless given."""
    chroots = [chroot.save() for chroot in build.chroots]
    version, given = _source_version(build), build.submission
    derived = SourcePackage(version, f"{build.source_results_url}/{build.package}-{version}.src.rpm")
    build.submission = given._replace(
        source_result_dir=build.source_result_dir,
        source_package=derived if given.source_package == SourcePackage() else given.source_package,
    )
    fixed = [chroot.state for chroot in chroots if chroot.lifecycle_run is None]
    if State.IMPORTING in fixed and given.source_state is None:
        build.source_state = State.IMPORTING
    if State.CANCELED in fixed and all(chroot.state.is_final and chroot.lifecycle_run is None for chroot in chroots):
        # Nothing else leads there. It would end chroots that are not over yet.
        build.mark_canceled(build.store.clock.now())


def _source_version(build: Build) -> str:
    """Return the version of the source package of its chroots, else of their first package.

    Without the dist tag that each chroot adds.
    """
    versions: dict[bool, str] = {}
    for chroot in build.chroots:
        moment = chroot.save()
        planned = None if moment.lifecycle_run is None else moment.lifecycle_run.packages
        for nevra in moment.packages or planned or ():
            release = nevra.release.removesuffix(defaults.dist_tag(chroot.name))
            versions.setdefault(nevra.arch == "src", f"{nevra.version}-{release}")
    return versions.get(True) or versions.get(False) or defaults.SOURCE_VERSION
