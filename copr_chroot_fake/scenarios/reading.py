"""Scenario files: what a fake starts with, as JSON or YAML.

A scenario is read into a :class:`~copr_chroot_fake.store.Batch` as a whole; a
mistake anywhere names its place in the document, and nothing is added.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

from .. import checks
from ..builds.build import Build
from ..builds.chroot import BuildChroot
from ..builds.projects import Project
from ..builds.store import Batch, Store
from ..checks import Fields
from ..errors import InputError, MissingExtraError, ScenarioError
from ..faults.fault import read_fault
from . import entries

DEFAULT_SCENARIO = "all-states.json"

ScenarioSource = str | os.PathLike[str] | Mapping[str, object]


def shipped_scenarios() -> Path:
    """The directory of the scenarios that ship with the kit: in the package once built, else in the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def read_scenario(source: ScenarioSource, store: Store) -> Batch:
    """Read a scenario, from a file or as it is, to be added to a store.

    :raises ScenarioError: naming the file, the place in the document and what was expected there.
    :raises MissingExtraError: for a YAML file where no YAML reader is installed.
    """
    if not isinstance(source, (str, os.PathLike, Mapping)):
        raise InputError("source", f"expected the path of a scenario, or what it says, got {checks.shown(source)}")
    document: object = source if isinstance(source, Mapping) else _parse(Path(source))
    try:
        return read_batch(document, store)
    except InputError as error:
        file = None if isinstance(source, Mapping) else os.fspath(source)
        raise ScenarioError(file, error.field, error.problem) from None


def read_batch(document: object, store: Store) -> Batch:
    store.catch_up()
    fields = entries.scenario_fields(document)
    batch = Batch(
        mock_chroots=fields.read("chroots", _chroot_names, ()),
        faults=[read_fault(f"faults[{at}]", entry) for at, entry in enumerate(fields.entries("faults"))],
        now=fields.read("now", checks.amount, None),
    )
    for at, entry in enumerate(fields.entries("projects")):
        _add_project(f"projects[{at}]", entry, batch, store)
    undescribed: dict[str, Project] = {}
    for at, entry in enumerate(fields.entries("builds")):
        _add_build(f"builds[{at}]", entry, batch, store, undescribed)
    batch.projects.update(undescribed)
    return batch


def _chroot_names(place: str, names: object) -> Sequence[str]:
    return [checks.chroot_name(f"{place}[{at}]", name) for at, name in enumerate(checks.items(place, names))]


def _add_project(place: str, entry: object, batch: Batch, store: Store) -> None:
    project = entries.read_project(place, entry)
    if project.full_name in batch.projects or project.full_name in store.projects:
        raise InputError(f"{place}.projectname", f"there is a project {project} already; expected another name")
    batch.projects[project.full_name] = project


def _add_build(place: str, entry: object, batch: Batch, store: Store, undescribed: dict[str, Project]) -> None:
    fields = entries.build_fields(place, entry)
    owner = fields.read("ownername", checks.path_segment, entries.DEFAULT_OWNER)
    name = fields.read("projectname", checks.path_segment, entries.DEFAULT_PROJECT)
    full_name = f"{owner}/{name}"
    described = batch.projects.get(full_name) or store.projects.get(full_name)
    project = described or undescribed.setdefault(full_name, Project(owner, name))
    begun = store.begin_of(batch)
    build = entries.read_build(fields, project, store, begun)
    if build.id in batch.builds or build.id in store.builds:
        raise InputError(f"{place}.id", f"there is a build {build.id} already; expected another id")
    _add_chroots(f"{place}.chroots", fields, build, begun)
    batch.builds[build.id] = build
    if described is None:
        # Nobody said what this project has enabled, so it has what its builds were submitted to.
        for chroot in build.chroots:
            project.enable(chroot.name)


def _add_chroots(place: str, fields: Fields, build: Build, begun: float) -> None:
    ways = entries.read_ways(fields, build.store.progress, begun)
    for at, entry in enumerate(fields.entries("chroots")):
        add_chroot(f"{place}[{at}]", entry, build, ways)


def add_chroot(place: str, entry: object, build: Build, ways: entries.Ways) -> BuildChroot:
    """Add a chroot to a build that has not got it yet."""
    chroot = entries.read_chroot(place, entry, build, ways)
    if build.find(chroot.name) is not None:
        raise InputError(checks.dotted(place, "name"), f"build {build.id} has {chroot.name} already; expected another")
    build.add_chroot(chroot)
    return chroot


def _parse(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ScenarioError(str(path), "", "no such file; expected a scenario in JSON or YAML") from None
    except (OSError, ValueError) as error:
        raise ScenarioError(str(path), "", f"cannot be read: {error}") from None
    try:
        return _parse_yaml(path, text) if path.suffix.lower() in {".yaml", ".yml"} else read_json(text)
    except InputError as error:
        raise ScenarioError(str(path), error.field, error.problem) from None
    except RecursionError:
        raise ScenarioError(str(path), "", "nested too deeply to be a scenario") from None


def read_json(text: str) -> object:
    """What a JSON text says.

    :raises InputError: naming line and column, or the key that is there twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_object_without_repeats)
    except json.JSONDecodeError as error:
        raise InputError(f"line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}") from None
    except InputError:
        raise
    except ValueError as error:
        raise InputError("scenario", f"not JSON that can be read: {error}") from None


def _object_without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Of a key that is there twice Python would silently lose the first."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise InputError(repeated, "the key is there twice in one object; expected once")
    return fields


def _parse_yaml(path: Path, text: str) -> object:
    try:
        import yaml
    except ImportError:
        raise MissingExtraError(f"{path}: a YAML scenario", "PyYAML", "yaml") from None

    class Loader(yaml.SafeLoader):
        """Refuses what the plain one silently loses: a key that is there twice."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
            _object_without_repeats([(str(self.construct_object(key, deep=True)), None) for key, _ in node.value])
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "scenario"
        raise InputError(place, f"not YAML: {error.problem}") from None
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        # A tagged value that its constructor cannot make, among others.
        raise InputError("scenario", f"not YAML that can be read: {error}") from None
