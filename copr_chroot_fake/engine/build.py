"""A build of a package in a project, and what happens to all of its chroots."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, NamedTuple

from ..errors import EventError
from ..model import defaults as made_up
from ..model.lifecycle import couples_chroots
from ..model.project import SOURCES, Project, Submission
from ..model.source_states import BEFORE_THE_END, SOURCE_STATES, source_of
from ..model.states import State, StateName, parse_state
from ..validation import checks
from . import build_state as summary
from .chroot import BuildChroot
from .chroot_lifecycle import Moment

if TYPE_CHECKING:
    from .agenda import Agenda
    from .chroot_lifecycle import LivingChroot
    from .store import Store

CANCEL_SECONDS = 10
"""How long the backend takes at most to confirm that a chroot is canceled, in seconds."""


def confirmation_due(canceled_on: float) -> float:
    """By when the backend confirms a cancellation, as a Unix time that Copr can store."""
    return min(canceled_on + CANCEL_SECONDS, checks.LARGEST_INTEGER)


class Cancellation(NamedTuple):
    """A user has canceled the build; the backend confirms it for each chroot, by this Unix time at the latest."""

    confirmed_by: float


class SavedBuild(NamedTuple):
    """Everything about a build that can change, and the chroots that it had."""

    cancellation: Cancellation | None
    source_state: State
    submission: Submission
    has_ever_lived: bool
    is_entangled: bool
    chroots: tuple[tuple[BuildChroot, Moment], ...]


class Build:
    """A build and its chroots, in the order of their database ids; ``memory_limit`` in MB, ``timeout`` in seconds."""

    __slots__ = (
        "_by_name",
        "_is_polled",
        "_source_state",
        "bootstrap",
        "cancellation",
        "chroots",
        "enable_net",
        "has_ever_lived",
        "id",
        "is_background",
        "is_entangled",
        "memory_limit",
        "package",
        "project",
        "project_dirname",
        "quiet_until",
        "rendered",
        "store",
        "submission",
        "timeout",
    )

    def __init__(
        self,
        id: int,
        project: Project,
        store: Store,
        *,
        project_dirname: str,
        package: str,
        memory_limit: int,
        timeout: int,
        enable_net: bool,
        is_background: bool,
        bootstrap: str | None,
        cancellation: Cancellation | None,
        submission: Submission,
    ) -> None:
        self.id = id
        self.project = project
        self.store = store
        self.project_dirname = project_dirname
        self.package = package
        self.memory_limit = memory_limit
        self.timeout = timeout
        self.enable_net = enable_net
        self.is_background = is_background
        self.bootstrap = bootstrap
        self.cancellation = cancellation
        self.submission = submission
        self.chroots: list[BuildChroot] = []
        self.has_ever_lived = False
        """Whether any of its chroots has had a life."""
        self.is_entangled = False
        """Whether what happens to one of its chroots can happen to all: it is canceled, deleted, or not there yet."""
        self._source_state = submission.source_state or State.SUCCEEDED
        self.rendered: bytes | None = None
        """What the API shows of it, kept until it changes."""
        self._by_name: dict[str, BuildChroot] = {}
        self.quiet_until = -math.inf
        """Until when nothing happens to it by itself."""
        self._is_polled = True
        """Whether one of its chroots may go on with the next poll."""

    @property
    def source_state(self) -> State:
        """The state of its source build, as far as anybody has looked; it can be set.

        :raises InputError: for what is not a state.
        """
        return self._source_state

    @source_state.setter
    def source_state(self, state: State | StateName) -> None:
        self.forget_rendered()
        self._source_state = parse_state("source_state", state)

    @property
    def state(self) -> State:
        """The state of the build as a whole, as Copr derives it from its source and its chroots."""
        self.catch_up()
        return summary.state_of(self.is_canceled, self.source_state, {chroot.state for chroot in self.there})

    @property
    def started_on(self) -> int | None:
        """When the first of its chroots started, as a Unix time; ``None`` before that."""
        return summary.earliest(chroot.started_on for chroot in self.there)

    @property
    def ended_on(self) -> int | None:
        """When the last of its chroots ended, as a Unix time; ``None`` while one of them has no end."""
        return summary.latest(chroot.ended_on for chroot in self.there)

    @property
    def there(self) -> list[BuildChroot]:
        """The chroots that Copr knows it has by now."""
        return [chroot for chroot in self.chroots if not chroot.is_absent] if self.is_entangled else self.chroots

    @property
    def results_url(self) -> str:
        """The address below which its chroots' results are."""
        return f"{self.store.results_root}/{self.project.ownername}/{self.project_dirname}"

    def moved_submission(self, before: str, after: str) -> Submission:
        """Its submission once the results are elsewhere: its source package moves along, if it is among them."""
        package = self.submission.source_package
        moved = package.moved(before, after)
        return self.submission if moved is package else self.submission._replace(source_package=moved)

    @property
    def result_dir(self) -> str:
        """The name of its chroots' result directories by default."""
        return made_up.result_dir(self.id, self.package)

    @property
    def source_result_dir(self) -> str:
        """The name of the result directory of its source build."""
        return self.submission.source_result_dir or made_up.source_result_dir(self.id)

    @property
    def source_results_url(self) -> str:
        """The address of that directory, without the slash at its end."""
        return f"{self.results_url}/{SOURCES}/{self.source_result_dir}"

    @property
    def canceled(self) -> bool:
        """Whether a user has canceled it, which its chroots need not show yet."""
        self.catch_up()
        return self.is_canceled

    @property
    def is_canceled(self) -> bool:
        """The same, as far as anybody has looked."""
        return self.cancellation is not None

    @property
    def confirmed_by(self) -> float | None:
        return None if self.cancellation is None else self.cancellation.confirmed_by

    @property
    def is_finished(self) -> bool:
        """Whether each of its chroots has ended, or its source where it has none."""
        self.catch_up()
        if not self.chroots:
            return self.source_state.is_final
        return all(chroot.state.is_final for chroot in self.chroots)

    def add_chroot(self, chroot: BuildChroot) -> None:
        self.chroots.append(chroot)
        self._by_name[chroot.name] = chroot
        if chroot.life is not None:
            self.has_ever_lived = True
            self.is_entangled |= couples_chroots(chroot.life.plan)
            if self.submission.source_state is None and not self.is_known:
                self.source_state = min(self.source_state, source_of(chroot.life.stage.state), key=SOURCE_STATES.index)
        self.forget_rendered()

    def undo_added_chroots(self) -> Callable[[], None]:
        """Return what makes it again as it is now, after chroots were added."""
        number, cancellation, source_state = len(self.chroots), self.cancellation, self._source_state
        has_ever_lived, is_entangled = self.has_ever_lived, self.is_entangled

        def undo() -> None:
            del self.chroots[number:]
            self._by_name = {chroot.name: chroot for chroot in self.chroots}
            self.forget_rendered()
            self.cancellation, self._source_state = cancellation, source_state
            self.has_ever_lived, self.is_entangled = has_ever_lived, is_entangled

        return undo

    def save(self) -> SavedBuild:
        """Everything about it that can change, for :meth:`restore`."""
        return SavedBuild(
            self.cancellation,
            self.source_state,
            self.submission,
            self.has_ever_lived,
            self.is_entangled,
            tuple((chroot, chroot.moment()) for chroot in self.chroots),
        )

    def restore(self, saved: SavedBuild) -> None:
        """Restore it with the same chroot objects, whichever chroots it has had since."""
        self.chroots[:] = [chroot for chroot, _ in saved.chroots]
        self._by_name = {chroot.name: chroot for chroot in self.chroots}
        for chroot, moment in saved.chroots:
            chroot.restore(moment)
        self.cancellation = saved.cancellation
        self.submission = saved.submission
        self.has_ever_lived = saved.has_ever_lived
        self.is_entangled = saved.is_entangled
        self.source_state = saved.source_state

    def forget_rendered(self) -> None:
        """Drop what was worked out about it, as it or its chroots have changed."""
        if self.has_ever_lived:
            self.agenda.noted[self] = None
        self.rendered = None
        self.quiet_until = -math.inf
        self._is_polled = True

    @property
    def names(self) -> Collection[str]:
        """The names of its chroots, in their order."""
        return self._by_name.keys()

    def find(self, chrootname: str) -> BuildChroot | None:
        """The chroot of that name; ``None`` where the build has none."""
        return self._by_name.get(chrootname)

    def __getitem__(self, chrootname: str) -> BuildChroot:
        """The chroot of that name.

        :raises KeyError: naming the chroots that the build has.
        """
        name = checks.plain_text(chrootname)
        chroot = None if name is None else self._by_name.get(name)
        if chroot is None:
            has = checks.listing(self._by_name) or "no chroots"
            raise KeyError(f"build {self.id} has no chroot {checks.shown(chrootname)}; it has {has}")
        return chroot

    def __iter__(self) -> Iterator[BuildChroot]:
        # Those that are there now, as others may be added meanwhile.
        return iter(self.chroots.copy())

    def __repr__(self) -> str:
        return f"<Build {self.id} {self.package} in {self.project}>"

    def cancel(self) -> None:
        """Cancel it, as a user does; its chroots stay as they are until the backend confirms that.

        For a chroot that lives, that is its next step, or with the clock at most 10 seconds later.

        :raises EventError: if it is finished or canceled already.
        """
        with self.store.lock:
            self.catch_up()
            if self.is_canceled or self.is_finished:
                raise EventError(f"build {self.id} is {'canceled' if self.is_canceled else 'finished'} already")
            self.mark_canceled(self.store.clock.now())

    def mark_canceled(self, now: float) -> None:
        self.forget_rendered()
        self.cancellation = self.cancellation or Cancellation(confirmation_due(now))

    def advance(self) -> int:
        """Let each chroot go on that is not fixed, held, stuck or at its end; returns how many did."""
        with self.store.lock:
            going = [chroot for chroot in self.chroots if chroot.can_advance]
            for chroot in going:
                if chroot.can_advance:
                    chroot.advance()
            return len(going)

    def finish(self) -> None:
        """Let each chroot go on to the end of its life; one that is held, stuck or fixed stays."""
        with self.store.lock:
            while self.advance():
                pass

    def look(self, counts: bool) -> None:
        """An answer shows it and so all of its chroots; ``counts`` says whether that is a poll."""
        self.catch_up()
        if not (counts and self._is_polled and self.has_ever_lived):
            return
        for chroot in self.chroots:
            chroot.look(counts)
        self._is_polled = any(chroot.counts_polls for chroot in self.chroots)

    def catch_up(self) -> None:
        """Let everything happen to it that is due on the clock, in the order in which it was due."""
        if not self.has_ever_lived or self.store.clock.now() < self.quiet_until:
            return
        with self.store.lock:
            self._catch_up(self.store.clock.now())
            self.quiet_until = min((chroot.next_due for chroot in self.chroots), default=math.inf)

    def _catch_up(self, now: float) -> None:
        while True:
            cancellation = self.cancellation
            # One after the other in time, as the first of them tells where the source build has got to.
            queue = [(chroot.due or 0, at) for at, chroot in enumerate(self.chroots) if chroot.is_due(now)]
            heapify(queue)
            while queue and self.cancellation is cancellation:
                chroot = self.chroots[queue[0][1]]
                chroot.step()
                if chroot.is_due(now):
                    heapreplace(queue, (chroot.due or 0, queue[0][1]))
                else:
                    heappop(queue)
            if self.cancellation is cancellation:
                return

    @property
    def agenda(self) -> Agenda:
        """Where the store has noted when something happens to it."""
        return self.store.entangled_agenda if self.is_entangled else self.store.agenda

    def only_changed(self, chroot: LivingChroot, quiet_until: float, cancellation: Cancellation | None) -> None:
        """Go on with what was known before one chroot changed: until when nothing happens to any other.

        Without this, to change each of many chroots would look at all of them each time.
        """
        if self.cancellation is cancellation:
            self.quiet_until = min(quiet_until, chroot.next_due)

    @property
    def is_in_order(self) -> bool:
        """Whether what happens to its chroots has to happen in the order of time, across all of them."""
        return self.is_entangled or self.source_state in BEFORE_THE_END

    @property
    def is_known(self) -> bool:
        """Whether the service has it: it has been added, and not been deleted."""
        return self.store.builds.get(self.id) is self

    def remove(self) -> None:
        """Delete it from the service, which answers 404 for it from then on."""
        with self.store.lock:
            self.store.remove(self)
