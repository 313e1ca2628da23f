"""Builds that users submit: they start with a source build, and wait in a batch if they are told to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..model import defaults
from ..model.project import SourcePackage
from ..model.source import SourceType
from ..model.states import State
from .build import Build
from .project import Project
from .source import SourceBuild

if TYPE_CHECKING:
    from .store import Store


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a user submits; ``timeout`` in seconds.

    :param chroots: the submitted chroots; none if the source build determines them.
    :param package: the name of the package, if it is known before the source build.
    :param submitter: ``None`` for a webhook.
    :param url: the URL of the source package, if it was submitted.
    """

    source_type: SourceType
    config: Mapping[str, object]
    submitter: str | None
    chroots: Iterable[str] = ()
    package: str | None = None
    url: str | None = None
    project_dirname: str | None = None
    timeout: int
    enable_net: bool
    is_background: bool = False
    bootstrap: str | None = None
    isolation: str | None = None
    content: bytes | None = field(default=None, repr=False)


def submit(store: Store, project: Project, submission: Submission, batch: int | None = None) -> Build:
    """Add a build, which advances once :meth:`SourceBuild.start` is called, after the response."""
    build = Build(
        store.next_build_id(),
        project,
        store,
        project_dirname=submission.project_dirname or project.projectname,
        stored_package=submission.package,
        memory_limit=defaults.MEMORY_LIMIT,
        timeout=submission.timeout,
        enable_net=submission.enable_net,
        is_background=submission.is_background,
        bootstrap=submission.bootstrap,
        isolation=submission.isolation,
        submitted_on=int(store.clock.now()),
        submitter=submission.submitter,
    )
    build.source = SourceBuild(
        build,
        type=submission.source_type,
        config=submission.config,
        content=submission.content,
        stored_state=State.PENDING,
        package=SourcePackage(url=submission.url),
        progress=store.progress,
        is_independent=True,
    )
    build.add_waiting(submission.chroots)
    counts = store.submission_rules.apply(build)
    store.add_submitted(build, batch, counts)
    return build
