"""From answers to the scenario that gives them: which settings lead to what was answered.

What no settings lead to is said as it was answered, and nothing derived.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from ..api.build_config import derive_build_config
from ..engine.clock import VirtualClock
from ..engine.store import Store
from ..errors import InputError
from ..model.nevra import write_nevra
from ..model.progress import Progress
from ..model.project import ProjectChroot
from ..model.states import State
from ..scenario.entries import Scenario
from ..scenario.load import read_batch
from ..validation import checks
from ..wire.answer import ApiError
from . import build_config as configs
from .build_config import Config
from .lifecycles import cancel_of, live
from .observations import Answers, BuildAnswers, ChrootAnswers
from .parsing import Json, chroot_names, number_of, object_of, text_of
from .project_lookup import Home, home_of, package_of, result_dir_of

Entry = dict[str, object]

Lost = frozenset[tuple[str, str]]
"""The full names of projects, each with that of a chroot that it has lost."""


class Recorded(NamedTuple):
    """A scenario, and what of the answers it does not give, a line each."""

    scenario: Scenario
    left_out: tuple[str, ...]


class _Build(NamedTuple):
    answers: BuildAnswers
    home: Home
    chroots: Mapping[str, ChrootAnswers]
    """Those that a scenario can say."""


def invert(answers: Answers, *, lives: bool) -> Recorded:
    """The scenario that answers the same.

    :param lives: whether its chroots go again through what they were seen to go through, or are as they were last seen.
    """
    left_out: list[str] = []
    builds = [
        _Build(build, home_of(build), dict(_sayable(build, left_out)))
        for build in answers.builds
        if build.chroots or build.gone_at is None
    ]
    lost: Lost = frozenset()
    while True:
        document = _write(answers, builds, lost, lives, left_out)
        wrong, lost_now = _compare(document, builds)
        if lost_now <= lost:
            break
        # Where nobody gets a configuration, Copr has lost the chroot.
        lost |= lost_now
    for chroot, given in wrong:
        chroot.update(given)
    return Recorded(cast(Scenario, document), tuple(dict.fromkeys(left_out)))


def _sayable(build: BuildAnswers, left_out: list[str]) -> Iterator[tuple[str, ChrootAnswers]]:
    for name, chroot in build.chroots.items():
        try:
            checks.chroot_name("name", name)
            for _, status in chroot.sightings:
                checks.state("state", status.state)
                for time in ("started_on", "ended_on"):
                    checks.optional(checks.unix_time)(time, getattr(status, time))
                checks.end_after_start("ended_on", status.started_on, status.ended_on)
        except InputError as error:
            left_out.append(f"build {build.id}, {name}: a scenario cannot say it: {error}")
        else:
            yield name, chroot


def _write(answers: Answers, builds: Iterable[_Build], lost: Lost, lives: bool, left_out: list[str]) -> Entry:
    by_project: dict[str, list[_Build]] = defaultdict(list)
    for build in builds:
        by_project[build.home.project].append(build)
    read = {name: _Project(name, of, answers.projects.get(name), lost) for name, of in by_project.items()}
    known = {name: hotfixes for project in read.values() for name, hotfixes in project.known.items()}
    document: Entry = {"now": answers.begun}
    if answers.mock_chroots:
        document["chroots"] = chroot_names(answers.mock_chroots)
    document["projects"] = [
        *(project.write() for project in read.values()),
        *(
            {**_named(name), **_said({"module_hotfixes": hotfixes})}
            for name, hotfixes in known.items()
            if name not in read
        ),
    ]
    document["builds"] = [
        _write_build(build, read[build.home.project], answers.begun, lives, left_out) for build in builds
    ]
    return document


def _named(full_name: str) -> Entry:
    """How entries say which project it is."""
    ownername, projectname = full_name.split("/")
    return {"ownername": ownername, "projectname": projectname}


_FAILING = ProjectChroot(additional_repos=("copr://",))
"""What a chroot may have that is enabled, as the project says, and has no configuration all the same.

One of its repositories has an address that cannot be taken apart; which, nobody can see.
"""


class _Project:
    """A project, by what its builds' configurations say."""

    def __init__(self, name: str, builds: Iterable[_Build], told: Json | None, lost: Lost) -> None:
        self.name = name
        self.configs: dict[int, dict[str, Config]] = {}
        """By build and chroot."""
        told_enabled = configs.chroots_told(told)
        enabled = dict.fromkeys(told_enabled)
        for build in builds:
            of_build = self.configs[build.answers.id] = {}
            for chrootname, chroot in build.chroots.items():
                document = chroot.details.config
                config = None if document is None else configs.read_config(document)
                if document is not None:
                    enabled[chrootname] = None
                if config is not None and config.project == name:
                    of_build[chrootname] = config
        found = [config for of_build in self.configs.values() for config in of_build.values()]
        self.known = {name: hotfixes for config in found for name, hotfixes in config.known.items()}
        self.settings = configs.settings_of_project(found, told)
        self._bootstraps = configs.bootstraps_of_chroots(self.configs.values())
        self.chroots = {
            chrootname: _FAILING if (name, chrootname) in lost else self._settings_of(chrootname)
            for chrootname in enabled
            if (name, chrootname) not in lost or chrootname in told_enabled
        }

    def _settings_of(self, chrootname: str) -> ProjectChroot:
        found = [of_build[chrootname] for of_build in self.configs.values() if chrootname in of_build]
        if not found:
            return ProjectChroot()
        return configs.settings_of_chroot(found, self._bootstraps[chrootname], self.settings)

    def settings_of_build(self, build_id: int) -> Json:
        found = {name: config for name, config in self.configs[build_id].items() if name in self.chroots}
        return configs.settings_of_build(found, self.chroots, self.settings.bootstrap) if found else {}

    def write(self) -> Entry:
        return {
            **_named(self.name),
            **_said(self.settings._asdict()),
            "chroots": {name: _said(settings._asdict()) for name, settings in self.chroots.items()},
        }


