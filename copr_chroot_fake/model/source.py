"""Source builds as data: the types of sources, and the lifecycle of a source build that nothing goes wrong with."""

from __future__ import annotations

from typing import Literal, get_args

from .lifecycle import PlannedStage
from .states import State

SourceType = Literal["unset", "link", "upload", "pypi", "rubygems", "scm", "custom", "distgit"]
"""Where a source package comes from; Copr keeps it for each build, and for each package as the default."""

SOURCE_TYPES: tuple[SourceType, ...] = get_args(SourceType)

DIST_GITS = {"fedora": "https://src.fedoraproject.org"}
"""The dist-gits that a Copr knows, with their URLs: the recorded one has only this one."""

REBUILDABLE: tuple[SourceType, ...] = ("pypi", "rubygems", "scm", "custom", "distgit")
"""The types that a package can be configured with, and that it can be built from again."""

SOURCE_PLAN = (
    PlannedStage(State.PENDING, 10),
    PlannedStage(State.STARTING, 10),
    PlannedStage(State.RUNNING, 30),
    PlannedStage(State.IMPORTING, 10),
    PlannedStage(State.SUCCEEDED, None),
)
"""The stages of a submitted source build, with the seconds that each lasts."""

FAILING_SOURCE_PLAN = (*SOURCE_PLAN[:3], PlannedStage(State.FAILED, None))
"""The same for one that fails."""

DERIVED_STATES = (State.RUNNING, State.IMPORTING, State.SUCCEEDED)
"""The states of a source build that follow from those of its chroots, unless something fails."""

UNBUILT = (State.WAITING, State.PENDING, State.STARTING, State.RUNNING)
"""The states of a source build that has not made a source package yet."""

UNFINISHED = (State.WAITING, State.PENDING, State.STARTING, State.RUNNING, State.IMPORTING)

UNIMPORTED = (State.WAITING, State.IMPORTING)
"""The states of a chroot that waits for the source package."""


def source_state_of(stage: str) -> State:
    """Return the state of a source build whose chroot is in the first stage of its lifecycle."""
    if stage == State.IMPORTING:
        return State.IMPORTING
    # Copr does not know the chroots, or lets them wait, until there is a source package.
    return State.RUNNING if stage in ("absent", State.WAITING) else State.SUCCEEDED


def source_state_after(source: State, before: State, after: State) -> State:
    """Return the state of a source build after one of its chroots has changed its state."""
    if source not in UNFINISHED or after is State.WAITING:
        return source
    if after is State.FORKED:
        return State.FORKED
    if after is State.IMPORTING:
        return State.IMPORTING
    if before in UNIMPORTED and after in (State.FAILED, State.CANCELED):
        # Chroots fail before they are built if their source or its import fails.
        return after
    return State.SUCCEEDED
