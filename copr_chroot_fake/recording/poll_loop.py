"""Looking at builds: once, or again and again until they have ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..client.errors import ClientError
from .fetch import GoneError
from .recorder import Recorder
from .reporter import Reporter

MOST_FAILURES = 10
"""After how many failed rounds in a row it gives up."""


@dataclass
class Looking:
    """Who looks at which builds, and how often.

    :param keep: called each time that there is more to be kept.
    :param interval: seconds from the beginning of a round to that of the next; ``None`` for one round.
    :param now: the time, in seconds.
    :param sleep: what pauses for so many seconds.
    """

    recorder: Recorder
    ids: Sequence[int]
    keep: Callable[[], object]
    interval: float | None
    reporter: Reporter
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    wrong: dict[int, str] = field(default_factory=dict)
    """What is wrong with builds that are not there."""

    def run(self) -> None:
        """Look until there is nothing more to see.

        :raises ClientError: if they cannot be read at first, or for ten rounds in a row later.
        """
        began = self.now()
        self._look_first(math.inf if self.interval is None else began + self.interval)
        watched = [number for number in self.ids if number in self.recorder.taken]
        if self.interval is None:
            return
        failures = 0
        while self.recorder.unfinished(watched):
            self.sleep(max(0.0, began + self.interval - self.now()))
            began = self.now()
            try:
                self._look_again(watched, began + self.interval)
                failures = 0
            except ClientError as error:
                failures += 1
                if failures == MOST_FAILURES:
                    raise
                self.reporter.say(f"{error}; looking again in {self.interval:g} s")
                began = self.now()

    def _look_first(self, until: float) -> None:
        for number in self.ids:
            try:
                self.recorder.look(number, lambda: self.now() < until)
            except GoneError as error:
                self.wrong[number] = str(error)
            else:
                self.keep()

    def _look_again(self, watched: Sequence[int], until: float) -> None:
        has_changed = False
        try:
            for number in self.recorder.unfinished(watched):
                # Many chroots take longer to read than they may go unseen.
                has_changed |= self.recorder.look(number, lambda: self.now() < until)
        finally:
            if has_changed:
                self.keep()

    def missing(self) -> Iterator[str]:
        """What has not been seen, or not to its end, a line each."""
        for number in self.ids:
            taken = self.recorder.taken.get(number)
            if taken is None:
                yield self.wrong.get(number, f"build {number}: nothing of it has been read")
                continue
            if taken.unread:
                yield f"build {number}: {len(taken.unread)} of its {len(taken.sightings)} chroots"
            if self.interval is None and taken.gone_at is not None:
                yield f"build {number}: it was deleted while it was read"
            elif self.interval is not None and not taken.is_finished:
                yield f"build {number}: how it ends"
