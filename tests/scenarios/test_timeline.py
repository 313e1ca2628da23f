"""Bars of planned lifecycles: segments, ticks of the axis, and durations."""

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


@given(stages=STAGES, is_endless=st.booleans(), cells=st.integers(8, 300), factor=st.floats(1, 10))
def test_segments_are_proportional_and_show_every_stage(
    stages: list[tuple[str, float]], is_endless: bool, cells: int, factor: float
) -> None:
    """Very short stages get a cell and move the later ones; stages are only missing if there are too few cells."""
    plan = [PlannedStage(State(state), lasts) for state, lasts in stages]
    plan.append(PlannedStage(State.RUNNING if is_endless else State.FAILED, None))
    scale = Scale(timeline.scale_for([plan], cells).seconds * factor, cells)
    segments = timeline.segments(plan, scale)
    count = len(stages) + is_endless
    assert len(segments) == min(count, cells)
    assert all(segment.cells >= 1 for segment in segments)
    assert sum(segment.cells for segment in segments) <= cells
    if is_endless and count <= cells:
        assert sum(segment.cells for segment in segments) == cells
    begin, seconds = 0, 0.0
    for segment, (_, lasts) in zip(segments, stages, strict=False):
        if scale.seconds and count <= cells:
            assert abs(begin - seconds / scale.seconds * cells) <= count
        begin += segment.cells
        seconds += lasts


@pytest.mark.parametrize("seconds", [1, 9, 59, 60, 301, 3600, 7200, 86_400, 10_000_000])
@pytest.mark.parametrize("cells", [8, 40, 200])
def test_axis_has_readable_ticks_from_zero(seconds: float, cells: int) -> None:
    ticks = timeline.ticks(Scale(seconds, cells))
    assert ticks[0] == (0, 0)
    assert all(later - cell >= 8 for (cell, _), (later, _) in pairwise(ticks))
    assert all(cell == round(time / seconds * cells) for cell, time in ticks)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.6, "1m"), (61, "1m 01s"), (300, "5m"), (3600, "1h"), (3661, "1h 01m"), (90_000, "1d 01h")],
)
def test_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    """It is rounded to seconds."""
    assert timeline.format_duration(seconds) == text
