"""A build of a package in a project, and what happens to all of its chroots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import EventError
from .chroot import BuildChroot
from .projects import Project, Submission

if TYPE_CHECKING:
    from .store import Store

CANCEL_SECONDS = 10
"""How long the backend takes at most to confirm that a chroot is canceled, in seconds."""


class Build:
    """A build; ``memory_limit`` in MB, ``timeout`` in seconds; chroots in the order of their database ids."""

    __slots__ = (
        "_by_name",
        "bootstrap",
        "canceled",
        "chroots",
        "comes_and_goes",
        "enable_net",
        "id",
        "is_background",
        "lives",
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
        canceled: bool,
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
        self.canceled = canceled
        self.submission = submission
        self.results_url = f"{store.results_root}/{project.ownername}/{project_dirname}"
        self.chroots: list[BuildChroot] = []
        self.lives = False
        """Whether any of its chroots has ever had a life."""
        self.comes_and_goes = False
        """Whether the life of a chroot has a stage in which it, or the whole build, is not there."""
        self._by_name: dict[str, BuildChroot] = {}

    @property
    def result_dir(self) -> str:
        """The name of its chroots' result directories, where none is said."""
        return f"{self.id:08d}-{self.package}"

    @property
    def is_finished(self) -> bool:
        return all(chroot.state.is_final for chroot in self.chroots)

    def add_chroot(self, chroot: BuildChroot) -> None:
        self.chroots.append(chroot)
        self._by_name[chroot.name] = chroot
        if chroot.life is not None:
            self.lives = True
            self.comes_and_goes |= any(stage.state in ("absent", "deleted") for stage in chroot.life.plan)

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

        Those that live are confirmed on their next step, at most 10 seconds later by clock.

        :raises EventError: if it is finished or canceled already.
        """
        with self.store.lock:
            if self.canceled or self.is_finished:
                raise EventError(f"build {self.id} is {'canceled' if self.canceled else 'finished'} already")
            self.mark_canceled(self.store.clock.now())

    def mark_canceled(self, now: float) -> None:
        if not self.canceled:
            self.canceled = True
            for chroot in self.chroots:
                chroot.confirm_cancel_by(now + CANCEL_SECONDS)

    def confirm_cancel_of_stuck(self, now: float) -> None:
        """In a build that comes canceled, what would never end does; the rest is confirmed at the end of its stage."""
        for chroot in self.chroots:
            if chroot.life is not None and chroot.life.due is None:
                chroot.confirm_cancel_by(now + CANCEL_SECONDS)

    def advance(self) -> int:
        """Let each chroot go on to its next stage, except those that are fixed, held, stuck or ended; how many did."""
        with self.store.lock:
            going = [chroot for chroot in self.chroots if chroot.can_advance]
            for chroot in going:
                if chroot.can_advance:
                    chroot.advance()
            return len(going)

    def catch_up(self) -> None:
        """Let everything happen to it that is due on the clock."""
        for chroot in self.chroots:
            chroot.catch_up()

    def remove(self) -> None:
        """Delete it from the service, which answers 404 for it from then on."""
        with self.store.lock:
            self.store.builds.pop(self.id, None)
            self.store.removed.add(self.id)
