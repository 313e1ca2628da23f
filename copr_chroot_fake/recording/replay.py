"""Whether a scenario replays what was seen: it is let run, and looked at in the end."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ..client.results import ChrootStatus
from ..engine.chroot import BuildChroot
from ..engine.clock import VirtualClock
from ..engine.store import Store
from ..model.progress import Progress
from ..scenario.entries import Scenario
from ..scenario.load import read_batch
from ..validation.checks import LARGEST_INTEGER
from .observations import Answers, ChrootAnswers


def lives_otherwise(scenario: Scenario, answers: Answers) -> Iterator[str]:
    """The chroots that go on or end otherwise than they were seen to, a line each."""
    store = _lived_to_the_end(scenario)
    gone_through: dict[tuple[int, str], list[str]] = defaultdict(list)
    for change in store.changes:
        gone_through[change.build_id, change.chrootname].append(change.state.value)
    for build in answers.builds:
        if (build.gone_at is None) != (build.id in store.builds):
            yield f"build {build.id}: whether it is deleted in the end"
        elif build.gone_at is None:
            for chroot in store.builds[build.id].values():
                seen = build.chroots[chroot.name]
                went = gone_through[build.id, chroot.name]
                wrong = [*_ends_otherwise(chroot, seen.last), *_goes_otherwise(went, seen)]
                if wrong:
                    yield f"build {build.id}, {chroot.name}: replayed it {'; it '.join(wrong)}"


def _lived_to_the_end(scenario: Scenario) -> Store:
    clock = VirtualClock()
    store = Store(clock, Progress("clock"), 0)
    # All changes, and not only the latest, which are enough elsewhere: a mass rebuild has more.
    store.changes = deque()
    store.add(read_batch(scenario, store))
    clock.move_to(LARGEST_INTEGER)
    store.catch_up_all()
    return store


def _ends_otherwise(chroot: BuildChroot, seen: ChrootStatus) -> Iterator[str]:
    ends, wanted = _shown(chroot), _shown(seen)
    wrong = [f"{name} {ends[name]}, seen {wanted[name]}" for name in ends if ends[name] != wanted[name]]
    if wrong:
        yield f"ends with {', '.join(wrong)}"


def _goes_otherwise(went: Sequence[str], chroot: ChrootAnswers) -> Iterator[str]:
    states = [str(sighting.status.state) for sighting in chroot.sightings]
    goes_on = iter(went)
    # What was unseen may be in between.
    missed = [state for state, _ in groupby(states) if state not in goes_on]
    if went and missed:
        yield f"is never {missed[0]} when it was seen to be"


def _shown(chroot: BuildChroot | ChrootStatus) -> Mapping[str, object]:
    return {
        "state": str(chroot.state),
        "started_on": chroot.started_on,
        "ended_on": chroot.ended_on,
        "result_url": chroot.result_url,
    }
