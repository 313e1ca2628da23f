"""A sequence of requests that write: compared with the fake step by step, saved, and compared again from the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from ..atomic_file import replace_file
from ..fake import FakeCopr
from .comparison import Exchange, Response
from .login import Login
from .report import Report
from .sending import Question
from .steps import Step
from .verify import Progress, ask_fake, endpoint_of, find_difference, to_exchange

WRITTEN = "written.jsonl"
"""The file that a comparison saves."""


class Start(NamedTuple):
    """What there is when the sequence starts.

    :param user: the name of the user who sends the requests.
    :param chroots: the names of Copr's chroots.
    :param names: what the placeholders of the steps mean.
    """

    user: str
    chroots: Sequence[str]
    names: Mapping[str, str]


def compare_steps(
    steps: Sequence[Step],
    send: Callable[[Question], Response],
    start: Start,
    login: Login,
    report: Report,
    progress: Progress,
) -> tuple[Report, Sequence[tuple[Step, Exchange]]]:
    """Send steps to Copr and to a new fake; return the report, and Copr's responses."""
    fake, owner = FakeCopr(default_limit=None, progress="manual"), start.names["owner"]
    fake.add_mock_chroots(*start.chroots)
    fake.add_account(start.user, _FAKES.login, _FAKES.token, groups=[owner] if owner.startswith("@") else [])
    ids = _Ids()
    exchanges = []
    shown = progress([step.question(start.names, login) for step in steps])
    for _, step in zip(shown, steps, strict=True):
        sent = step.question({**start.names, "build": ids.build[0]}, login)
        response = send(sent)
        exchanges.append((step, to_exchange(sent, response)))
        fakes = step.question({**start.names, "build": ids.build[1]}, _FAKES)
        answer = ask_fake(fake, fakes)
        report.asked[endpoint_of(sent.target)] += 1
        ids.learn(step, response, answer)
        mapped = _without_times(_with_results_root(ids.map(response), answer, owner))
        difference = find_difference(fakes, mapped, _without_times(answer), is_submitted=True)
        if difference is not None:
            report.differences.append(difference._replace(question=sent))
    return report, exchanges


class _Ids:
    """The ids that Copr and the fake chose."""

    def __init__(self) -> None:
        self._fakes: dict[str, str] = {}
        """The fake's ids, by Copr's."""
        self.build = ("0", "0")
        """The ids of the latest build, Copr's and the fake's."""

    def learn(self, step: Step, response: Response, answer: Response) -> None:
        """Note the ids in two successful responses."""
        if not response.status == answer.status == 200:
            return
        copr, fake = (json.loads(got.body) for got in (response, answer))
        if isinstance(copr, dict) and "id" in copr and "id" in fake:
            self._fakes[str(copr["id"])] = str(fake["id"])
            if step.path.startswith("build/create/"):
                self.build = str(copr["id"]), str(fake["id"])

    def map(self, response: Response) -> Response:
        """Return Copr's response with the fake's ids."""
        text = response.body.decode(errors="replace")
        return response._replace(body=_NUMBER.sub(lambda found: self._fakes.get(found[0], found[0]), text).encode())


_FAKES = Login(None, "login", "token")

_NUMBER = re.compile(r"(?<![\w.-])\d+(?![\w-])")


def _with_results_root(response: Response, answer: Response, owner: str) -> Response:
    """Return Copr's response with the fake's address of results."""
    before, after = (_results_root(got.body, owner) for got in (response, answer))
    return response._replace(body=response.body.replace(before, after)) if before and after else response


def _results_root(body: bytes, owner: str) -> bytes:
    """Return the address in front of an owner; empty if there is none."""
    address = body.partition(f"/{owner}/".encode())[0].rpartition(b'"')[2]
    return address if address.startswith(b"http") else b""


def _without_times(response: Response) -> Response:
    """Return a response without what differs each time: times, and the address of an uploaded file."""
    body = re.sub(rb'("\w+_on": ?)\d+', rb"\g<1>0", response.body)
    return response._replace(body=re.sub(rb'"[^" ]*/tmp/tmp\w+/', b'"/tmp/', body))


def save_written(directory: Path, start: Start, exchanges: Sequence[tuple[Step, Exchange]]) -> None:
    """Save a sequence, as ``compare_written`` reads it: what it starts with, then each step with Copr's response."""
    directory.mkdir(parents=True, exist_ok=True)
    steps = [{"step": step._asdict(), "exchange": asdict(exchange)} for step, exchange in exchanges]
    lines = [json.dumps(line) for line in [start._asdict(), *steps]]
    replace_file(directory / WRITTEN, "".join(f"{line}\n" for line in lines).encode())


def compare_written(file: Path) -> Report:
    """Compare a sequence that was saved with the fake."""
    first, *lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    responses = iter([Exchange(**line["exchange"]).response for line in lines])
    steps = [Step(**line["step"]) for line in lines]
    send, start = (lambda question: next(responses)), Start(**first)
    return compare_steps(steps, send, start, _FAKES, Report(str(file)), lambda questions: questions)[0]