def _said(settings: Mapping[str, object]) -> Entry:
    """What is set, as JSON says it."""
    return {
        name: [*value] if isinstance(value, tuple) else value
        for name, value in settings.items()
        if value is not None and value is not False and value != ()
    }


def _write_build(build: _Build, project: _Project, begun: int, lives: bool, left_out: list[str]) -> Entry:
    answers, home = build.answers, build.home
    entry: Entry = {"id": answers.id, **_named(home.project)}
    if home.dirname != entry["projectname"]:
        entry["project_dirname"] = home.dirname
    package = package_of(answers)
    if package is not None:
        entry["package"] = package
    entry |= project.settings_of_build(answers.id)
    entry |= _submission(answers)
    entries = {name: _write_chroot(name, chroot, lives) for name, chroot in build.chroots.items()}
    if lives:
        canceled_at = cancel_of(answers, begun)
        for name, chroot in build.chroots.items():
            live(entries[name], answers, chroot, begun, canceled_at, left_out)
    entry["chroots"] = [_said(written) for written in entries.values()]
    return entry


def _submission(answers: BuildAnswers) -> Entry:
    """What the companions tell of how a build came about."""
    told = answers.build
    if told is None:
        return {}
    source = object_of(told, "source_package")
    said: Entry = {"submitted_on": number_of(told, "submitted_on"), "submitter": text_of(told, "submitter")}
    said |= _source(answers)
    said["source_package"] = {name: text for name in ("version", "url") if (text := text_of(source, name))} or None
    said["canceled"] = answers.is_canceled
    return _said(said)


_NO_SOURCE_YET = ("starting", "pending")
"""Of the states in which a source has no results yet, those that a build shows as its own."""


def _source(answers: BuildAnswers) -> Entry:
    if answers.source is None:
        assert answers.build is not None
        state = text_of(answers.build, "state")
        return {"source_state": state if state in _NO_SOURCE_YET else State.WAITING.value}
    state, url = text_of(answers.source, "state"), text_of(answers.source, "result_url")
    said: Entry = {}
    if state in State._value2member_map_ and state != State.SUCCEEDED:
        said["source_state"] = state
    found = None if url is None else re.search(r"/srpm-builds/([^/\s]+)/?$", url)
    if found is not None:
        said["source_result_dir"] = found[1]
    return said


def _write_chroot(name: str, chroot: ChrootAnswers, lives: bool) -> Entry:
    """A chroot as it was last seen, or first, where it lives on from there."""
    status = chroot.first if lives else chroot.last
    result_url = chroot.result_url if lives else status.result_url
    return {
        "name": name,
        "state": str(status.state),
        "started_on": status.started_on,
        "ended_on": status.ended_on,
        "result_dir": None if result_url is None else result_dir_of(result_url, name),
        "packages": [write_nevra(package) for package in chroot.details.packages] or None,
    }


Wrong = tuple[Entry, Entry]
"""The entry of a chroot, and what is to be in it as it was answered."""


def _compare(document: Entry, builds: Iterable[_Build]) -> tuple[list[Wrong], Lost]:
    """Which chroots would be answered otherwise, and which a project must have lost, as there is no configuration."""
    store = Store(VirtualClock(), Progress("manual"), 0)
    store.add(read_batch(document, store))
    wrong, lost = [], set()
    entries = {cast(int, build["id"]): build for build in cast("list[Entry]", document["builds"])}
    for build in builds:
        made = store.builds[build.answers.id]
        for entry in cast("list[Entry]", entries[build.answers.id]["chroots"]):
            name = cast(str, entry["name"])
            chroot, answers = made[name], build.chroots[name]
            given: Entry = {}
            url = f"{made.results_url}/{name}/{entry.get('result_dir')}/"
            if answers.result_url not in (None, url) and "lifecycle" not in entry:
                given["result_url"] = answers.last.result_url
            try:
                derived = json.dumps(derive_build_config(chroot, store))
            except ApiError:
                derived = None
            config = answers.details.config
            if config is None and derived is not None:
                lost.add((build.home.project, name))
            elif config is not None and json.dumps(config) != derived:
                given["build_config"] = {**config}
            if given:
                wrong.append((entry, given))
    return wrong, frozenset(lost)
