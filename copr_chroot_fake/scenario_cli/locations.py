"""Find the line of a location such as ``builds[3].chroots[0].state`` in a JSON or YAML text.

Both walks go through a valid text in its order. They visit every value, but only descend into those that ``enter``
accepts, so that a large scenario with few errors is searched quickly.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..validation.checks import dotted

if TYPE_CHECKING:
    from yaml import Node

Enter = Callable[[str], bool] | None
"""Whether to descend into the value at a location. ``None`` descends into all, but into a YAML alias only once."""


class Value(NamedTuple):
    """The location of a value, the number of values around it, and the line on which it begins, counted from 1."""

    location: str
    depth: int
    line: int


Walk = Callable[[str, Enter], Iterator[Value]]


def find_lines(walk: Walk, text: str, locations: Iterable[str]) -> dict[str, int]:
    """Return the line of each location; if there is no value, the line of the innermost value around it."""
    targets = _Targets(locations)
    values: dict[str, Value] = {}
    for value in walk(text, targets.is_in):
        # A key can contain a dot, so two values can have the same location: prefer the outer one.
        # If a key is repeated, its last value is loaded.
        if value.location not in values or value.depth <= values[value.location].depth:
            values[value.location] = value
    return {
        location: next(values[outer].line for outer in _outwards(location) if outer in values)
        for location in targets.sorted
    }


def find_repeated(walk: Walk, text: str) -> Iterator[Value]:
    """Yield the values of repeated keys, except the first one of each."""
    seen: set[tuple[str, int]] = set()
    for value in walk(text, None):
        key = (value.location, value.depth)
        if key in seen:
            yield value
        seen.add(key)


class _Targets:
    """Locations to find."""

    def __init__(self, locations: Iterable[str]) -> None:
        self._all = frozenset(locations)
        self.sorted = sorted(self._all)

    def is_in(self, location: str) -> bool:
        """Return whether one of them is at a location, or in the value there."""
        return (
            not location or location in self._all or any(self._has_prefix(location + separator) for separator in ".[")
        )

    def _has_prefix(self, prefix: str) -> bool:
        index = bisect_left(self.sorted, prefix)
        return index < len(self.sorted) and self.sorted[index].startswith(prefix)


def _outwards(location: str) -> Iterator[str]:
    """Yield a location, then the locations around it, and finally the whole document."""
    yield location
    for separator in reversed([*re.finditer(r"[.\[]", location)]):
        yield location[: separator.start()]
    yield ""


@dataclass
class _Container:
    """A JSON object or list around the current value: its closing bracket, and the number of its values so far."""

    location: str
    end: str
    count: int = 0


_match_space = re.compile(r"[ \t\n\r]*").match
_decode = json.JSONDecoder().raw_decode


def walk_json(text: str, enter: Enter) -> Iterator[Value]:
    """Yield the values of a valid JSON text, the whole document first."""
    containers: list[_Container] = []
    location, index = "", _skip_space(text, 0)
    begin = index
    line, counted = 1, 0
    while True:
        line += text.count("\n", counted, begin)
        counted = begin
        yield Value(location, len(containers), line)
        if text[index] in "{[" and (enter is None or enter(location)):
            containers.append(_Container(location, "}" if text[index] == "{" else "]"))
            index = _skip_space(text, index + 1)
        else:
            index = _skip_space(text, _decode(text, index)[1])
        while containers and text[index] == containers[-1].end:
            containers.pop()
            index = _skip_space(text, index + 1)
        if not containers:
            return
        container = containers[-1]
        # A comma comes before every value but the first.
        begin = index = _skip_space(text, index + 1) if container.count else index
        if container.end == "}":
            key, index = _decode(text, index)
            location = dotted(container.location, key)
            index = _skip_space(text, _skip_space(text, index) + 1)
        else:
            location = f"{container.location}[{container.count}]"
        container.count += 1


def _skip_space(text: str, index: int) -> int:
    space = _match_space(text, index)
    assert space is not None
    return space.end()


_MERGE_TAG = "tag:yaml.org,2002:merge"


def walk_yaml(text: str, enter: Enter) -> Iterator[Value]:
    """Yield the values of a valid YAML text, the whole document first."""
    # Only installed with an extra.
    import yaml

    root = yaml.compose(text, yaml.SafeLoader)
    if root is None:
        # An empty text is valid YAML.
        yield Value("", 0, 1)
        return
    pending: list[tuple[Value, Node]] = [(Value("", 0, root.start_mark.line + 1), root)]
    entered: set[tuple[int, str]] = set()
    while pending:
        value, node = pending.pop()
        yield value
        # An alias can refer to a node that contains it.
        visit = (id(node), "" if enter is None else value.location)
        if visit not in entered and (enter is None or enter(value.location)):
            entered.add(visit)
            pending += reversed([*_yaml_values(node, value.location, value.depth + 1, merge=enter is not None)])


def _yaml_values(node: Node, location: str, depth: int, *, merge: bool) -> Iterator[tuple[Value, Node]]:
    """Yield the values in a node; if ``merge``, the values merged from other nodes come first."""
    from yaml import MappingNode, ScalarNode, SequenceNode

    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield Value(f"{location}[{index}]", depth, item.start_mark.line + 1), item
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if key.tag == _MERGE_TAG and merge:
                # The first of several merged mappings has precedence, so it has to be the last one found.
                for merged in reversed(value.value) if isinstance(value, SequenceNode) else [value]:
                    yield from _yaml_values(merged, location, depth, merge=merge)
        for key, value in node.value:
            if isinstance(key, ScalarNode) and not (key.tag == _MERGE_TAG and merge):
                yield Value(dotted(location, key.value), depth, key.start_mark.line + 1), value
