"""Selecting builds, projects and packages by text and state, for queries with ``search``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from ..engine.build import Build
from .specs import BuildFilter

T = TypeVar("T")


def select_builds(builds: Collection[Build], query: BuildFilter) -> Collection[Build]:
    """Return the selected builds in their order; without a filter, without a step for each."""
    found = builds
    if query.search is not None:
        text = query.search.casefold()
        found = [
            build
            for build in found
            if text == str(build.id) or text in f"{build.package or ''}\n{build.project.full_name}".casefold()
        ]
    if query.state is not None:
        found = [build for build in found if build.state is query.state]
    return found


def select_names(items: Collection[T], name: Callable[[T], str], search: str | None) -> Collection[T]:
    """Return the items whose name contains a text, in any case, in their order."""
    return items if search is None else [item for item in items if search.casefold() in name(item).casefold()]
