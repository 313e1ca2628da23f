"""Builds that users submit: they start with a source build, and wait in a batch if they are told to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..model.states import State
from ..scenario.spec import BuildSpec
from .build import Build
from .create import create_build
from .project import Project

if TYPE_CHECKING:
    from .store import Store


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
    counts = store.submission_rules.apply(build)
    store.add_submitted(build, batch, counts)
    return build
