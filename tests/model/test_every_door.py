"""Whatever is done and asked, in any order: every door answers the same bytes, and those of a plain model.

There is a fake behind each door, all of them are told the same, and the model too.
``COPR_FAKE_EXAMPLES`` says how many runs are tried.
"""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from copr_chroot_fake import FakeCopr

from ..adapters import ADAPTERS
from ..examples import examples
from .asking import ServiceMachine
from .doing import Door
from .drawn import LIMIT


def test_every_door_answers_what_the_model_does() -> None:
    """All that can be done, and all that can be asked, in any order."""
    with ExitStack() as opened:
        doors = {}
        for name, open_door in ADAPTERS.items():
            fake = FakeCopr(default_limit=LIMIT)
            doors[name] = Door(fake, opened.enter_context(open_door(fake)), fake.snapshot())
        machine = type("Machine", (ServiceMachine,), {"doors": doors})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples(40),
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[*HealthCheck],
                phases=[Phase.generate, Phase.shrink],
            ),
        )
