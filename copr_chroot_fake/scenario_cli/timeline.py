"""A planned life as a bar: a piece for each stage, as long as it lasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..model.lifecycle import DELETED, PlannedStage
from ..model.states import State

LETTERS = {
    "absent": "A",
    "waiting": "W",
    "importing": "I",
    "pending": "P",
    "starting": "S",
    "running": "R",
    "succeeded": "D",
    "failed": "F",
    "canceled": "C",
    "skipped": "K",
    "forked": "O",
    "unknown": "U",
}
CANCELED = "X"
"""The letter of a stage in which the build is canceled already."""

_STEPS = (1, 2, 5, 10, 15, 30, *(60 * n for n in (1, 2, 5, 10, 15, 30)), *(3600 * n for n in (1, 2, 3, 6, 12, 24)))


class Piece(NamedTuple):
    """A stage, over so many cells of the terminal."""

    state: str
    letter: str
    cells: int


class Scale(NamedTuple):
    """How many seconds the bars of a build show, on how many cells."""

    seconds: float
    cells: int

    def cell(self, seconds: float) -> int:
        """The cell on which a time is."""
        return round(seconds / self.seconds * self.cells) if self.seconds else 0


def is_open(stages: Sequence[PlannedStage]) -> bool:
    """Whether a life never ends."""
    last = stages[-1].state
    return last != DELETED and not (isinstance(last, State) and last.is_final)


def lasting(stages: Sequence[PlannedStage]) -> Sequence[PlannedStage]:
    """The stages of a life but for the one in which it ends, if it ends."""
    return stages if is_open(stages) else stages[:-1]


def seconds_of(stages: Iterable[PlannedStage]) -> float:
    """How long a life takes until its end, or until it is stuck."""
    return sum(stage.lasts or 0 for stage in stages)


def scale_for(lives: Sequence[Sequence[PlannedStage]], cells: int) -> Scale:
    """A scale on which all of these lives fit, with room for a stage that never ends."""
    room = 1.25 if any(is_open(stages) for stages in lives) else 1
    return Scale(max(seconds_of(stages) for stages in lives) * room, cells)


def pieces(stages: Sequence[PlannedStage], scale: Scale) -> list[Piece]:
    """The pieces of a life, without its end; every stage gets one, however short it is, while there are cells."""
    ends = [*_ends(lasting(stages), scale)]
    _fit(ends, scale.cells)
    begins = [0, *ends][: len(ends)]
    drawn = zip(lasting(stages), begins, ends, strict=True)
    return [Piece(stage.state, letter_of(stage), end - begin) for stage, begin, end in drawn if end > begin]


def _ends(stages: Iterable[PlannedStage], scale: Scale) -> Iterator[int]:
    """The cell before which each stage ends."""
    seconds, end = 0.0, 0
    for stage in stages:
        seconds += stage.lasts or 0
        end = max(end + 1, scale.cells if stage.lasts is None else scale.cell(seconds))
        yield end


def _fit(ends: list[int], cells: int) -> None:
    """Move ends back that are too far out, and leave a cell for each stage if there are enough."""
    for at in range(len(ends) - 1, -1, -1):
        ends[at] = min(ends[at], cells)
        cells = max(cells - 1, 0)


def letter_of(stage: PlannedStage) -> str:
    """The letter of a stage in a bar, which has none for the end of a life."""
    return CANCELED if stage.canceled else LETTERS[stage.state]


def ticks(scale: Scale, apart: int) -> list[tuple[int, float]]:
    """Cells and their times: round times, at least so many cells apart."""
    least = scale.seconds / max(scale.cells, 1) * apart
    step: float = next((step for step in _STEPS if step >= least), 0) or _STEPS[-1] * (least // _STEPS[-1] + 1)
    return [(scale.cell(number * step), number * step) for number in range(int(scale.seconds // step) + 1)]


def duration(seconds: float) -> str:
    """So many seconds in at most two units."""
    whole = round(seconds)
    for unit, size, smaller, smaller_size in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // smaller_size
            return f"{whole // size}{unit} {rest:02}{smaller}" if rest else f"{whole // size}{unit}"
    return f"{whole}s"
