"""Whether a scenario replays what was seen: it is let run, and looked at in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ..builds.chroot import BuildChroot
from ..client.results import ChrootStatus
from ..fake import FakeCopr
from ..scenarios.entries import Scenario
from .answers import Answers, ChrootAnswers

LONG = 10 * 365 * 24 * 3600
"""Seconds in which any life that was recorded is over."""


def lives_otherwise(scenario: Scenario, answers: Answers) -> Iterator[str]:
    """The chroots that go on or end otherwise than they were seen to, a line each."""
    fake = FakeCopr.from_scenario(scenario, progress="clock")
    fake.clock.tick(LONG)
    gone_through: dict[tuple[int, str], list[str]] = defaultdict(list)
    for change in fake.changes:
        gone_through[change.build_id, change.chrootname].append(change.state.value)
    for build in answers.builds:
        if (build.gone_at is None) != (build.id in fake.builds):
            yield f"build {build.id}: whether it is deleted in the end"
        elif build.gone_at is None:
            for chroot in fake.builds[build.id]:
                seen = build.chroots[chroot.name]
                lives = gone_through[build.id, chroot.name]
                wrong = [*_ends_otherwise(chroot, seen.last), *_goes_otherwise(lives, seen)]
                if wrong:
                    yield f"build {build.id}, {chroot.name}: replayed it {'; it '.join(wrong)}"


def _ends_otherwise(chroot: BuildChroot, seen: ChrootStatus) -> Iterator[str]:
    ends = _fields(chroot.state, chroot.started_on, chroot.ended_on, chroot.result_url)
    wanted = _seen(seen)
    wrong = [f"{name} {ends[name]}, seen {wanted[name]}" for name in ends if ends[name] != wanted[name]]
    if wrong:
        yield f"ends with {', '.join(wrong)}"


def _goes_otherwise(lives: Sequence[str], chroot: ChrootAnswers) -> Iterator[str]:
    states = [str(sighting.status.state) for sighting in chroot.sightings]
    goes_on = iter(lives)
    # What was unseen may be in between.
    missed = [state for state, _ in groupby(states) if state not in goes_on]
    if lives and missed:
        yield f"is never {missed[0]} when it was seen to be"


def _seen(status: ChrootStatus) -> Mapping[str, object]:
    return _fields(status.state, status.started_on, status.ended_on, status.result_url)


def _fields(state: str, started_on: int | None, ended_on: int | None, result_url: str | None) -> Mapping[str, object]:
    return {"state": str(state), "started_on": started_on, "ended_on": ended_on, "result_url": result_url}
