"""Random sequences of operations on a fake: snapshots restore it, and its dump loads back."""

from __future__ import annotations

from inspect import get_annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from copr_chroot_fake import (
    Build,
    BuildChroot,
    FakeCopr,
    Faults,
    Project,
    SubmissionRules,
    SystemClock,
    VirtualClock,
)

from ..control.test_parity import INSIDE, NO_CALLS
from ..examples import examples
from . import tables
from .machine import OperationsMachine


@pytest.mark.sampled
def test_any_operations_restore_and_load_back() -> None:
    """Every public operation, in any order."""
    run_state_machine_as_test(
        OperationsMachine,
        settings=settings(
            max_examples=examples(50),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[*HealthCheck],
            phases=[Phase.generate, Phase.shrink],
        ),
    )


DRAWN = {
    FakeCopr: tables.FAKE,
    Build: tables.BUILD,
    BuildChroot: tables.CHROOT,
    Project: tables.PROJECT,
    Faults: tables.FAULTS,
    SubmissionRules: tables.RULES,
    VirtualClock: tables.VIRTUAL_CLOCK,
    SystemClock: tables.SYSTEM_CLOCK,
}


def test_every_public_operation_is_drawn() -> None:
    """Each public member is an operation, is known to change nothing, or is private in effect."""
    of_the_kit = {member for member, why in NO_CALLS.items() if why == INSIDE}
    members = {
        f"{cls.__name__}.{name}" for cls in DRAWN for name in {*dir(cls), *get_annotations(cls)} if name[0] != "_"
    }
    drawn = {f"{cls.__name__}.{name}" for cls, table in DRAWN.items() for name in table} | {*tables.OWN_RULE}
    read = {f"{cls}.{name}" for cls, names in tables.READ_ONLY.items() for name in names.split()}
    assert members - of_the_kit == drawn | read | {*tables.THROUGH_ANOTHER}
    assert not drawn & read
    assert all(hasattr(OperationsMachine, rule) for rule in tables.OWN_RULE.values())
