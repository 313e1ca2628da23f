"""The service behind each fake: its store, its API and its recorded requests, without adapters.

:class:`FakeCopr` is the interface for tests; servers and the control API use the service itself.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING

from .dispatch import Api
from .engine import create
from .engine.clock import SystemClock, VirtualClock
from .engine.poll_loops import PollLoops
from .engine.snapshot import restore, take
from .engine.store import Store
from .errors import CoprFakeError, InputError, ScenarioError
from .model.progress import parse_progress
from .model.project import RESULTS_PATH, RESULTS_URL
from .options import FakeOptions
from .scenario.files import ScenarioSource, load_scenario
from .validation import checks

if TYPE_CHECKING:
    # Imported where they are used, so that a server starts sooner.
    from .journal.journal import Journal
    from .journal.request import Request
    from .messages.subscribers import Subscribers


class Service:
    """One fake: its store, its API and its recorded requests."""

    def __init__(self, options: FakeOptions) -> None:
        clock = VirtualClock() if options.clock is None else options.clock
        # On a clock that runs, clients such as health checks may repeat a request for days.
        waits = (options.max_repeats, options.max_wait) if isinstance(clock, VirtualClock) else (None, None)
        loops = PollLoops(options.max_polls, *waits)
        self.store = store = Store(clock, parse_progress("progress", options.progress), options.seed, loops)
        self._results_url = options.results_url
        store.own_results_root = store.results_root = options.results_url or RESULTS_URL
        store.results_delay = options.results_delay
        store.start_ids(options.next_build_id)
        self.log: deque[Request] = deque(maxlen=options.requests_kept)
        """The latest requests."""
        self.api = Api(store, self.log, options.default_limit)
        self.scenario: ScenarioSource | None = None
        """The scenario that a reset restores; ``None`` for an empty fake."""
        self._begin = store.clock.now(), options.seed

    def __repr__(self) -> str:
        return f"<Service: {checks.counted(len(self.store.builds), 'build')}>"

    @property
    def clock(self) -> VirtualClock | SystemClock:
        """The clock, which tests can move.

        :raises CoprFakeError: if the fake has a custom clock.
        """
        if not isinstance(self.store.clock, (VirtualClock, SystemClock)):
            raise CoprFakeError("this fake uses a clock that is neither a VirtualClock nor a SystemClock")
        return self.store.clock

    @cached_property
    def journal(self) -> Journal:
        """The recorded requests, and assertions about them."""
        from .journal.journal import Journal

        return Journal(self.store, self.log)

    @cached_property
    def subscribers(self) -> Subscribers:
        """The subscribers to its messages."""
        from .messages.subscribers import Subscribers

        return Subscribers(self.store)

    def add_scenario(self, source: ScenarioSource) -> None:
        """Add everything in a scenario, or nothing if it has an error.

        :raises ScenarioError: naming the file, the location in it and what was expected there.
        """
        file, spec = load_scenario(source)
        try:
            create.add_scenario(spec, self.store)
        except InputError as error:
            raise ScenarioError(file, error) from None

    def reset(self) -> None:
        """Restore the initial state: empty, or the scenario, which is loaded again.

        :raises ScenarioError: if the scenario has an error by now; nothing changes then.
        """
        with self.store.lock:
            before = take(self.store)
            self.store.reset(*self._begin)
            if self.scenario is not None:
                try:
                    self.add_scenario(self.scenario)
                except ScenarioError:
                    restore(before)
                    raise
            self.journal.clear()

    def set_base_url(self, url: str) -> None:
        """Set the address of the fake: ``result_url`` starts with it unless the fake has another one."""
        base_url = checks.address("url", url)
        if self._results_url is None:
            self.store.move_results(base_url + RESULTS_PATH)
