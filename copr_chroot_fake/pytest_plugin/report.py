"""The report of a failed test: its tracebacks, and the sections about its fakes. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import pytest

from ..engine.faults import ActiveFault
from ..engine.submission_rules import SubmissionRule
from ..errors import CoprFakeError, PollLoopError
from ..fake import FakeCopr
from ..journal.request import MAX_LATEST, describe, fold, group_equal, latest
from ..validation import checks
from ..validation.spec import dump
from .support import FAKES, GUARD

_PACKAGE = str(Path(__file__).parents[1])

UNMATCHED = "Unmatched Copr requests"

_MAX_LINES = 20
"""The maximum number of lines of every other section."""


def sections(item: pytest.Item, text: str) -> Iterator[tuple[str, str]]:
    """Yield titles and texts about the fakes of a failed test, unless its report has them already.

    :param text: the report.
    """
    fakes = [fake for fake, _ in item.stash.get(FAKES, [])]
    hits = [fault for fake in fakes for fault in fake.faults if fault.hits]
    unused = [_describe_rule(rule, fake) for fake in fakes for rule in fake.submission_rules if not rule.hits]
    found = (
        ("Latest Copr requests", [line for fake in fakes for line in latest(fake.requests)]),
        ("Earlier Copr requests with errors", _shortened(_earlier_errors(fakes), "requests")),
        (UNMATCHED, [*_unmatched(fakes), *_missing_chroots(fakes)]),
        ("Faults that hit Copr requests", _shortened([_describe_fault(fault) for fault in hits], "faults")),
        ("Submission rules that never matched", _shortened(unused, "rules")),
    )
    for title, lines in found:
        if lines and not all(line in text for line in lines):
            yield title, "\n".join(lines)


def hidden_problems(item: pytest.Item) -> list[str]:
    """Return the problems for which a passed test fails, because its code may have caught the errors.

    Contacts with Copr's real hosts come first, then endless loops, then unmatched requests to strict fakes.
    """
    fakes = item.stash.get(FAKES, [])
    contacts = item.stash[GUARD].problems if GUARD in item.stash else []
    loops = [fake.service.store.poll_loops.sent for fake, _ in fakes]
    unmatched = _unmatched([fake for fake, options in fakes if options.strict])
    return contacts or [*filter(None, loops)] or ([f"{UNMATCHED}:", *unmatched] if unmatched else [])


def _earlier_errors(fakes: Sequence[FakeCopr]) -> list[str]:
    """Return a line for each kind of failed request, except the latest and the unmatched ones."""
    requests = [request for fake in fakes for group in fold(fake.requests)[:-MAX_LATEST] for request in group]
    failed = (request for request in requests if request.matched and not 200 <= request.status < 400)
    return [describe(group, with_time=False) for group in group_equal(failed)]


def _unmatched(fakes: Sequence[FakeCopr]) -> list[str]:
    """Return a line with the near miss for each unmatched target."""
    return _shortened([str(requests) for fake in fakes for requests in fake.unmatched], "targets")


def _missing_chroots(fakes: Sequence[FakeCopr]) -> list[str]:
    return _shortened([line for fake in fakes for line in fake.service.journal.missing_chroots()], "projects")


def _describe_fault(active: ActiveFault) -> str:
    options = ", ".join(f"{name}={checks.excerpt(value)}" for name, value in dump(active.fault).items())
    return f"fault {active.id}: {options}; hit {active.hits} of {active.seen} matching requests"


def _describe_rule(rule: SubmissionRule, fake: FakeCopr) -> str:
    if rule.seen:
        return f"{rule} (builds that match apart from nth: {rule.seen})"
    closest = rule.closest(fake.builds.values())
    return f"{rule}; closest: {closest}" if closest else str(rule)


def _shortened(lines: list[str], kind: str) -> list[str]:
    more = len(lines) - _MAX_LINES
    return [*lines[:_MAX_LINES], f"… and {more} more {kind}"] if more > 0 else lines


def trim_traceback(error: BaseException) -> None:
    """Remove the kit's own lines from the end of the traceback, if it is one of the kit's errors."""
    last = _last_user_line(error.__traceback__)
    if last is not None and isinstance(error, (CoprFakeError, PollLoopError)):
        last.tb_next = None


def _last_user_line(traceback: TracebackType | None) -> TracebackType | None:
    last = None
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            last = traceback
        traceback = traceback.tb_next
    return last
