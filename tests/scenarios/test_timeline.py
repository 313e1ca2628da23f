"""A planned life as a bar: its pieces, its axis, and how its seconds are said."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from copr_chroot_fake import State
from copr_chroot_fake.model.lifecycle import PlannedStage
from copr_chroot_fake.scenario_cli import timeline
from copr_chroot_fake.scenario_cli.timeline import Scale

STAGES = st.lists(
    st.tuples(st.sampled_from(["importing", "pending", "running"]), st.floats(0, 10_000)), min_size=1, max_size=12
)


@given(lasting=STAGES, is_open=st.booleans(), cells=st.integers(8, 300), longer=st.floats(1, 10))
def test_a_bar_is_proportional_and_shows_every_stage(
    lasting: list[tuple[str, float]], is_open: bool, cells: int, longer: float
) -> None:
    """Each stage begins where its time is, unless stages that hardly last push it on; none is left out that fits."""
    plan = [PlannedStage(State(state), lasts) for state, lasts in lasting]
    plan.append(PlannedStage(State.RUNNING if is_open else State.FAILED, None))
    scale = Scale(timeline.scale_for([plan], cells).seconds * longer, cells)
    drawn = timeline.pieces(plan, scale)
    count = len(lasting) + is_open
    assert len(drawn) == min(count, cells)
    assert all(piece.cells >= 1 for piece in drawn)
    assert sum(piece.cells for piece in drawn) <= cells
    if is_open and count <= cells:
        assert sum(piece.cells for piece in drawn) == cells
    begin, seconds = 0, 0.0
    for piece, (_, lasts) in zip(drawn, lasting, strict=False):
        if scale.seconds and count <= cells:
            assert abs(begin - seconds / scale.seconds * cells) <= count
        begin += piece.cells
        seconds += lasts


@pytest.mark.parametrize("seconds", [1, 9, 59, 60, 301, 3600, 7200, 86_400, 10_000_000])
@pytest.mark.parametrize("cells", [8, 40, 200])
def test_an_axis_has_round_times_at_their_places(seconds: float, cells: int) -> None:
    """They begin at 0, and are far enough apart to be read."""
    ticks = timeline.ticks(Scale(seconds, cells), 9)
    assert ticks[0] == (0, 0)
    assert all(later - cell >= 8 for (cell, _), (later, _) in pairwise(ticks))
    assert all(cell == round(time / seconds * cells) for cell, time in ticks)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.6, "1m"), (61, "1m 01s"), (300, "5m"), (3600, "1h"), (3661, "1h 01m"), (90_000, "1d 01h")],
)
def test_a_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    """It is rounded to seconds."""
    assert timeline.duration(seconds) == text
