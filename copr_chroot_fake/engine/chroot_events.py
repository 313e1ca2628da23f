"""The events that can happen to a build chroot, by the names that the table has for them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from ..model.machine import Event
from ..model.nevra import Nevra, PackageLike, parse_packages


class ChrootEvents:
    """One method for each event.

    Each happens now, or ``at`` a given Unix time. All raise
    :class:`~copr_chroot_fake.EventError` where the event cannot happen, and
    :class:`~copr_chroot_fake.InputError` for a time before the chroot's last one.
    """

    __slots__ = ()

    @abstractmethod
    def _happen(
        self,
        event: Event,
        at: int | None,
        *,
        result_dir: str | None = None,
        packages: tuple[Nevra, ...] | None = None,
    ) -> None: ...

    def begin_import(self, *, at: int | None = None) -> None:
        """waiting → importing."""
        self._happen(Event.IMPORT, at)

    def queue(self, *, at: int | None = None) -> None:
        """waiting or importing → pending."""
        self._happen(Event.QUEUE, at)

    def start(self, *, at: int | None = None, result_dir: str | None = None) -> None:
        """pending → starting, with a start and a result directory; never in a canceled build."""
        self._happen(Event.START, at, result_dir=result_dir)

    def run(self, *, at: int | None = None) -> None:
        """starting → running."""
        self._happen(Event.RUN, at)

    def succeed(self, packages: Iterable[PackageLike] | None = None, *, at: int | None = None) -> None:
        """starting or running → succeeded, with an end and its packages (made up by default)."""
        self._happen(Event.SUCCEED, at, packages=None if packages is None else parse_packages("packages", packages))

    def fail(self, *, at: int | None = None) -> None:
        """starting or running → failed, with an end; waiting or importing → failed, as a failed import leaves it."""
        self._happen(Event.FAIL, at)

    def skip(self, *, at: int | None = None) -> None:
        """waiting, importing or pending → skipped, started and ended at once."""
        self._happen(Event.SKIP, at)

    def reschedule(self, *, at: int | None = None) -> None:
        """starting or running → pending: its builder died. It keeps its start and loses its result directory."""
        self._happen(Event.RESCHEDULE, at)

    def confirm_cancel(self, *, at: int | None = None) -> None:
        """In a canceled build: what was not being built → canceled, without times; what was → failed."""
        self._happen(Event.CONFIRM_CANCEL, at)

    def fork(self, *, at: int | None = None) -> None:
        """waiting → forked, with a result directory and no times."""
        self._happen(Event.FORK, at)
