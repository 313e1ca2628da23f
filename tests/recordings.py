"""Exchanges recorded from Copr, with which the responses of the fake are compared."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from urllib.parse import parse_qsl

DIRECTORY = Path(os.environ.get("COPR_RECORDINGS", Path(__file__).parent / "service"))
"""Where the recordings are; the variable selects others."""


@dataclass(frozen=True)
class Exchange:
    """A request and Copr's response."""

    scenario: str
    method: str
    url: str
    status: int
    content_type: str
    body: str
    allow: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def endpoint(self) -> str:
        """The first two segments of the path below ``/api_3``, to group differences by."""
        return "/".join(self.url.partition("?")[0].split("/")[2:4]) or "home"

    def has_body(self, body: bytes) -> bool:
        """Return whether a body is the recorded one, except for what has no defined order.

        Of several missing arguments, Copr names any.
        """
        recorded = self.body.encode()
        if body == recorded or any({body, recorded} == {*map(_missing, pair)} for pair in self._missing_pairs):
            return True
        # The length must be the same too, so that nothing else can differ, such as spaces.
        return len(body) == len(recorded) and self._without_order(body) == self._without_order(recorded)

    @property
    def _missing_pairs(self) -> list[tuple[str, str]]:
        """The pairs of required arguments of which the query has neither."""
        query = self.url.partition("#")[0].partition("?")[2]
        given = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        return [pair for pair in (("build_id", "chrootname"), ("ownername", "projectname")) if given.isdisjoint(pair)]

    def _without_order(self, body: bytes) -> object:
        try:
            document = json.loads(body)
        except ValueError:
            return body
        if self.endpoint.startswith("auth-check"):
            return document
        if not self.endpoint.startswith(("build/", "monitor")):
            return body
        if self.endpoint == "build/built-packages" and "error" not in document:
            return {name: sorted(chroot["packages"], key=_by_content) for name, chroot in document.items()}
        return _sorted(document)


def _by_content(package: Mapping[str, object]) -> str:
    """Return a key to sort packages by, whose keys have no defined order either."""
    return json.dumps(package, sort_keys=True)


def _missing(name: str) -> bytes:
    return json.dumps({"error": f"Missing argument {name}"}).encode() + b"\n"


def _sorted(document: object) -> object:
    """Sort the chroots of builds and the packages of the monitor."""
    if isinstance(document, list):
        return [_sorted(item) for item in document]
    if not isinstance(document, dict):
        return document
    fields = {key: _sorted(value) for key, value in document.items()}
    if isinstance(fields.get("chroots"), list):
        fields["chroots"] = sorted(document["chroots"])
    if "output" in fields:
        fields["packages"] = _sorted(sorted(document["packages"], key=itemgetter("name")))
    # Compare the order of the keys unless they are names of chroots.
    return fields if _is_by_chroot(fields) else [*fields.items()]


def _is_by_chroot(fields: Mapping[str, object]) -> bool:
    """Return whether the keys are names of chroots, which have no defined order either."""
    return all(key.count("-") >= 2 for key in fields)


def exchanges(file: str) -> list[Exchange]:
    with (DIRECTORY / file).open(encoding="utf-8") as lines:
        return [Exchange(**json.loads(line)) for line in lines]
