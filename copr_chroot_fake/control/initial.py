"""The initial state of a world: what it is created with, and what a reset restores."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Protocol

from ..engine.clock import SystemClock, check_speed
from ..engine.create import add_account
from ..engine.snapshot import Snapshot, restore
from ..model.account import Account
from ..options import FakeOptions
from ..scenario.files import ScenarioSource
from ..service import Service
from ..validation.checks import LARGEST_INTEGER
from ..validation.rule import Keywords, Rule, frozen


class InitialState(Protocol):
    """Creates the fake of a world, at first and at each reset."""

    def make(self) -> Service:
        """Return the fake in its initial state."""

    def make_from(self, scenario: ScenarioSource) -> Service:
        """Return a fake with the same options and the content of a scenario.

        :raises ScenarioError: for an invalid scenario; nothing has changed then.
        """


Speed = Annotated[float, Rule(check_speed), Keywords(exclusiveMinimum=0, maximum=LARGEST_INTEGER)]
"""Seconds on a fake's clock for each real second."""

_BY_CLOCK = FakeOptions(progress="clock")


@frozen()
class InitialConfig:
    """Options and scenarios of a fake that runs on the system clock.

    :param speed: seconds on the fake's clock for each real second.
    """

    scenarios: tuple[ScenarioSource, ...] = ()
    options: FakeOptions = _BY_CLOCK
    speed: float = 1
    accounts: tuple[Account, ...] = ()

    def make_empty(self) -> Service:
        """Return a fake with these options, and without content."""
        service = Service(replace(self.options, clock=SystemClock(self.speed)))
        for account in self.accounts:
            add_account(account, service.store)
        return service

    def make(self) -> Service:
        """Return a fake with the content of the scenarios.

        :raises ScenarioError: for an invalid scenario.
        """
        service = self.make_empty()
        for scenario in self.scenarios:
            service.add_scenario(scenario)
        return service

    def make_from(self, scenario: ScenarioSource) -> Service:
        return replace(self, scenarios=(scenario,)).make()


@frozen()
class InitialSnapshot:
    """A fake that a test holds: it is restored in place, and stays the same object."""

    service: Service
    snapshot: Snapshot

    def make(self) -> Service:
        restore(self.snapshot)
        self.service.journal.clear()
        return self.service

    def make_from(self, scenario: ScenarioSource) -> Service:
        # Find errors before the fake is emptied. The seed matters: the state in which a
        # chroot is held must be one that its lifecycle, as drawn, reaches.
        Service(FakeOptions(seed=self.snapshot.seed)).add_scenario(scenario)
        service = self.make()
        service.store.clear()
        service.add_scenario(scenario)
        return service
