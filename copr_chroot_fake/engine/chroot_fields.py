"""What the service has written down of a build chroot, and how an event changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..errors import EventError
from ..model import defaults as made_up
from ..model.machine import Event, Stamp, find_transition, possible_events
from ..model.nevra import Nevra
from ..model.source_states import source_after
from ..model.states import State

if TYPE_CHECKING:
    from .build import Build
    from .lifecycle_run import Life


class Given(NamedTuple):
    """What is answered as it was given, where that is so, and nothing derived."""

    result_url: str | None = None
    build_config: Mapping[str, object] | None = None


class Change(NamedTuple):
    """A build chroot has come into a state, at a Unix time."""

    at: int
    build_id: int
    chrootname: str
    state: State


class ChrootRecord:
    """A chroot as the service has it now; whether it should have gone on by now is another matter."""

    __slots__ = (
        "_build",
        "_ended_on",
        "_given",
        "_name",
        "_packages",
        "_result_dir",
        "_started_on",
        "_state",
        "life",
        "rendered",
        "was_canceled",
    )

    def __init__(
        self,
        build: Build,
        name: str,
        state: State,
        *,
        started_on: int | None = None,
        ended_on: int | None = None,
        result_dir: str = "",
        packages: tuple[Nevra, ...] = (),
        given: Given | None = None,
    ) -> None:
        self._build = build
        self._name = name
        self._state = state
        self._started_on = started_on
        self._ended_on = ended_on
        self._result_dir = result_dir
        self._packages = packages
        self._given = given
        self.life: Life | None = None
        """What it still goes through; ``None`` where its state is fixed, or it has ended."""
        self.rendered: bytes | None = None
        """What the API shows of it, kept until it changes."""
        self.was_canceled = False
        """Whether it was canceled while it was being built, which as an end is no other than failed."""

    @property
    def build(self) -> Build:
        return self._build

    @property
    def name(self) -> str:
        return self._name

    @property
    def given(self) -> Given:
        return self._given or Given()

    @property
    def latest(self) -> int:
        """The last time that is written down."""
        return max(self._started_on or 0, self._ended_on or 0)

    def apply(
        self,
        event: Event,
        now: int,
        *,
        result_dir: str,
        packages: tuple[Nevra, ...] | None,
        without: frozenset[Stamp] = frozenset(),
    ) -> None:
        """Let an event happen: the state it leads to, and what it stamps.

        :raises EventError: naming the chroot, its state and what would be possible.
        """
        transition = find_transition(event, self._state, self._build.is_canceled)
        if transition is None:
            possible = ", ".join(possible_events(self._state, self._build.is_canceled)) or "nothing"
            raise EventError(f"{self.described()}: {event} is not possible; possible: {possible}")
        self.was_canceled = event is Event.CONFIRM_CANCEL
        self.stamp(
            transition.target, [stamp for stamp in transition.stamps if stamp not in without], now, result_dir, packages
        )

    def stamp(
        self,
        state: State,
        stamps: list[Stamp],
        now: int,
        result_dir: str,
        packages: tuple[Nevra, ...] | None,
    ) -> None:
        for stamp in stamps:
            if stamp is Stamp.STARTED_ON:
                # What starts again has not ended yet.
                self._started_on, self._ended_on = now, None
            elif stamp is Stamp.ENDED_ON:
                self._ended_on = now
            elif stamp is Stamp.RESULT_DIR:
                self._result_dir = result_dir
            elif stamp is Stamp.NO_RESULT_DIR:
                self._result_dir = ""
            elif packages is None:
                self._packages = made_up.packages(self._name, self._build.package)
            else:
                self._packages = packages
        self.put_into(state, now)

    def put_into(self, state: State, now: int) -> None:
        """Be in a state from a time on, whatever has led there."""
        build = self._build
        build.source_state = source_after(build.source_state, self._state, state)
        self._state = state
        self.forget_rendered()
        if build.is_known:
            build.store.changes.append(Change(now, build.id, self._name, state))

    def forget_rendered(self) -> None:
        """It shows something else now, and so may its build."""
        self.rendered = None
        self._build.forget_rendered()

    def described(self) -> str:
        canceled = " in a canceled build" if self._build.is_canceled else ""
        return f"build {self._build.id}, {self._name} is {self._state}{canceled}"
