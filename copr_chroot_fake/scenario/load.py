"""A scenario read as a whole: all of it is added, or after a mistake nothing.

The error for a mistake names its place in the document.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from ..engine.store import Batch, Store
from ..errors import InputError, ScenarioError
from ..model.fault import parse_fault
from ..model.project import Project, enable_chroots
from ..validation import checks
from ..validation.errors import refuse
from ..validation.fields import Fields
from . import entries
from .builds import read_build, read_project, submit
from .chroots import add_chroots
from .parsing import is_yaml, parse, read_text

ScenarioSource = str | os.PathLike[str] | Mapping[str, object]
"""The path of a file, the name of a scenario that ships, or what such a file says."""


def read_scenario(source: ScenarioSource, store: Store) -> Batch:
    """Read a scenario, from a file or as what one says, to be added to a store.

    :raises ScenarioError: naming the file, the place in the document and what was expected there.
    :raises MissingExtraError: for a YAML file where no YAML reader is installed.
    """
    with without_garbage_collection():
        if checks.is_mapping(source):
            return _read(None, source, store)
        path, text = read_text(_path(source))
        try:
            document = parse(text, path, yaml=is_yaml(path))
        except InputError as error:
            raise ScenarioError(str(path), error) from None
        return _read(str(path), document, store)


def _path(source: object) -> Path:
    try:
        return Path(checks.plain_text(source) or os.fspath(cast("os.PathLike[str]", source)))
    except Exception as error:
        problem = f"expected the path of a scenario, or what it says, got {checks.shown(source)}"
        raise InputError("source", problem) from error


def _read(file: str | None, document: object, store: Store) -> Batch:
    try:
        return read_batch(document, store)
    except InputError as error:
        raise ScenarioError(file, error) from None


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause a collection that would take most of the time: of the many new objects hardly any is garbage."""
    was_on = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_on:
            gc.enable()


def read_batch(document: object, store: Store) -> Batch:
    """What a scenario says, to be added to a store.

    :raises InputError: naming the place in the scenario, unless mistakes are gathered.
    """
    store.catch_up()
    fields = Fields("", document, entries.SCENARIO_FORM)
    batch = Batch(
        mock_chroots=fields.read("chroots", _chroot_names, ()),
        faults=[*fields.each("faults", parse_fault)],
        now=fields.read("now", checks.amount, None),
    )
    fields.read("$schema", checks.text, None)
    undescribed: dict[str, Project] = {}
    fields.read_each("projects", partial(_add_project, batch=batch, store=store))
    fields.read_each("builds", partial(_add_build, batch=batch, store=store, undescribed=undescribed))
    batch.projects.update(undescribed)
    return batch


def _chroot_names(place: str, names: object) -> Sequence[str]:
    return [*checks.each(place, checks.items(place, names), checks.chroot_name)]


def _add_project(place: str, entry: object, batch: Batch, store: Store) -> None:
    project = read_project(place, entry)
    if project.full_name in batch.projects or project.full_name in store.projects:
        refuse(f"{place}.projectname", f"there is a project {project} already; expected another name")
    batch.projects[project.full_name] = project


def _add_build(place: str, entry: object, batch: Batch, store: Store, undescribed: dict[str, Project]) -> None:
    fields = Fields(place, entry, entries.BUILD_FORM)
    owner = fields.read("ownername", checks.path_segment, entries.DEFAULT_OWNER)
    name = fields.read("projectname", checks.path_segment, entries.DEFAULT_PROJECT)
    full_name = f"{owner}/{name}"
    described = batch.projects.get(full_name) or store.projects.get(full_name)
    project = described or undescribed.setdefault(full_name, Project(owner, name))
    begun = store.begin_of(batch)
    build = read_build(fields, project, store, begun)
    if (build.id in batch.builds or build.id in store.builds) and fields.is_right("id"):
        refuse(f"{place}.id", f"there is a build {build.id} already; expected another id")
    add_chroots(fields, build, begun)
    submit(build, begun)
    fields.insist("id")
    batch.builds[build.id] = build
    if described is None:
        # Nobody said what this project has enabled, so it has what its builds were submitted to.
        enable_chroots(project, (chroot.name for chroot in build.chroots))
