"""The comparison: record, send the same requests to Copr and to a fake with the recording, and compare."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..api.endpoint import ROOT
from ..api.routing import parse_target
from ..atomic_file import replace_file
from ..client.errors import ClientError
from ..errors import CoprFakeError, InputError, ScenarioError
from ..fake import FakeCopr
from .comparison import Exchange, Response, differing_parts
from .differences import Difference
from .questions import questions
from .report import Report
from .sending import NO_RESPONSE, Copr, Question
from .world import World, record_world

SCENARIO = "verified.json"
EXCHANGES = "verified.jsonl"
"""The files that a comparison saves."""

_NO_DIFFERENCE = (None, 404, 429)
"""The statuses of errors that end a recording, although Copr is as before: no response, no such build, too many."""

Progress = Callable[[Sequence[Question]], Iterable[Question]]
"""Iterates over requests, and shows how far it is."""


def verify_reading(
    copr: Copr, build_ids: Sequence[int], report: Callable[[str], object], progress: Progress, directory: Path | None
) -> Report:
    """Compare all that Copr and a fake return about some builds and their projects.

    :param report: receives a line for each step.
    :param directory: where to save what was recorded; ``None`` to save nothing.
    :raises CoprFakeError: if Copr cannot be reached, or if nothing can be recorded.
    """
    try:
        world = record_world(copr, build_ids, report)
        fake = world.fake()
    except (ClientError, InputError, ScenarioError) as error:
        if isinstance(error, ClientError) and error.status in _NO_DIFFERENCE:
            raise
        return _unrecordable(copr, build_ids[0], error)
    asked = questions(world)
    result = Report(copr.url, notes=[*world.omissions, *_incomplete(world)])
    exchanges = []
    for exchange, difference in compare(copr, fake, progress(asked)):
        exchanges.append(exchange)
        result.asked[endpoint_of(exchange.url)] += 1
        if difference is not None:
            result.differences.append(difference)
    if result.differences:
        # The builds may have changed meanwhile: a difference counts if it is still there in a new recording.
        report("asking again about the differences")
        fake = record_world(copr, build_ids, lambda line: None).fake()
        again = compare(copr, fake, progress([difference.question for difference in result.differences]))
        result.differences = [difference for _, difference in again if difference is not None]
    if directory is not None:
        save(directory, world, exchanges)
    return result


def _unrecordable(copr: Copr, build_id: int, error: CoprFakeError) -> Report:
    """Return a report about a response that a recording needs, and that is so different that there is none."""
    target, message = f"{ROOT}/build/{build_id}", str(error)
    if isinstance(error, ClientError):
        sent = error.request.url.raw_path.decode()
        target, message = sent[sent.index(ROOT) :], error.message
    question, endpoint = Question("GET", target), endpoint_of(target)
    difference = Difference(question, endpoint, ("body",), copr.send(question), ask_fake(FakeCopr(), question), message)
    return Report(copr.url, Counter({endpoint: 1}), [difference], ["everything else, as nothing could be recorded"])


def compare(copr: Copr, fake: FakeCopr, asked: Iterable[Question]) -> Iterable[tuple[Exchange, Difference | None]]:
    """Send requests to both; yield Copr's responses, each with the difference if there is one."""
    for question in asked:
        response = copr.send(question)
        yield to_exchange(question, response), find_difference(question, response, ask_fake(fake, question))


def find_difference(
    question: Question, response: Response, answer: Response, *, is_submitted: bool = False
) -> Difference | None:
    """Compare Copr's response with the fake's.

    :param is_submitted: whether the builds have been submitted by the requests before.
    """
    parts = ["status"]
    if response.status != NO_RESPONSE:
        parts = differing_parts(to_exchange(question, response), answer, is_submitted=is_submitted)
    return Difference(question, endpoint_of(question.target), tuple(parts), response, answer) if parts else None


def ask_fake(fake: FakeCopr, question: Question) -> Response:
    """Send a request to a fake."""
    answer = fake.answer(question.method, question.target, question.headers, question.body)
    return Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)


def to_exchange(question: Question, response: Response) -> Exchange:
    """Return a request and its response as they are saved; without a login."""
    headers = {name: value for name, value in question.headers if name != "Authorization"}
    body = response.body.decode(errors="surrogateescape")
    sent = response.headers
    return Exchange(
        SCENARIO,
        question.method,
        question.target,
        response.status,
        response.content_type,
        body,
        sent.get("allow"),
        sent.get("warning"),
        headers,
    )


def endpoint_of(target: str) -> str:
    """Return the name of the endpoint of a target."""
    return parse_target(target).endpoint or "no endpoint"


def _incomplete(world: World) -> list[str]:
    return [f"{name}: not everything is recorded" for name in sorted(world.incomplete)]


def save(directory: Path, world: World, exchanges: Iterable[Exchange]) -> None:
    """Save what was recorded, as ``tests/conformance`` reads it."""
    directory.mkdir(parents=True, exist_ok=True)
    replace_file(directory / SCENARIO, json.dumps(world.scenario, indent=2).encode() + b"\n")
    lines = [
        json.dumps({name: value for name, value in asdict(exchange).items() if value not in (None, {})})
        for exchange in exchanges
    ]
    replace_file(directory / EXCHANGES, "".join(f"{line}\n" for line in lines).encode())
