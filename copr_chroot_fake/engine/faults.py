"""The faults of a fake, and which of them affects a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple, NoReturn

from ..errors import ArgumentError
from ..excerpt import line
from ..model.fault import Fault, FaultLike, FaultSpec, dump_fault, parse_fault
from ..validation import checks
from ..wire.answer import Answer, Delivery
from . import fault_effects as effects
from .clock import Clock
from .counted import CountedItems, count
from .lock import Lock


class Subject(NamedTuple):
    """The properties of a request that faults select by."""

    endpoint: str | None
    build_id: int | None
    chrootname: str | None


class Hit(NamedTuple):
    """The effect of a fault on one request."""

    fault: Fault
    fault_id: int
    endpoint: str | None
    delivery: Delivery | None

    @property
    def instead(self) -> Answer | None:
        """The response to a request that does not reach Copr; ``None`` if it does."""
        if not self.fault.blocks_request:
            return None
        return effects.answer_instead(self.fault, self.endpoint)._replace(delivery=self.delivery)

    def change(self, answer: Answer) -> Answer:
        """Return Copr's response as the fault changes it."""
        return effects.change(self.fault, answer)._replace(delivery=self.delivery)


@dataclass(repr=False)
class ActiveFault:
    """A fault that was added to a fake.

    :param added_at: the Unix time on the fake's clock when it was added.
    :param seen: the number of requests so far that match it.
    :param hits: the number of those that it has affected.
    """

    id: int
    fault: Fault
    added_at: float
    seen: int = 0
    hits: int = 0

    def __repr__(self) -> str:
        return f"<ActiveFault {self.id}: {self.fault}>"

    def matches(self, subject: Subject) -> bool:
        fault = self.fault
        return (
            fault.endpoint in (None, subject.endpoint)
            and fault.build_id in (None, subject.build_id)
            and fault.chrootname in (None, subject.chrootname)
        )

    def remaining(self, now: float) -> float | None:
        """Return for how many seconds it still lasts; ``None`` if it lasts until it is removed."""
        if self.fault.lasts is None:
            return None
        # The clock can have been moved back, which lets it last longer.
        return min(max(self.fault.lasts - (now - self.added_at), 0), checks.LARGEST_INTEGER)

    def spec(self, now: float) -> FaultSpec:
        """Return what adds the same fault again, with its counts, for the time that it still lasts."""
        fault = replace(self.fault, lasts=self.remaining(now))
        return FaultSpec(fault=fault, id=self.id, seen=self.seen, hits=self.hits)

    def hits_at(self, seen: int, now: float, random: Random) -> bool:
        """Whether it affects the ``seen``-th of the requests that match it."""
        fault = self.fault
        number = seen - (fault.after or 0)
        if number < 1 or self.remaining(now) == 0:
            return False
        if fault.nth is not None:
            return number == fault.nth
        if fault.first is not None:
            return number <= fault.first
        if fault.every is not None:
            return number % fault.every == 0
        return fault.probability is None or random.random() < fault.probability


class Faults(CountedItems[ActiveFault]):
    """The faults of a fake. If several affect a request, the one that was added first counts."""

    def __init__(self, seed: int, clock: Clock, lock: Lock) -> None:
        super().__init__(lock)
        self.seed = seed
        self._clock = clock

    def add(self, fault: FaultLike | None = None, **fields: NoReturn) -> ActiveFault:
        """Add a fault, which affects requests from now on.

        :raises InputError: naming the invalid field, and valid values.
        :raises ArgumentError: for fields of a fault as arguments.
        """
        if fields:
            values: Mapping[str, object] = fields
            given = line(", ".join(f"{name}={checks.excerpt(value)}" for name, value in values.items()))
            raise ArgumentError(f"add takes a Fault or a mapping: Fault({given}), or {checks.excerpt(fields)}")
        return self.add_written(parse_fault("fault", fault))

    def add_written(self, written: FaultSpec) -> ActiveFault:
        """Add a parsed fault; it gets another id if another fault has its own."""
        with self.lock:
            number, now = self._give_id(written.id), self._clock.now()
            added = ActiveFault(number, written.fault, now, written.seen, written.hits)
            self.active[added.id] = added
            return added

    def remove(self, fault: int | ActiveFault) -> None:
        """Remove a fault, by its id or as returned by :meth:`add`.

        :raises InputError: if there is no such fault.
        """
        self._remove("fault", "id", fault, ActiveFault)

    def __repr__(self) -> str:
        return f"<Faults: {checks.counted(len(self), 'fault')}>"

    def strike(self, subject: Subject) -> Hit | None:
        """Return the effect of the first fault that affects a request; each fault that matches counts the request."""
        hit: Hit | None = None
        with self.lock:
            now = self._clock.now()
            for active in self:
                if not active.matches(subject):
                    continue
                seen = min(active.seen + 1, checks.LARGEST_INTEGER)
                # A generator for each request, so that its draws do not depend on others.
                random = Random(f"{self.seed}/fault {active.id}/{seen}")
                hits = hit is None and active.hits_at(seen, now, random)
                if hits:
                    hit = Hit(active.fault, active.id, subject.endpoint, effects.delivery(active.fault, random))
                count(active, hit=hits)
        return hit

    def write(self) -> list[dict[str, object]]:
        """Return objects that parse back to the same faults, with their counts, for the time that they still last."""
        with self.lock:
            now = self._clock.now()
            return [dump_fault(active.spec(now)) for active in self]
