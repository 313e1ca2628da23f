"""Whatever users send and the backend reports, in any order: everything agrees, and can be restored and loaded."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ..examples import examples
from .machine import WritesMachine


@pytest.mark.slow
def test_any_writes_and_reports_agree() -> None:
    run_state_machine_as_test(
        WritesMachine,
        settings=settings(
            max_examples=examples(200),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[*HealthCheck],
            phases=[Phase.generate, Phase.shrink],
        ),
    )
