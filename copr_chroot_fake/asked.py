"""The part of a fake that tells what it was asked, and asserts it; pytest shows no traceback of that."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from .validation import checks

if TYPE_CHECKING:
    # A server may never use it.
    from .engine.build import Build
    from .journal.journal import Journal, Request, UnmatchedRequests
    from .wire.routes import EndpointName


class Asked:
    """What a :class:`~copr_chroot_fake.FakeCopr` remembers of the requests that it has answered."""

    @property
    @abstractmethod
    def journal(self) -> Journal: ...

    @abstractmethod
    def _build(self, build_id: int) -> Build: ...

    @property
    def requests(self) -> list[Request]:
        """The latest requests, in the order of their answers: 10,000 by default, fewer if they take over 64 MB."""
        return self.journal.requests()

    def requests_after(self, number: int) -> list[Request]:
        """The requests that came after the one with that number."""
        return self.journal.requests(number)

    @property
    def unmatched(self) -> list[UnmatchedRequests]:
        """The remembered requests that matched nothing, by method and target, in the order of each one's first."""
        return self.journal.unmatched()

    def forget_requests(self) -> None:
        """Forget what was asked so far; faults keep counting."""
        self.journal.clear()

    def assert_requested(
        self,
        endpoint: EndpointName,
        *,
        build_id: int | None = None,
        chrootname: str | None = None,
        times: int | None = None,
    ) -> None:
        """Assert that an endpoint was asked, at least once or ``times`` times.

        :raises AssertionError: saying what was asked instead.
        """
        __tracebackhide__ = True
        self.journal.assert_requested(endpoint, build_id, chrootname, times)

    def assert_not_requested(
        self, endpoint: EndpointName, *, build_id: int | None = None, chrootname: str | None = None
    ) -> None:
        """Assert that an endpoint was not asked.

        :raises AssertionError: saying what was asked.
        """
        __tracebackhide__ = True
        self.journal.assert_requested(endpoint, build_id, chrootname, 0)

    def assert_polled_no_faster_than(
        self, seconds: float, *, build_id: int | None = None, chrootname: str | None = None
    ) -> None:
        """Assert that no build, chroot, list or page was looked at twice within so many seconds of the fake's clock.

        A page is the same one if it was asked for by the same arguments.

        :raises AssertionError: showing the two requests.
        """
        __tracebackhide__ = True
        self.journal.assert_polled_no_faster_than(checks.amount("seconds", seconds), build_id, chrootname)

    def assert_all_pages_read(self, build_id: int) -> None:
        """Assert that every chroot of a build was on some page of its list that was read.

        :raises AssertionError: naming the chroots that were not, and what was asked.
        """
        __tracebackhide__ = True
        self.journal.assert_all_pages_read(self._build(build_id))
