"""Convert observations to a scenario that gives the same responses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from ..errors import InputError
from ..model.lifecycle import ABSENT, PlannedStage, dump_plan, parse_lifecycle
from ..model.nevra import dump_package
from ..model.project import RESULTS_URL
from ..model.states import State
from ..scenario.defaults import without_missing
from ..scenario.spec import ChrootSpec, Scenario, ScenarioSpec
from ..validation import checks
from ..validation.spec import parse
from .anonymize import anonymize
from .lifecycles import derive_lifecycles
from .recorder import Json, Observations, ObservedBuild, ObservedChroot

Entry = dict[str, object]

_FAILING: Entry = {"additional_repos": ["copr://"]}
"""Settings of a chroot whose build configuration fails with 500 although the project has enabled the chroot.

The address of one of its repositories cannot be parsed; no response shows which.
"""

_PROJECT_SETTINGS = ("additional_repos", "devel_mode", "module_hotfixes", "repo_priority", "bootstrap")
"""The settings in a response of ``/project``."""

_NEVER_BUILT = (State.FAILED, State.SKIPPED, State.FORKED)

_SOURCE_STATES_SHOWN = ("starting", "pending", "running", "importing", "failed")


class Conversion(NamedTuple):
    """A scenario, and a line for each part of the responses that it does not reproduce."""

    scenario: Scenario
    omissions: tuple[str, ...]


def to_scenario(observations: Observations, *, lifecycles: bool = False, anonymous: bool = False) -> Conversion:
    """Convert observations to a scenario.

    :param lifecycles: whether the chroots go through the observed states again; if not, they stay in the last ones.
    :param anonymous: whether to replace names.
    :raises InputError: if a response has invalid values.
    """
    omissions: list[str] = []
    builds = {
        build.id: _find_expressible(build, omissions)
        for build in observations.builds.values()
        if build.deleted_at is None or build.unread_chroots < len(build.chroots)
    }
    observed = [observations.builds[build_id] for build_id in builds]
    document: Entry = {
        "now": observations.started_at,
        "chroots": list(observations.mock_chroots or ()),
        "projects": [
            _write_project(name, observations.projects.get(name), [b for b in observed if b.project == name], builds)
            for name in dict.fromkeys(build.project for build in observed)
        ],
        "builds": [
            _write_build(build, builds[build.id], observations.started_at if lifecycles else None, omissions)
            for build in observed
        ],
    }
    scenario = cast(
        Scenario, _without_defaults(document) | {"projects": document["projects"], "builds": document["builds"]}
    )
    parse(ScenarioSpec, "", scenario)
    return Conversion(anonymize(scenario) if anonymous else scenario, tuple(dict.fromkeys(omissions)))


def _find_expressible(build: ObservedBuild, omissions: list[str]) -> Mapping[str, ObservedChroot]:
    """Return the chroots that were read completely and that a scenario can express."""
    expressible = {}
    for name, chroot in build.chroots.items():
        if chroot.details is None:
            continue
        try:
            for _, status in chroot.statuses:
                times = {"started_on": status.started_on, "ended_on": status.ended_on}
                parse(ChrootSpec, "", {"name": name, "state": status.state, **times})
        except InputError as error:
            omissions.append(f"build {build.id}, {name}: cannot be expressed in a scenario: {error}")
        else:
            expressible[name] = chroot
    return expressible


def _name_project(full_name: str) -> Entry:
    ownername, _, projectname = full_name.partition("/")
    return {"ownername": ownername, "projectname": projectname}


def _write_project(
    full_name: str,
    document: Json | None,
    builds: Iterable[ObservedBuild],
    chroots: Mapping[int, Mapping[str, ObservedChroot]],
) -> Entry:
    """Write a project with the settings from ``/project``; other settings are only part of build configurations.

    Its chroots are those that ``/project`` lists and those with a build configuration: Copr has none for other chroots.
    """
    document = document or {}
    enabled = checks.mapping("chroot_repos", document.get("chroot_repos", {}))
    pairs = [pair for build in builds for pair in chroots[build.id].items()]
    failing = {name for name, chroot in pairs if chroot.details and chroot.details.build_config is None}
    configured = [name for name, chroot in pairs if chroot.details and chroot.details.build_config is not None]
    settings = {key: document.get(key) for key in _PROJECT_SETTINGS}
    if settings["bootstrap"] == "default":
        # Copr's name for an unset bootstrap.
        del settings["bootstrap"]
    return {
        **_name_project(full_name),
        **_without_defaults(settings),
        "chroots": {
            name: _FAILING if name in failing else {}
            for name in dict.fromkeys([*enabled, *configured])
            if name in enabled or name not in failing
        },
    }


def _without_defaults(settings: Mapping[str, object]) -> Entry:
    return {key: value for key, value in settings.items() if value is not None and value is not False and value != []}


def _write_build(
    observed: ObservedBuild, chroots: Mapping[str, ObservedChroot], started_at: int | None, omissions: list[str]
) -> Entry:
    """Write a build.

    :param started_at: the Unix time at which the lifecycles begin; ``None`` if there are none.
    """
    build = observed.build
    dirname = checks.path_segment("project_dirname", build.get("project_dirname"))
    source_package = checks.mapping("source_package", build.get("source_package"))
    entry: Entry = {"id": observed.id, **_name_project(observed.project)}
    if dirname != entry["projectname"]:
        entry["project_dirname"] = dirname
    # Builds from webhooks have no submitter, unbuilt source packages no name.
    entry |= {"package": source_package.get("name"), "submitter": build.get("submitter")}
    entry |= _without_defaults(
        {
            "is_background": build.get("is_background"),
            "submitted_on": build.get("submitted_on"),
            **_write_source(observed.source, build),
            "source_package": _without_defaults({key: source_package.get(key) for key in ("version", "url")}) or None,
            "canceled": observed.was_canceled,
        }
    )
    source_start = _source_start(chroots.values())
    if source_start not in (None, entry.get("submitted_on")):
        entry["source"] = {"started_on": source_start, "follows": True}
    stages = {} if started_at is None else derive_lifecycles(observed, chroots, started_at)
    root = f"{RESULTS_URL}/{entry['ownername']}/{dirname}"
    entry["chroots"] = [
        _write_chroot(name, chroot, root, _check_stages(observed.id, name, stages.get(name), omissions))
        for name, chroot in chroots.items()
    ]
    return entry


def _source_start(chroots: Iterable[ObservedChroot]) -> int | None:
    """Return the start of the source build: ``started_on`` of chroots that were never built."""
    ends = [
        chroot.last for chroot in chroots if chroot.last.state in _NEVER_BUILT and chroot.last.started_on is not None
    ]
    return next((end.started_on for end in ends if end.state != State.FAILED or end.result_url is None), None)


def _check_stages(
    build_id: int, name: str, stages: Sequence[PlannedStage] | None, omissions: list[str]
) -> Sequence[PlannedStage] | None:
    """Return the stages of a lifecycle; ``None`` if there are none, or if no sequence of events has them."""
    if not stages:
        return None
    try:
        parse_lifecycle("lifecycle", dump_plan(stages))
    except InputError as error:
        omissions.append(f"build {build_id}, {name}: only the last state is recorded, not how it got there: {error}")
        return None
    return stages


def _write_source(source: Json | None, build: Json) -> Entry:
    if source is None:
        # The source has no log. The build shows these states of its source as its own, unless they are of a chroot.
        states = ("starting", "pending", "importing") if build.get("chroots") else _SOURCE_STATES_SHOWN
        return {"source_state": build["state"]} if build.get("state") in states else {}
    state = source.get("state")
    match = re.search(r"/srpm-builds/([^/]+)/?$", str(source.get("result_url")))
    return {
        "source_state": None if state == State.SUCCEEDED else state,
        "source_result_dir": None if match is None else match[1],
    }


def _write_chroot(name: str, chroot: ObservedChroot, root: str, stages: Sequence[PlannedStage] | None) -> Entry:
    """Write a chroot in its last state, or with the stages of its lifecycle in its first one.

    :param root: the URL of the directory with the results of the build.
    """
    assert chroot.details is not None, "chroots without details are not expressible"
    status = chroot.first if stages else chroot.last
    result_url = (chroot.result_url if stages else status.result_url) or None
    directory = re.fullmatch(rf".*/{re.escape(name)}/([^/\s]+)/", result_url or "")
    result_dir = None if directory is None else directory[1]
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
    return without_missing(entry)
