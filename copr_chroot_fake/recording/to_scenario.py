"""Convert observations to a scenario that gives the same responses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from ..errors import InputError
from ..model.lifecycle import ABSENT, PlannedStage, dump_plan, parse_lifecycle
from ..model.nevra import dump_package
from ..model.project import RESULTS_URL, SourcePackage
from ..model.states import State, parse_state
from ..scenario.entries import Scenario
from ..scenario.spec import BuildSpec, ChrootSpec, ProjectSpec
from ..validation import checks
from ..validation.spec import fields_of, parse
from .anonymize import anonymize
from .lifecycles import derive_lifecycles, find_replay_differences
from .observations import Json, Observations, ObservedBuild, ObservedChroot, valid
from .project_lookup import ProjectDir, find_package, find_project_dir, find_result_dir

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Entry = dict[str, object]

_FAILING: Entry = {"additional_repos": ["copr://"]}
"""Settings of a chroot whose build configuration fails with 500 although the project has enabled the chroot.

The address of one of its repositories cannot be parsed; no response shows which.
"""

_PROJECT_SETTINGS = ("additional_repos", "devel_mode", "module_hotfixes", "repo_priority", "bootstrap")
"""The settings in a response of ``/project``."""


class Conversion(NamedTuple):
    """A scenario, and a line for each part of the responses that it does not reproduce."""

    scenario: Scenario
    omissions: tuple[str, ...]


class _Build(NamedTuple):
    observed: ObservedBuild
    project_dir: ProjectDir
    chroots: Mapping[str, ObservedChroot]
    """The chroots that a scenario can express."""


def to_scenario(observations: Observations, *, lifecycles: bool = False, anonymous: bool = False) -> Conversion:
    """Convert observations to a scenario.

    :param lifecycles: whether the chroots go through the observed states again; if not, they stay in the last ones.
    :param anonymous: whether to replace names.
    """
    omissions: list[str] = []
    builds = [
        _Build(build, find_project_dir(build), _find_expressible(build, omissions))
        for build in observations.builds.values()
        if build.deleted_at is None or build.unread_chroots < len(build.chroots)
    ]
    by_project: dict[str, list[_Build]] = defaultdict(list)
    for build in builds:
        by_project[build.project_dir.project].append(build)
    document: Entry = {"now": observations.started_at}
    known = _chroot_names(observations.mock_chroots or ())
    if known:
        document["chroots"] = known
    document["projects"] = [
        _write_project(name, observations.projects.get(name), of_project) for name, of_project in by_project.items()
    ]
    document["builds"] = [_write_build(build, observations.started_at, lifecycles, omissions) for build in builds]
    scenario = cast(Scenario, document)
    if lifecycles:
        omissions += find_replay_differences(scenario, observations)
    return Conversion(anonymize(scenario) if anonymous else scenario, tuple(dict.fromkeys(omissions)))


def _find_expressible(build: ObservedBuild, omissions: list[str]) -> Mapping[str, ObservedChroot]:
    """Return the chroots whose details have been read and that a scenario can express."""
    expressible = {}
    for name, chroot in build.chroots.items():
        if chroot.details is None:
            continue
        try:
            for _, status in chroot.statuses:
                times: Entry = {"started_on": status.started_on, "ended_on": status.ended_on}
                result: Entry = {"result_url": status.result_url or None, "build_config": chroot.details.build_config}
                parse(ChrootSpec, "", {"name": name, "state": status.state, **times, **result})
        except InputError as error:
            omissions.append(f"build {build.id}, {name}: cannot be expressed in a scenario: {error}")
        else:
            expressible[name] = chroot
    return expressible


def _chroot_names(names: Iterable[str]) -> list[str]:
    return [name for name in names if valid(checks.chroot_name, name)]


def _name_project(full_name: str) -> Entry:
    ownername, projectname = full_name.split("/")
    return {"ownername": ownername, "projectname": projectname}


def _write_project(full_name: str, document: Json | None, builds: Iterable[_Build]) -> Entry:
    """Write a project with the settings from ``/project``; other settings are only part of build configurations.

    Its chroots are those that ``/project`` lists and those with a build configuration: Copr has none for other chroots.
    """
    document = document or {}
    enabled = _chroot_names(valid(checks.mapping, document.get("chroot_repos")) or ())
    configs = [
        (name, chroot.details.build_config)
        for build in builds
        for name, chroot in build.chroots.items()
        if chroot.details
    ]
    configured = [name for name, config in configs if config is not None]
    failing = {name for name, config in configs if config is None}
    chroots = {
        name: _FAILING if name in failing else {}
        for name in dict.fromkeys([*enabled, *configured])
        if name in enabled or name not in failing
    }
    settings = _valid_fields(ProjectSpec, _PROJECT_SETTINGS, document)
    if settings["bootstrap"] == "default":
        # Copr's word for a project that has no bootstrap setting.
        del settings["bootstrap"]
    return {**_name_project(full_name), **_without_defaults(settings), "chroots": chroots}


def _valid_fields(spec: type[DataclassInstance], keys: Iterable[str], document: Json) -> Entry:
    """Return some entries of a response; ``None`` for a value that the field of the spec does not accept."""
    fields = fields_of(spec)
    return {key: valid(fields[key].check, document.get(key)) for key in keys}


def _without_defaults(settings: Mapping[str, object]) -> Entry:
    return {
        key: [*value] if isinstance(value, tuple) else value
        for key, value in settings.items()
        if value is not None and value is not False and value != ()
    }


def _write_build(build: _Build, started_at: int, lifecycles: bool, omissions: list[str]) -> Entry:
    observed, project_dir = build.observed, build.project_dir
    entry: Entry = {"id": observed.id, **_name_project(project_dir.project)}
    if project_dir.dirname != entry["projectname"]:
        entry["project_dirname"] = project_dir.dirname
    package = find_package(observed)
    if package is not None:
        entry["package"] = package
    if observed.build is not None:
        entry |= {**_write_submission(observed, observed.build), **_write_unknown(observed.build, package)}
    source_start = _source_start(build.chroots.values())
    if source_start not in (None, entry.get("submitted_on")):
        entry["source"] = {"started_on": source_start, "follows": True}
    stages = derive_lifecycles(observed, build.chroots, started_at) if lifecycles else {}
    root = f"{RESULTS_URL}/{entry['ownername']}/{project_dir.dirname}"
    entry["chroots"] = [
        _write_chroot(name, chroot, root, _check_stages(observed.id, name, stages.get(name), omissions))
        for name, chroot in build.chroots.items()
    ]
    return entry


def _source_start(chroots: Iterable[ObservedChroot]) -> int | None:
    """Return when the source build started, which chroots that were never built show as their own start."""
    ends = [
        chroot.last for chroot in chroots if chroot.last.state in _NEVER_BUILT and chroot.last.started_on is not None
    ]
    return next((end.started_on for end in ends if end.state != State.FAILED or end.result_url is None), None)


_NEVER_BUILT = (State.FAILED, State.SKIPPED, State.FORKED)


def _check_stages(
    build_id: int, name: str, stages: Sequence[PlannedStage] | None, omissions: list[str]
) -> Sequence[PlannedStage] | None:
    """Return the stages of a lifecycle; ``None`` if there is none, or if no events lead through these stages."""
    if not stages:
        return None
    try:
        parse_lifecycle("lifecycle", dump_plan(stages))
    except InputError as error:
        omissions.append(f"build {build_id}, {name}: only the last state is recorded, not how it got there: {error}")
        return None
    return stages


def _write_submission(observed: ObservedBuild, build: Json) -> Entry:
    """Write a build's origin from the responses of ``/build/<id>`` and ``/build/source-chroot/<id>``."""
    response = valid(checks.mapping, build.get("source_package")) or {}
    source_package = _without_defaults(_valid_fields(SourcePackage, ("version", "url"), response))
    return _without_defaults(
        {
            **_valid_fields(BuildSpec, ("is_background", "submitted_on", "submitter"), build),
            **_write_source(observed.source, build),
            "source_package": source_package or None,
            "canceled": observed.was_canceled,
        }
    )


