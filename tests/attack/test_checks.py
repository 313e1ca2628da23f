"""An attack notices what a server must not do."""

from __future__ import annotations

import json
import resource

import pytest

from copr_chroot_fake.server.responses import PROBLEM

from .__main__ import allow_files
from .attack import is_log_entry
from .attacks import Responses

OF_COPR = b'HTTP/1.1 500 Internal Server Error\r\nx: y\r\n\r\n{"error": "probably a bug"}\n'
CREATED = b"HTTP/1.1 201 Created\r\nx: y\r\n\r\n"


def test_statuses_are_counted() -> None:
    responses = Responses()
    responses.add("case", CREATED + OF_COPR + CREATED)
    responses.add("case", b"")
    assert (responses.statuses, responses.unanswered, responses.unexpected) == ({201: 2, 500: 1}, 1, [])


@pytest.mark.parametrize("received", [CREATED + PROBLEM.encode(), b"\x15\x03"])
def test_unexpected_response_is_reported(received: bytes) -> None:
    responses = Responses()
    responses.add("case", received)
    (problem,) = responses.unexpected
    assert problem.startswith("case: ")


def test_only_lines_of_the_log_are_expected() -> None:
    entry = dict.fromkeys(("time", "client", "method", "target", "status", "bytes", "milliseconds"))
    lines = [json.dumps(entry), json.dumps({**entry, "x": 1}), "[]", "Traceback (most recent call last):", ""]
    assert [is_log_entry(line) for line in lines] == [True, False, False, False, False]


def test_low_limit_of_files_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda limit: (1024, 4096))
    with pytest.raises(SystemExit, match=r"attack: 11,000 open files are needed, but at most 4,096 are allowed"):
        allow_files(11_000)
