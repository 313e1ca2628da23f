"""A rejected request changes nothing, and whatever a client sends gets a response that Copr could give."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

from copr_chroot_fake import Answer, FakeCopr

from ..adapters import direct_client
from ..examples import examples, sample
from ..sequences import Replay, Step, new_fake, report, sequences
from .drawn import VALID, WORLD, DrawnRequest, spoiled_writes, write, writes

STATUSES = (200, 302, 308, 400, 401, 403, 404, 405, 409, 415, 500)
"""What the service can respond with."""


@pytest.mark.sampled
@pytest.mark.parametrize("name", sequences())
def test_rejected_step_changes_nothing(name: str) -> None:
    """The fake is the same before and after each request of a sequence that Copr rejected."""
    fake = new_fake()
    replay = Replay(direct_client(fake))
    rejected = sample(number for number, step in enumerate(sequences()[name]) if _changes_nothing(step))
    for number, step in enumerate(sequences()[name]):
        fake.clock.move_to(step.at)
        if not step.is_request:
            report(fake, step)
        elif number not in rejected:
            replay.request(step)
        else:
            before = fake.to_scenario()
            replay.request(step)
            assert fake.to_scenario() == before, step


def _changes_nothing(step: Step) -> bool:
    """Return whether this is a rejected request.

    One request adds something although Copr answers it with an error: it adds the package that the body names, and then
    looks for the one that the path names.
    """
    if not step.is_request or step.recorded["status"] == 200:
        return False
    adds_package = step.recorded["url"].startswith("/api_3/package/add/")
    return not (adds_package and step.recorded["status"] == 500)


FAKE = FakeCopr.from_scenario(WORLD, progress="manual")
BEGIN = FAKE.snapshot()


@pytest.mark.slow
@settings(max_examples=examples(4000), deadline=None, suppress_health_check=[*HealthCheck])
@given(request=writes(hostile=True) | spoiled_writes())
def test_hostile_request_changes_nothing_or_succeeds(request: DrawnRequest) -> None:
    FAKE.restore(BEGIN)
    before = FAKE.to_scenario()
    answer = FAKE.answer(*request)
    assert answer.status in STATUSES
    _check_body(request, answer)
    after = FAKE.to_scenario()
    if answer.status != 200 and not (_adds_another_package(request, answer) or _has_invalid_mask(answer)):
        assert after == before
    # Whatever was stored can be written and read.
    written = json.loads(json.dumps(after, allow_nan=False).encode())
    assert FakeCopr.from_scenario(written, progress="manual").to_scenario() == after


def test_every_request_that_is_spoiled_is_valid() -> None:
    """Otherwise something else would be wrong with it."""
    for valid in VALID:
        FAKE.restore(BEGIN)
        assert FAKE.answer(*write(*valid)).status in (200, 400 if "/permissions/" in valid[1] else 200), valid


def _check_body(request: DrawnRequest, answer: Answer) -> None:
    headers = dict(answer.headers)
    if request.method == "HEAD":
        assert answer.body == b""
        return
    assert int(headers["Content-Length"]) == len(answer.body)
    if headers["Content-Type"] == "application/json":
        document = json.loads(answer.body)
        if answer.status != 200:
            # That of the tasks of builds is none of the API.
            assert isinstance(document.get("error", document.get("message", document.get("msg"))), str)


def _has_invalid_mask(answer: Answer) -> bool:
    """Return whether a mask is the error: Flask-RESTX reads it after the endpoint has done its work."""
    return answer.status == 400 and answer.body.startswith(b'{"message": ')


def _adds_another_package(request: DrawnRequest, answer: Answer) -> bool:
    return request.target.startswith("/api_3/package/add/") and answer.status == 500
