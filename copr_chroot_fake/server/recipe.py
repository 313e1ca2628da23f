"""How a world begins, and what it goes back to at a reset."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, cast, get_args

from ..engine.clock import SystemClock
from ..engine.snapshot import Snapshot
from ..fake import FakeCopr
from ..model.account import Account
from ..model.progress import How
from ..options import FakeOptions
from ..scenario.load import ScenarioSource
from ..validation import checks


class Beginning(Protocol):
    """What a world is made from, at first and at each reset."""

    def make_empty(self) -> FakeCopr:
        """A fake that is set up, and has nothing in it."""

    def make(self) -> FakeCopr:
        """A fake as it begins."""


_BY_CLOCK = FakeOptions(progress="clock")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A fake that runs by the system's time, ``speed`` seconds for each real one, filled from scenarios."""

    scenarios: tuple[ScenarioSource, ...] = ()
    options: FakeOptions = _BY_CLOCK
    speed: float = 1
    accounts: tuple[Account, ...] = ()

    def make_empty(self) -> FakeCopr:
        fake = FakeCopr.from_options(replace(self.options, clock=SystemClock(self.speed)))
        for account in self.accounts:
            fake.add_account(account.name, account.login, account.token, account.groups)
        return fake

    def make(self) -> FakeCopr:
        """A fake that is filled from the scenarios.

        :raises ScenarioError: naming the file, the place in it and what was expected there.
        """
        fake = self.make_empty()
        for scenario in self.scenarios:
            fake.add_scenario(scenario)
        return fake


def read_how(field: str, value: object) -> How:
    return cast(How, checks.one_of(get_args(How))(field, value))


@dataclass(frozen=True, slots=True)
class SameFake:
    """A fake that somebody holds, and which stays the same object whatever becomes of its world."""

    fake: FakeCopr
    taken: Snapshot

    def make_empty(self) -> FakeCopr:
        fake = self.make()
        fake.clear()
        return fake

    def make(self) -> FakeCopr:
        self.fake.restore(self.taken)
        self.fake.clear_requests()
        return self.fake
