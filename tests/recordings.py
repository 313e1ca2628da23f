"""The recorded exchanges that the fake is held against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_TESTS = Path(__file__).parent
_SHARED = _TESTS.parent.parent / "shared" / "service"

DIRECTORY = _SHARED if _SHARED.is_dir() else _TESTS / "service"


@dataclass(frozen=True)
class Exchange:
    """One request, and what Copr answered to it."""

    scenario: str
    method: str
    url: str
    status: int
    content_type: str
    body: str
    allow: str | None = None

    @property
    def endpoint(self) -> str:
        """The kind of path that is asked for, to group differences by."""
        return "/".join(self.url.partition("?")[0].split("/")[2:4]) or "home"


def exchanges(file: str = "responses.jsonl") -> list[Exchange]:
    with (DIRECTORY / file).open(encoding="utf-8") as lines:
        return [Exchange(**json.loads(line)) for line in lines]
