"""The report of a comparison: a table of endpoints, each class of differences with an example, as text or JSON."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import NamedTuple

from ..cli_output import printable
from ..validation import checks
from ..version import COPR_VERSION
from .comparison import Response
from .differences import Difference, DifferenceClass, classify
from .sending import DELIVERED, MESSAGE, NO_RESPONSE, Question

MAX_DIFF = 40
"""The number of lines of a diff in the text."""


class Count(NamedTuple):
    """The requests to an endpoint."""

    endpoint: str
    requests: int
    different: int


@dataclass
class Report:
    """The result of a comparison.

    :param url: the address of Copr.
    :param asked: the number of requests by endpoint.
    :param notes: what could not be compared.
    """

    url: str
    asked: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __iadd__(self, other: Report) -> Report:
        self.asked += other.asked
        self.differences += other.differences
        self.notes += other.notes
        return self

    @property
    def classes(self) -> Sequence[DifferenceClass]:
        return classify(self.differences)

    @property
    def counts(self) -> list[Count]:
        different = Counter(difference.endpoint for difference in self.differences)
        return [Count(endpoint, number, different[endpoint]) for endpoint, number in self.asked.items()]

    def text(self) -> str:
        """Return the report for people."""
        return "\n".join(map(printable, self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.url} compared with the fake of Copr {COPR_VERSION}"
        yield ""
        width = max(map(len, [*self.asked, "endpoint"]))
        yield f"{'endpoint':{width}}  requests     equal  different"
        total = Count("all", self.asked.total(), len(self.differences))
        for endpoint, requests, different in [*self.counts, total]:
            yield f"{endpoint:{width}}  {requests:8,}  {requests - different:8,}  {different:9,}"
        for number, found in enumerate(self.classes, 1):
            yield from self._describe(number, found)
        if self.notes:
            yield from ["", "Not compared:", *(f"  {note}" for note in self.notes)]

    def _describe(self, number: int, found: DifferenceClass) -> Iterator[str]:
        smallest = found.smallest
        yield ""
        requests = checks.counted(len(found.differences), "request")
        yield f"{number}. {title(found)} ({requests}: {', '.join(found.endpoints)})"
        yield f"   {curl(self.url, smallest.question)}"
        lines = diff(smallest)
        yield from (f"   {line}" for line in lines[:MAX_DIFF])
        if len(lines) > MAX_DIFF:
            yield f"   … {checks.counted(len(lines) - MAX_DIFF, 'more line')}"

    def document(self) -> Mapping[str, object]:
        """Return the report as JSON."""
        return {
            "url": self.url,
            "copr_version": COPR_VERSION,
            "endpoints": [{**count._asdict(), "equal": count.requests - count.different} for count in self.counts],
            "differences": [
                {
                    "title": title(found),
                    "requests": len(found.differences),
                    "endpoints": found.endpoints,
                    "smallest": {
                        "method": found.smallest.question.method,
                        "target": found.smallest.question.target,
                        "headers": dict(found.smallest.question.headers),
                        "parts": found.smallest.parts,
                        "copr": _response(found.smallest.copr),
                        "fake": _response(found.smallest.fake),
                    },
                    "diff": diff(found.smallest),
                    "curl": curl(self.url, found.smallest.question),
                }
                for found in self.classes
            ],
            "notes": self.notes,
        }


def title(found: DifferenceClass) -> str:
    """Return what is different, in a few words."""
    return ", ".join(sorted(found.signs))


def curl(url: str, question: Question) -> str:
    """Return a command that sends a request; a login is that of the variables COPR_LOGIN and COPR_TOKEN.

    For a message, return what it is about.
    """
    if question.method == MESSAGE:
        return question.target
    words = ["curl", "--include", "--path-as-is"]
    if question.method != "GET":
        words += ["--head"] if question.method == "HEAD" else ["--request", question.method]
    has_login = False
    for name, value in question.headers:
        if name == "Authorization":
            has_login = True
        else:
            words += ["--header", f"{name}: {value}"]
    if question.body:
        words += ["--data-binary", question.body.decode(errors="backslashreplace")]
    command = shlex.join([*words, f"{url}{question.target}"])
    return command.replace("curl", 'curl --user "$COPR_LOGIN:$COPR_TOKEN"', 1) if has_login else command


def diff(difference: Difference) -> list[str]:
    """Return the lines in which the response of the fake differs from Copr's."""
    before, now = _lines_of(difference.fake), _lines_of(difference.copr)
    return [*unified_diff(before, now, "fake", "Copr", n=2, lineterm="")]


def _lines_of(response: Response) -> list[str]:
    shown = ("content-type", "allow", "warning")
    headers = [f"{name}: {response.headers[name]}" for name in shown if name in response.headers]
    text = response.body.decode(errors="backslashreplace")
    try:
        document = json.dumps(json.loads(text), indent=2)
    except ValueError:
        document = text
    status = {NO_RESPONSE: "nothing", DELIVERED: "delivered"}.get(response.status, str(response.status))
    # The size shows a difference in white space.
    return [status, *headers, f"{len(response.body)} bytes", *document.splitlines()]


def _response(response: Response) -> Mapping[str, object]:
    body = response.body.decode(errors="replace")
    return {"status": response.status, "headers": dict(response.headers), "body": body}
