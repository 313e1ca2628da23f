"""The operations that the modules of this package declare, by path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from . import builds, fake_operations, server_operations
from .call import Operation

OPERATIONS = [
    value
    for module in (server_operations, fake_operations, builds)
    for value in vars(module).values()
    if isinstance(value, Operation)
]

TABLE: Mapping[str, Mapping[str, Operation]] = {
    path: {each.method: each for each in OPERATIONS if each.path == path}
    for path in dict.fromkeys(each.path for each in OPERATIONS)
}
"""Every operation by path and method."""


class Match(NamedTuple):
    """The operations at a path by method, and the parameters in the path."""

    operations: Mapping[str, Operation]
    parameters: Mapping[str, str]


def find(path: str) -> Match | None:
    """Return the operations at an encoded path; ``None`` if there are none."""
    sent = [unquote(segment) for segment in path.split("/")]
    for template, operations in TABLE.items():
        parameters = _match(template.split("/"), sent)
        if parameters is not None:
            return Match(operations, parameters)
    return None


def _match(template: list[str], sent: list[str]) -> dict[str, str] | None:
    if len(template) != len(sent):
        return None
    parameters: dict[str, str] = {}
    for expected, segment in zip(template, sent, strict=True):
        if expected.startswith("{") and segment:
            parameters[expected.strip("{}")] = segment
        elif expected != segment:
            return None
    return parameters
