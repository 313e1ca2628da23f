"""One chroot's way through its life: which stage it is in, until when, and what makes it go on."""

from __future__ import annotations

from ..model.lifecycle import Plan, PlannedStage
from ..model.nevra import Nevra
from ..model.progress import Progress
from ..model.states import State
from ..validation import checks


class Life:
    """A plan and how far it has come; ``due`` is when the stage ends, as a Unix time, if it ever does."""

    __slots__ = ("at", "begun", "due", "held_in", "how", "looks", "packages", "plan", "progress", "result_dir")

    def __init__(
        self,
        plan: Plan,
        progress: Progress,
        begun: float,
        *,
        at: int,
        remaining: float | None,
        looks: int,
        packages: tuple[Nevra, ...] | None,
        result_dir: str | None,
    ) -> None:
        self.plan = plan
        self.progress = progress
        self.how = progress.mode
        self.at = at
        self.looks = looks
        """How many answers have shown the stage."""
        self.packages = packages
        """What comes out in the end; ``None`` for what is made up."""
        self.result_dir = result_dir
        self.held_in: State | None = None
        now = begun
        if progress.mode == "immediate":
            # Over by the time that it begins.
            begun = max(0, begun - sum(stage.lasts or 0 for stage in plan[self.at :]))
        self.begun = begun
        """When its first stage began."""
        self.due: float | None
        if remaining is None:
            self.begin_stage(begun)
        else:
            self.due = min(max(now + remaining, 0), checks.LARGEST_INTEGER)

    def __copy__(self) -> Life:
        """The same life, which goes on by itself; the general way takes several times as long."""
        copied = Life.__new__(Life)
        for name in Life.__slots__:
            setattr(copied, name, getattr(self, name))
        return copied

    @property
    def stage(self) -> PlannedStage:
        return self.plan[self.at]

    @property
    def following(self) -> PlannedStage | None:
        return self.plan[self.at + 1] if self.at + 1 < len(self.plan) else None

    @property
    def is_timed(self) -> bool:
        """Whether its stages end when their time is over."""
        return self.progress.mode in ("clock", "immediate")

    @property
    def is_held(self) -> bool:
        return self.held_in is not None and self.stage.state == self.held_in

    @property
    def has_been_shown_enough(self) -> bool:
        return self.looks >= self.polls_needed

    @property
    def polls_needed(self) -> int:
        """How many answers show the stage before the next one goes on."""
        state = self.stage.state
        return self.progress.polls_needed(state) if isinstance(state, State) else self.progress.polls

    def share_of_stage(self, now: float) -> float | None:
        """How much of its stage is over, from 0 to 1; ``None`` where nothing tells it.

        By poll the answers that have shown it count, and it is not over with the last of them.
        """
        if self.how == "poll":
            return min(self.looks / (self.polls_needed + 1), 1)
        lasts = self.stage.lasts
        if self.how != "clock" or self.due is None or lasts is None:
            return None
        return min(max(1 - (self.due - now) / lasts, 0), 1) if lasts else 1

    def count_look(self) -> None:
        """Count an answer that has shown the stage; no more are ever needed than the largest integer."""
        if self.looks < checks.LARGEST_INTEGER:
            self.looks += 1

    def gets_to(self, state: State) -> bool:
        return any(stage.state == state for stage in self.plan[self.at :])

    def begin_stage(self, now: float) -> None:
        lasts = self.stage.lasts
        # Copr stores no later time.
        self.due = None if lasts is None else min(now + lasts, checks.LARGEST_INTEGER)

    def go_on(self, now: float) -> PlannedStage:
        """Enter the next stage."""
        self.at += 1
        self.looks = 0
        self.begin_stage(now)
        return self.stage

    def move_to(self, state: State, now: float) -> bool:
        """Go on from a state that something else has led to, as soon as the plan has it; whether it has it at all."""
        order = [*range(self.at, len(self.plan)), *range(self.at)]
        for at in order:
            if self.plan[at].state == state:
                self.at = at
                self.looks = 0
                self.begin_stage(now)
                return True
        return False
