"""The initial state of a world: what it is created with, and what a reset restores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Protocol

from ..engine.clock import SystemClock, check_speed
from ..options import FakeOptions
from ..validation.checks import LARGEST_INTEGER
from ..validation.frozen import frozen
from ..validation.rule import Rule
from ..validation.schema import Keywords

if TYPE_CHECKING:
    from ..engine.snapshot import Snapshot
    from ..fake import FakeCopr
    from ..model.account import Account
    from ..scenario.load import ScenarioSource


class InitialState(Protocol):
    """Creates the fake of a world, at first and at each reset."""

    def make(self) -> FakeCopr:
        """Return the fake in its initial state."""

    def make_from(self, scenario: ScenarioSource) -> FakeCopr:
        """Return a fake with the same options and the content of a scenario.

        :raises ScenarioError: for an invalid scenario; nothing has changed then.
        """


Speed = Annotated[float, Rule(check_speed), Keywords(exclusiveMinimum=0, maximum=LARGEST_INTEGER)]
"""Seconds on a fake's clock for each real second."""

_BY_CLOCK = FakeOptions(progress="clock")


@frozen()
class InitialConfig:
    """Options and scenarios of a fake that runs on the system clock.

    :param fake_class: ``FakeCopr``, which this package cannot import.
    :param speed: seconds on the fake's clock for each real second.
    """

    fake_class: type[FakeCopr]
    scenarios: tuple[ScenarioSource, ...] = ()
    options: FakeOptions = _BY_CLOCK
    speed: float = 1
    accounts: tuple[Account, ...] = ()

    def make_empty(self) -> FakeCopr:
        """Return a fake with these options, and without content."""
        fake = self.fake_class.from_options(replace(self.options, clock=SystemClock(self.speed)))
        for account in self.accounts:
            fake.add_account(**vars(account))
        return fake

    def make(self) -> FakeCopr:
        """Return a fake with the content of the scenarios.

        :raises ScenarioError: for an invalid scenario.
        """
        fake = self.make_empty()
        for scenario in self.scenarios:
            fake.add_scenario(scenario)
        return fake

    def make_from(self, scenario: ScenarioSource) -> FakeCopr:
        return replace(self, scenarios=(scenario,)).make()


@frozen()
class InitialSnapshot:
    """A fake that a test holds: it is restored in place, and stays the same object."""

    fake: FakeCopr
    snapshot: Snapshot

    def make(self) -> FakeCopr:
        self.fake.restore(self.snapshot)
        self.fake.clear_requests()
        return self.fake

    def make_from(self, scenario: ScenarioSource) -> FakeCopr:
        # Find errors before the fake is emptied. The seed matters: the state in which a
        # chroot is held must be one that its lifecycle, as drawn, reaches.
        type(self.fake)(seed=self.snapshot.seed).add_scenario(scenario)
        fake = self.make()
        fake.clear()
        fake.add_scenario(scenario)
        return fake
