"""Stored fuzz cases: initial ones, those that reached new code, and former failures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

CASES = Path(__file__).with_name("cases")


def read_cases(target: str) -> list[bytes]:
    """Read a file with a case per line, as a JSON string with surrogates for bytes that are not UTF-8."""
    lines = _file(target).read_text().splitlines()
    return [json.loads(line).encode("utf-8", "surrogateescape") for line in lines]


def keep_cases(target: str, cases: Iterable[bytes]) -> None:
    """Write all cases of a target, each once, shortest first."""
    ordered = sorted(set(cases), key=lambda case: (len(case), case))
    _file(target).write_text("".join(f"{json.dumps(case.decode('utf-8', 'surrogateescape'))}\n" for case in ordered))


def _file(target: str) -> Path:
    return CASES / f"{target}.jsonl"
