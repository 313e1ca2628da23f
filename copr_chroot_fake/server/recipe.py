"""How a world begins, and what it goes back to at a reset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast, get_args

from ..engine.clock import SystemClock
from ..engine.snapshot import Snapshot
from ..fake import REQUESTS_KEPT, FakeCopr
from ..model.account import Account
from ..model.progress import ProgressMode
from ..scenario.load import ScenarioSource
from ..validation import checks


class Beginning(Protocol):
    """What a world is made from, at first and at each reset."""

    def make_empty(self) -> FakeCopr:
        """A fake that is set up, and has nothing in it."""

    def make(self) -> FakeCopr:
        """A fake as it begins."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A fake that runs by the system's time, ``speed`` seconds for each real one, filled from scenarios."""

    scenarios: tuple[ScenarioSource, ...] = ()
    progress: ProgressMode = "clock"
    default_limit: int | None = 100
    seed: int = 0
    speed: float = 1
    requests_kept: int = REQUESTS_KEPT
    accounts: tuple[Account, ...] = ()
    serve_results: bool = False
    results_delay: float = 0

    def make_empty(self) -> FakeCopr:
        fake = FakeCopr(
            default_limit=self.default_limit,
            progress=self.progress,
            clock=SystemClock(self.speed),
            seed=self.seed,
            requests_kept=self.requests_kept,
            serve_results=self.serve_results,
            results_delay=self.results_delay,
        )
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


def read_how(field: str, value: object) -> ProgressMode:
    return cast(ProgressMode, checks.one_of(get_args(ProgressMode))(field, value))


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
        self.fake.forget_requests()
        return self.fake