def _write_unknown(build: Json, package: str | None) -> Entry:
    """Write what ``/build/<id>`` has as unknown: a webhook has no submitter, an unmade source package no name."""
    source_package = valid(checks.mapping, build.get("source_package")) or {}
    entry: Entry = {}
    if build.get("submitter", "") is None:
        entry["submitter"] = None
    if package is None and source_package.get("name", "") is None:
        entry["package"] = None
    return entry


_SOURCE_STATES_SHOWN = ("starting", "pending", "running", "importing", "failed")


def _write_source(source: Json | None, build: Json) -> Entry:
    if source is None:
        # The source has no log. The build shows these states of its source as its own, unless they are of a chroot.
        states = ("starting", "pending", "importing") if build.get("chroots") else _SOURCE_STATES_SHOWN
        return {"source_state": build["state"]} if build.get("state") in states else {}
    entry: Entry = {}
    state = valid(parse_state, source.get("state"))
    if state is not None and state is not State.SUCCEEDED:
        entry["source_state"] = str(state)
    match = re.search(r"/srpm-builds/([^/]+)/?$", valid(checks.text, source.get("result_url")) or "")
    if match is not None:
        entry["source_result_dir"] = match[1]
    return entry


def _write_chroot(name: str, chroot: ObservedChroot, root: str, stages: Sequence[PlannedStage] | None) -> Entry:
    """Write a chroot in its last state, or with the stages of its lifecycle in its first one.

    :param root: the URL of the directory with the results of the build.
    """
    assert chroot.details is not None, "chroots without details are not expressible"
    status = chroot.first if stages else chroot.last
    result_url = (chroot.result_url if stages else status.result_url) or None
    result_dir = None if result_url is None else find_result_dir(result_url, name)
    entry: Entry = {
        "name": name,
        "state": str(status.state),
        "started_on": status.started_on,
        "ended_on": status.ended_on,
        "result_dir": result_dir,
        "result_url": None if stages or result_url == f"{root}/{name}/{result_dir}/" else result_url,
        "packages": [dump_package(package) for package in chroot.details.packages] or None,
        "build_config": chroot.details.build_config,
    }
    if stages:
        entry["lifecycle"] = dump_plan(stages)
        if stages[-1].state in (State.SUCCEEDED, State.FAILED):
            # An empty list too: without one the fake generates packages.
            entry["packages"] = entry["packages"] or []
        if stages[0].state == ABSENT:
            entry.update(state=None, started_on=None, ended_on=None)
    return _without_defaults(entry)
