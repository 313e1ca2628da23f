"""The access log has a line for each request."""

from __future__ import annotations

import json
import re
import signal
from contextlib import suppress

import pytest

from .served import HOME, LIST, Start, failed, raw, start_request

SENT: list[tuple[str, str, object, int]] = [
    ("GET", LIST, None, 200),
    ("HEAD", LIST, None, 200),
    ("GET", "/none", None, 404),
    ("POST", f"/worlds/a%2Eb{HOME}?x=%22%0A%1B&y", None, 405),
    ("GET", "/worlds/a%20b/", None, 404),
    ("PATCH", "/_fake/clock", {"speed": -1}, 422),
    ("POST", "/worlds/b/_fake/faults", {"status": 503}, 201),
    ("GET", f"/worlds/b{HOME}", None, 503),
]
"""Method, target, body and status of the answer."""


def test_json_log_has_a_line_per_request(start: Start) -> None:
    served = start("--access-log", "--log", "json")
    sizes = [len(served.call(method, target, body).body) for method, target, body, _ in SENT]
    status, output, errors = served.end()
    assert (status, output) == (0, "")
    entries = [json.loads(line) for line in errors.splitlines()]
    assert [
        (entry.pop("method"), entry.pop("target"), entry.pop("status"), entry.pop("bytes")) for entry in entries
    ] == [(method, target, status, size) for (method, target, _, status), size in zip(SENT, sizes, strict=True)]
    for entry in entries:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.pop("time"))
        assert 0 <= entry.pop("milliseconds") < 10_000
        assert entry == {"client": "127.0.0.1"}


def test_text_log_has_a_line_per_request(start: Start) -> None:
    served = start("--access-log")
    for method, target, body, _ in SENT:
        served.call(method, target, body)
    _, _, errors = served.end()
    for line, (method, target, _, status) in zip(errors.splitlines(), SENT, strict=True):
        began, _, rest = line.partition(" 127.0.0.1 ")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", began)
        assert rest.startswith(f"{method} {target} -> {status}, ")
        assert re.search(r", \d+ bytes, \d+\.\d+ ms$", rest)


@pytest.mark.slow
@pytest.mark.parametrize("log", ["text", "json"])
def test_log_has_failed_and_slow_responses(start: Start, log: str) -> None:
    """With duration and number of bytes."""
    served = start("--access-log", "--log", log)
    faults = ({"breaks": "reset"}, {"breaks": "timeout"}, {"delay": 300}, {"breaks": "reset-within"}, {"delay": 0.02})
    for fault in faults:
        with served.connect() as wire:
            start_request(served, wire, {"nth": 1, **fault})
            if fault in faults[3:]:
                with suppress(ConnectionResetError):
                    wire.reply()
    _, _, errors = served.end()
    lines = [line for line in errors.splitlines() if HOME in line]
    if log == "text":
        ends = [line.partition(" -> ")[2].split(", ")[:2] for line in lines]
        assert sorted(ends) == [["200", "14 bytes"], ["200", "7 bytes"], *[["no response", "0 bytes"]] * 3]
    else:
        entries = sorted((json.loads(line) for line in lines), key=lambda entry: entry["bytes"])
        assert [(entry["status"], entry["bytes"]) for entry in entries] == [*[(None, 0)] * 3, (200, 7), (200, 14)]
        assert entries[-1]["milliseconds"] >= 20


def test_log_option_requires_access_log() -> None:
    assert "--log requires --access-log" in failed("serve", "--log", "json")


def test_closed_log_does_not_disturb_responses(start: Start) -> None:
    served = start("--access-log")
    assert served.process.stderr is not None
    served.process.stderr.close()
    with served.connect() as wire:
        for _ in range(10):
            wire.send(raw("GET", HOME))
            assert wire.reply().status == 200
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(5) == 0


def test_unread_log_does_not_block_the_server(start: Start) -> None:
    served = start("--access-log")
    requests = [raw("GET", f"{HOME}?{number}&{'x' * 3000}") for number in range(200)]
    with served.connect() as wire:
        for request in requests:
            wire.send(request)
            assert wire.reply().status == 200
    _, _, errors = served.end()
    assert 0 < len(errors.splitlines()) < len(requests)


def test_unread_log_delays_the_end_little(start: Start) -> None:
    served = start("--access-log")
    with served.connect() as wire:
        for _ in range(100):
            wire.send(raw("GET", f"{HOME}?{'x' * 3000}"))
            assert wire.reply().status == 200
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(8) == 0
