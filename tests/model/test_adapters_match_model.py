"""Random operations and requests: every adapter returns the same bytes, and those of the model.

Each adapter has its own fake. All fakes and the model get the same operations.
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from copr_chroot_fake import FakeCopr

from ..adapters import ADAPTERS
from ..examples import examples
from .operation_rules import Adapter
from .request_rules import ServiceMachine
from .strategies import LIMIT


@pytest.mark.sampled
def test_every_adapter_matches_the_model() -> None:
    with ExitStack() as opened:
        adapters = {}
        for name, open_adapter in ADAPTERS.items():
            fake = FakeCopr(default_limit=LIMIT)
            adapters[name] = Adapter(fake, opened.enter_context(open_adapter(fake)), fake.snapshot())
        machine = type("Machine", (ServiceMachine,), {"adapters": adapters})
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
