"""A chroot's run through its lifecycle: the current stage, when it ends, and what advances it."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, InitVar, dataclass, field

from ..model.lifecycle import Plan, PlannedStage
from ..model.nevra import Nevra
from ..model.progress import Progress, ProgressMode
from ..model.states import State
from ..validation import checks


@dataclass(eq=False, repr=False, slots=True)
class LifecycleRun:
    """A planned lifecycle and the current position in it.

    ``due`` is the Unix time at which the stage ends; ``None`` if it never does.
    """

    plan: Plan
    progress: Progress
    started_at: float
    """Unix time at which its first stage started."""
    _: KW_ONLY
    index: int
    remaining: InitVar[float | None] = None
    polls: int = 0
    """The number of polls that have seen the stage."""
    packages: tuple[Nevra, ...] | None = None
    """The packages that it builds; ``None`` for plausible ones."""
    result_dir: str | None = None
    held_in: State | None = None
    mode: ProgressMode = field(init=False)
    due: float | None = field(init=False)
    scheduled: float = field(default=math.inf, init=False)
    """The time for which it is in the timeline."""

    def __post_init__(self, remaining: float | None) -> None:
        self.mode = self.progress.mode
        now = self.started_at
        if self.mode == "immediate":
            # It is over by the time that it is added.
            self.started_at = max(0, now - sum(stage.lasts or 0 for stage in self.plan[self.index :]))
        if remaining is None:
            self._start_stage(self.started_at)
        else:
            self.due = min(max(now + remaining, 0), checks.LARGEST_INTEGER)

    def __copy__(self) -> LifecycleRun:
        """Return a copy; :mod:`copy` would take several times as long."""
        copied = LifecycleRun.__new__(LifecycleRun)
        for name in LifecycleRun.__slots__:
            setattr(copied, name, getattr(self, name))
        copied.scheduled = math.inf
        return copied

    @property
    def stage(self) -> PlannedStage:
        return self.plan[self.index]

    @property
    def next_stage(self) -> PlannedStage | None:
        return self.plan[self.index + 1] if self.index + 1 < len(self.plan) else None

    @property
    def is_timed(self) -> bool:
        """Whether its stages end when their time is over."""
        return self.mode in ("clock", "immediate")

    @property
    def is_held(self) -> bool:
        return self.held_in is not None and self.stage.state == self.held_in

    @property
    def has_enough_polls(self) -> bool:
        return self.polls >= self.polls_needed

    @property
    def polls_needed(self) -> int:
        """The number of polls that see the stage before the next one advances it."""
        state = self.stage.state
        return self.progress.polls_needed(state) if isinstance(state, State) else self.progress.polls

    def elapsed_fraction(self, now: float) -> float | None:
        """Return how much of the stage is over, from 0 to 1; ``None`` if that is unknown.

        By poll the polls are counted; the stage is not over with the last of them.
        """
        if self.mode == "poll":
            return min(self.polls / (self.polls_needed + 1), 1)
        lasts = self.stage.lasts
        if self.mode != "clock" or self.due is None or lasts is None:
            return None
        return min(max(1 - (self.due - now) / lasts, 0), 1) if lasts else 1

    def count_poll(self) -> None:
        if self.polls < checks.LARGEST_INTEGER:
            self.polls += 1

    @property
    def states_ahead(self) -> list[State]:
        """The states of the current and the later stages."""
        return [stage.state for stage in self.plan[self.index :] if isinstance(stage.state, State)]

    def _start_stage(self, now: float) -> None:
        lasts = self.stage.lasts
        # Copr stores no later time.
        self.due = None if lasts is None else min(now + lasts, checks.LARGEST_INTEGER)

    def enter_next_stage(self, now: float) -> PlannedStage:
        self._go_to(self.index + 1, now)
        return self.stage

    def move_to_state(self, state: State, now: float) -> bool:
        """Continue in the next stage with a state, else in an earlier one; return whether there is one."""
        for index in [*range(self.index, len(self.plan)), *range(self.index)]:
            if self.plan[index].state == state:
                self._go_to(index, now)
                return True
        return False

    def wait(self, now: float) -> bool:
        """Go back to before it is pending, to a stage in which it waits; return whether there is such a place."""
        if self.move_to_state(State.WAITING, now):
            return True
        pending = next((index for index, stage in enumerate(self.plan) if stage.state == State.PENDING), None)
        if pending is not None:
            self.plan = (PlannedStage(State.WAITING, 0), *self.plan[pending:])
            self._go_to(0, now)
        return pending is not None

    def _go_to(self, index: int, now: float) -> None:
        self.index = index
        self.polls = 0
        self._start_stage(now)
