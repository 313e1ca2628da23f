"""A build of a package in a project, and what happens to all of its chroots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..errors import EventError
from ..lives.lifecycle import is_entangling
from .chroot import BuildChroot
from .projects import Project, Submission

if TYPE_CHECKING:
    from .store import Store

CANCEL_SECONDS = 10
"""How long the backend takes at most to confirm that a chroot is canceled, in seconds."""


class Cancellation(NamedTuple):
    """A user has canceled the build, which the backend confirms by a time (Unix) for each of its chroots."""

    confirmed_by: float


class Build:
    """A build; ``memory_limit`` in MB, ``timeout`` in seconds; chroots in the order of their database ids."""

    __slots__ = (
        "_by_name",
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
        "results_url",
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
        self.results_url = f"{store.results_root}/{project.ownername}/{project_dirname}"
        self.chroots: list[BuildChroot] = []
        self.has_ever_lived = False
        """Whether any of its chroots has had a life."""
        self.is_entangled = False
        """Whether what happens to one of its chroots can happen to all: it is canceled, deleted, or not there yet."""
        self._by_name: dict[str, BuildChroot] = {}

    @property
    def result_dir(self) -> str:
        """The name of its chroots' result directories, where none is said."""
        return f"{self.id:08d}-{self.package}"

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
        self.catch_up()
        return all(chroot.state.is_final for chroot in self.chroots)

    def add_chroot(self, chroot: BuildChroot) -> None:
        self.chroots.append(chroot)
        self._by_name[chroot.name] = chroot
        if chroot.life is not None:
            self.has_ever_lived = True
            self.is_entangled |= is_entangling(chroot.life.plan)

    def forget_chroots(self, number: int) -> None:
        """Keep only so many chroots, those that were added first."""
        del self.chroots[number:]
        self._by_name = {chroot.name: chroot for chroot in self.chroots}

    def find(self, chrootname: str) -> BuildChroot | None:
        return self._by_name.get(chrootname)

    def __getitem__(self, chrootname: str) -> BuildChroot:
        """The chroot of that name.

        :raises KeyError: naming the chroots that the build has.
        """
        chroot = self._by_name.get(chrootname)
        if chroot is None:
            has = ", ".join(self._by_name) or "no chroots"
            raise KeyError(f"build {self.id} has no chroot {chrootname!r}; it has {has}")
        return chroot

    def __iter__(self) -> Iterator[BuildChroot]:
        return iter(self.chroots)

    def __repr__(self) -> str:
        return f"<Build {self.id} {self.package} in {self.project}>"

    def cancel(self) -> None:
        """Cancel it, as a user does: its chroots stay as they are until the backend confirms that.

        Those that live are confirmed with their next step, by clock at most 10 seconds later.

        :raises EventError: if it is finished or canceled already.
        """
        with self.store.lock:
            self.catch_up()
            if self.is_canceled or self.is_finished:
                raise EventError(f"build {self.id} is {'canceled' if self.is_canceled else 'finished'} already")
            self.mark_canceled(self.store.clock.now())

    def mark_canceled(self, now: float) -> None:
        self.cancellation = self.cancellation or Cancellation(now + CANCEL_SECONDS)

    def advance(self) -> int:
        """Let each chroot go on to its next stage, except those that are fixed, held, stuck or ended; how many did."""
        with self.store.lock:
            going = [chroot for chroot in self.chroots if chroot.can_advance]
            for chroot in going:
                if chroot.can_advance:
                    chroot.advance()
            return len(going)

    def finish(self) -> None:
        """Let each chroot go on as far as its life goes: one that is held, stuck or fixed stays."""
        with self.store.lock:
            while self.advance():
                pass

    def catch_up(self) -> None:
        """Let everything happen to it that is due on the clock, in the order in which it was due."""
        if not self.has_ever_lived:
            return
        with self.store.lock:
            now = self.store.clock.now()
            if not self.is_entangled:
                for chroot in self.chroots:
                    chroot.catch_up()
                return
            while True:
                due = [chroot for chroot in self.chroots if chroot.is_due(now)]
                if not due:
                    return
                min(due, key=lambda chroot: chroot.due or 0).step()

    def remove(self) -> None:
        """Delete it from the service, which answers 404 for it from then on."""
        with self.store.lock:
            self.store.remove(self)
