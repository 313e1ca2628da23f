"""Creating live objects from specs, checked against the store that they are added to."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Iterable, Iterator

from ..errors import InputError, InputErrors, below
from ..model import defaults
from ..model.account import Account, Group
from ..model.lifecycle import Lifecycle
from ..model.progress import Progress
from ..model.project import ProjectSettings, SourcePackage
from ..model.result_file import NO_RESULTS
from ..model.states import State
from ..scenario.defaults import Outcome, plausible_outcome, written_outcome
from ..scenario.spec import (
    DEFAULT_OWNER,
    DERIVED,
    BuildSpec,
    ChrootSpec,
    LastIds,
    NumberedBuildSpec,
    PlannedSpec,
    ProjectSpec,
    ScenarioSpec,
    SourceSpec,
)
from ..validation.rule import given
from .build import Build, confirmation_due
from .chroot import NO_OVERRIDES, BuildChroot, ChrootData, Overrides
from .clock import VirtualClock
from .lifecycle_run import LifecycleRun
from .project import Project
from .source import SourceBuild
from .store import Batch, Store

SOURCE_SECONDS = 60
"""Time from the submission of a build to the first start of its chroots, by default, in seconds."""

_OutcomeOf = Callable[[ChrootSpec, int, str | None], Outcome]
"""Return the times and the results of a chroot of a build, with its id and its package."""

_WITHOUT_RESULTS = (None, State.WAITING, State.IMPORTING, State.PENDING)
"""The states in which the given result directory of a chroot with a lifecycle is the one that it will have."""


def add_scenario(spec: ScenarioSpec, store: Store) -> list[Build]:
    """Add everything that a scenario describes to a store, or nothing; return the builds.

    :raises InputErrors: naming each project, build, account, group and batch that the store has already.
    """
    with store.changing():
        errors = [*_conflicts(spec, store)]
        if errors:
            raise InputErrors(errors)
        begun = _begin(spec, store)
        _reserve_ids(spec, store)
        for fault in spec.faults:
            store.faults.add_written(fault)
        for rule in spec.submissions:
            store.submission_rules.add(rule)
        store.mock_chroots.update({chroot.name: chroot.is_active for chroot in spec.chroots})
        store.accounts.update({account.login: account for account in spec.accounts})
        store.groups.update({group.name: group.group for group in spec.groups})
        store.dist_gits.update({dist_git.name: dist_git.clone_url for dist_git in spec.dist_gits})
        for batch in spec.batches:
            store.batches[batch.id] = Batch(batch.id, batch.blocked_by)
            store.last_batch_id = max(store.last_batch_id, batch.id)
        for project in spec.projects:
            _add_project(project, store)
        described = {*store.projects}
        builds = [_add_written(build, store, begun, build.project_name in described) for build in spec.builds]
        # Only once all are there, so that everything happens in the order of time.
        for added in builds:
            added.schedule()
    return builds


def _begin(spec: ScenarioSpec, store: Store) -> float:
    """Return when added lifecycles start; set a virtual clock, backwards only while there are no builds."""
    if spec.now is not None and isinstance(store.clock, VirtualClock):
        store.clock.restore(max(store.clock.now(), spec.now) if store.builds else spec.now)
    return store.clock.now()


def _conflicts(spec: ScenarioSpec, store: Store) -> Iterator[InputError]:
    """Yield an error for each object that the store has already, and for each batch that is missing."""
    for index, account in enumerate(spec.accounts):
        # A server that loads its state has the accounts of its command already.
        if store.accounts.get(account.login, account) != account:
            yield InputError(f"accounts[{index}].login", _login_exists(account.login))
    for index, group in enumerate(spec.groups):
        if group.name in store.groups:
            yield InputError(f"groups[{index}].name", _group_exists(group.name))
    batches = {None, *store.batches}
    for index, batch in enumerate(spec.batches):
        if batch.id in store.batches:
            yield InputError(f"batches[{index}].id", f"batch {batch.id} already exists; expected another id")
        # A batch can only wait for an earlier one, so that no two wait for each other.
        elif batch.blocked_by not in batches:
            problem = f"there is no batch {batch.blocked_by} before this one; expected an earlier one"
            yield InputError(f"batches[{index}].blocked_by", problem)
        batches.add(batch.id)
    ids = {project.id for project in store.projects.values()}
    for index, project in enumerate(spec.projects):
        yield from (below(error, f"projects[{index}]") for error in _project_conflicts(project, store, ids))
    for index, build in enumerate(spec.builds):
        yield from (below(error, f"builds[{index}]") for error in _build_conflicts(build, store, batches))


def _project_conflicts(spec: ProjectSpec, store: Store, ids: set[int]) -> Iterator[InputError]:
    if spec.full_name in store.projects:
        yield InputError("projectname", f"project {spec.full_name} already exists; expected another name")
    elif spec.id in ids:
        yield InputError("id", f"project id {spec.id} already exists; expected another id, or none")
    if spec.id is not None:
        ids.add(spec.id)


def _build_conflicts(spec: BuildSpec, store: Store, batches: Container[int | None]) -> Iterator[InputError]:
    if spec.id in store.builds:
        yield InputError("id", f"build {spec.id} already exists; expected another id")
    elif spec.batch not in batches:
        yield InputError("batch", f"there is no batch {spec.batch}; expected the id of one in batches")


def _reserve_ids(spec: ScenarioSpec, store: Store) -> None:
    """Let the ids of projects and packages without one be above those that the scenario gives to others."""
    given = LastIds() if spec.last_ids is None else spec.last_ids
    projects = [project.id for project in spec.projects if project.id is not None]
    packages = [package.id for project in spec.projects for package in project.packages if package.id is not None]
    store.last_build_id = max(store.last_build_id, given.build)
    store.last_project_id = max(store.last_project_id, given.project, *projects)
    store.last_package_id = max(store.last_package_id, given.package, *packages)


def add_account(account: Account, store: Store) -> Account:
    """Add a user who may log in.

    :raises InputError: if the login exists already.
    """
    with store.lock:
        if account.login in store.accounts:
            raise InputError("login", _login_exists(account.login))
        store.accounts[account.login] = account
    return account


def add_group(group: Group, store: Store) -> Group:
    """Add a group of users.

    :raises InputError: if the group exists already.
    """
    with store.lock:
        if group.name in store.groups:
            raise InputError("name", _group_exists(group.name))
        store.groups[group.name] = group
    return group


def _login_exists(login: str) -> str:
    return f"{login!r} already exists; expected another"


def _group_exists(name: str) -> str:
    return f"group {name} already exists; expected another"


def add_project(spec: ProjectSpec, store: Store) -> Project:
    """Add a project to a store.

    :raises InputError: if the store has it already.
    """
    with store.lock:
        for error in _project_conflicts(spec, store, {project.id for project in store.projects.values()}):
            raise error
        return _add_project(spec, store)


def add_build(spec: BuildSpec, store: Store) -> Build:
    """Add a build with plausible values for all fields that are not given; without an id it has the next one.

    :raises InputError: if the store has its id already.
    """
    with store.changing():
        for error in _build_conflicts(spec, store, {None, *store.batches}):
            raise error
        build_id = store.next_build_id() if spec.id is None else spec.id
        build = _create_with_chroots(spec, build_id, store, store.clock.now(), plausible_outcome)
        _derive_source(build)
        store.add_build(build)
        build.project.enable_chroots(build.names)
        build.schedule()
    return build


def submit(store: Store, project: Project, spec: BuildSpec, chroots: Iterable[str], batch: int | None = None) -> Build:
    """Add a build, which advances once :meth:`SourceBuild.start` is called, after the response.

    :param spec: the build with its source, and without chroots.
    :param chroots: the names of those to which it is submitted; none if the source build determines them.
    """
    now = store.clock.now()
    build = create_build(spec, store.next_build_id(), project, store, now)
    build.submitted_on = int(now)
    build.source.stored_state, build.source.progress = State.PENDING, store.progress
    build.add_waiting(chroots)
    build.batch = batch
    store.submission_rules.apply(build)
    store.add_build(build)
    build.schedule()
    return build


def add_chroot(spec: ChrootSpec, build: Build) -> BuildChroot:
    """Add a chroot to a build that a store has, with plausible values for all fields that are not given.

    :raises InputError: if the build has it already.
    """
    store = build.store
    with store.changing():
        # What is due happens before the lifecycle of the new chroot can affect the build.
        if spec.name in build:
            raise InputError("chrootname", f"build {build.id} already has {spec.name}; expected another")
        spec = BuildSpec().with_defaults(spec)
        chroot = _create_chroot(spec, build, store.progress, store.clock.now(), plausible_outcome)
        build.attach(chroot)
        chroot.schedule()
        build.project.enable(chroot.name)
    return chroot


def _add_project(spec: ProjectSpec, store: Store) -> Project:
    number = store.next_project_id() if spec.id is None else spec.id
    project = Project(
        store,
        number,
        spec.ownername,
        spec.projectname,
        settings=spec.settings,
        creator=spec.creator,
        created_on=spec.created_on,
        permissions=dict(spec.permissions),
        webhook_secret=spec.webhook_secret,
        published=spec.published,
        known_chroots=spec.chroots,
    )
    project.directories.update(dict.fromkeys(spec.directories))
    store.projects[spec.full_name] = project
    store.know(spec.chroots)
    for package in spec.packages:
        project.add_package(package.name, package.source_type, copy.deepcopy(package.source_dict), id=package.id)
        project.update_package(
            package.name,
            webhook_rebuild=package.webhook_rebuild,
            max_builds=package.max_builds,
            chroot_denylist=package.chroot_denylist,
        )
    return project


def _add_written(spec: NumberedBuildSpec, store: Store, begun: float, is_described: bool) -> Build:
    """Add a build of a scenario, which does not advance yet."""
    build = _create_with_chroots(spec, spec.id, store, begun, written_outcome)
    # A scenario is written with the fake's own address, wherever it is served.
    build.source.package = build.source.package.moved(store.own_results_root, store.results_root)
    store.add_build(build)
    if not is_described:
        # Without a description, a project has enabled the chroots that its builds were submitted to.
        build.project.enable_chroots(build.names)
    return build


def _create_with_chroots(spec: BuildSpec, number: int, store: Store, begun: float, outcome_of: _OutcomeOf) -> Build:
    """Return a build that is not in the store yet, with its chroots; a missing project is added."""
    owner, name = spec.location
    project = store.projects.get(spec.project_name)
    if project is None:
        project = Project(store, store.next_project_id(), owner, name, settings=ProjectSettings())
        store.projects[project.full_name] = project
    build = create_build(spec, number, project, store, begun)
    for chroot in spec.chroots:
        progress = spec.progress or store.progress
        build.attach(_create_chroot(spec.with_defaults(chroot), build, progress, begun, outcome_of))
    if spec.source is not None and spec.source.made is not None:
        build.source.is_made = spec.source.made
    if build.source.is_independent:
        _resume_source(build, spec.source or SourceSpec(), begun)
    if build.may_hide_package if spec.hides_package is None else spec.hides_package:
        build.hide_package()
    _derive_submission(build, spec, begun)
    return build


def create_build(spec: BuildSpec, number: int, project: Project, store: Store, begun: float) -> Build:
    """Return a build that is not in the store yet, without its chroots."""
    confirmed_by = confirmation_due(begun) if spec.confirmed_by is None else spec.confirmed_by
    build = Build(
        number,
        project,
        store,
        project_dirname=spec.dirname,
        stored_package=spec.package,
        memory_limit=spec.memory_limit,
        timeout=spec.timeout,
        enable_net=spec.enable_net,
        is_background=spec.is_background,
        bootstrap=spec.bootstrap,
        isolation=spec.isolation,
        confirmed_by=confirmed_by if spec.canceled else None,
        submitted_on=spec.submitted_on,
        submitter=spec.submitter,
        batch=spec.batch,
    )
    source = spec.source or SourceSpec()
    build.source = SourceBuild(
        build,
        type=source.type,
        # A scenario may be shared by several fakes.
        config=copy.deepcopy(source.config),
        content=source.content,
        stored_state=spec.source_state or State.SUCCEEDED,
        is_derived=spec.source_state is None,
        result_dir=spec.source_result_dir,
        results=dict(spec.source_results) if spec.source_results else NO_RESULTS,
        package=spec.source_package,
        started_on=source.started_on,
        ended_on=source.ended_on,
        planned_name=source.name,
        planned_version=source.version,
        planned_changelog=source.changelog,
        lifecycle=source.lifecycle,
        outcomes=dict(source.outcomes),
        progress=source.progress,
        is_independent=spec.source is not None and not spec.source.follows,
    )
    if source.announced is not None:
        build.source.is_announced = source.announced
    return build


def _resume_source(build: Build, spec: SourceSpec, begun: float) -> None:
    """Let the source build of a submitted build continue from its state."""
    states = [stage.state for stage in build.source.plan if stage.lasts is not None]
    if spec.advances and build.source.stored_state in states:
        position = states.index(build.source.stored_state)
        build.source.start(begun, position, remaining=spec.remaining, polls=spec.polls or 0)


def _create_chroot(
    spec: ChrootSpec, build: Build, progress: Progress, begun: float, outcome_of: _OutcomeOf
) -> BuildChroot:
    outcome = outcome_of(spec, build.id, build.stored_package)
    run = None
    if spec.lifecycle is not None:
        run = _create_run(spec, spec.lifecycle, build, spec.progress or progress, begun)
    if run is not None and spec.planned is None:
        # A lifecycle sets the rest when it gets there.
        outcome = outcome._replace(
            result_dir=None if spec.state in _WITHOUT_RESULTS else outcome.result_dir,
            packages=outcome.packages if spec.state is State.SUCCEEDED else None,
        )
    chroot = _chroot(spec, build, outcome)
    if run is not None and spec.state is None:
        chroot.start_lifecycle(run)
    elif run is not None:
        chroot.resume_lifecycle(run)
    if spec.announced is not None:
        chroot.stored.is_announced = spec.announced
    return chroot


def _create_run(spec: ChrootSpec, lifecycle: Lifecycle, build: Build, progress: Progress, begun: float) -> LifecycleRun:
    plan = lifecycle.plan(f"{build.store.seed}/{build.id}/{spec.name}", through=spec.state)
    # Without a plan of its own, it follows the name of the package.
    result_dir = given(spec.result_dir)
    planned = spec.planned or PlannedSpec(
        result_dir=None if result_dir == build.result_dir else result_dir,
        packages=() if spec.packages is None else given(spec.packages),
    )
    positions = [index for index, stage in enumerate(plan) if stage.state == spec.state] or [0]
    run = LifecycleRun(
        plan,
        progress,
        begun,
        index=spec.stage if spec.stage in positions else positions[0],
        remaining=spec.remaining,
        polls=spec.polls or 0,
        packages=planned.packages,
        result_dir=planned.result_dir or None,
    )
    # A random plan may not get there.
    run.held_in = spec.hold if any(stage.state == spec.hold for stage in plan) else None
    return run


def _chroot(spec: ChrootSpec, build: Build, outcome: Outcome) -> BuildChroot:
    results = NO_RESULTS if spec.results is None else dict(spec.results)
    overrides = Overrides(spec.result_url, copy.deepcopy(spec.build_config), results, spec.copied)
    stored = ChrootData(
        spec.state or State.WAITING,
        outcome.started_on,
        outcome.ended_on,
        outcome.result_dir or "",
        outcome.packages or (),
        NO_OVERRIDES if overrides == NO_OVERRIDES else overrides,
        spec.canceled,
    )
    return BuildChroot(build, spec.name, stored)


def _derive_submission(build: Build, spec: BuildSpec, begun: float) -> None:
    """Set when and by whom a build was submitted, unless given.

    It is the owner of its project, shortly before the first of its chroots started, or when their lifecycles begin.
    """
    owner = build.project.ownername
    starts = [chroot.stored.started_on for chroot in build.stored_chroots if chroot.stored.started_on is not None]
    if build.submitted_on is None:
        build.submitted_on = max(0, min(starts) - SOURCE_SECONDS) if starts else int(begun)
    if spec.submitter == DERIVED:
        build.submitter = DEFAULT_OWNER if owner.startswith("@") else owner


def _derive_source(build: Build) -> None:
    """Give a build the source package that fits its chroots, and the state that has led to theirs, unless given."""
    chroots = [chroot.stored for chroot in build.stored_chroots]
    source = build.source
    package = build.stored_package or build.hidden_package
    if package is not None:
        source.result_dir = build.source_result_dir
        version = source.package.version or _source_version(build)
        file = f"{package}-{version.rpartition(':')[2]}.src.rpm"
        source.package = SourcePackage(version, source.package.url or f"{build.source_results_url}/{file}")
    fixed = [chroot.state for chroot in chroots if chroot.run is None]
    if source.is_derived and State.IMPORTING in fixed:
        build.source_state = State.IMPORTING
    if source.is_derived and set(fixed) == {State.FORKED} and len(fixed) == len(chroots):
        build.source_state = State.FORKED
    if State.CANCELED in fixed and all(chroot.state.is_final and chroot.run is None for chroot in chroots):
        # Nothing else leads there. It would end chroots that are not over yet.
        build.mark_canceled(build.store.clock.now())


def _source_version(build: Build) -> str:
    """Return the version of the source package of its chroots, else of their first package.

    Without the dist tag that each chroot adds.
    """
    versions: dict[bool, str] = {}
    for chroot in build.stored_chroots:
        moment = chroot.stored
        planned = None if moment.run is None else moment.run.packages
        for nevra in moment.packages or planned or ():
            release = nevra.release.removesuffix(defaults.dist_tag(chroot.name))
            versions.setdefault(nevra.arch == "src", f"{nevra.version}-{release}")
    return versions.get(True) or versions.get(False) or defaults.SOURCE_VERSION
