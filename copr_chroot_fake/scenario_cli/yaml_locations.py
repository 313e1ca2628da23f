"""The places of a YAML text, which is known to be valid, as it has been read before."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from ..validation.checks import dotted
from .locations import Enter, Found

_MERGED = "tag:yaml.org,2002:merge"


def walk(text: str, enter: Enter) -> Iterator[Found]:
    """Each place, beginning with the whole; what is not to be entered is skipped."""
    root = yaml.compose(text, yaml.SafeLoader)
    if root is None:
        # An empty text is valid YAML.
        yield Found("", 0, 1)
        return
    todo = [(Found("", 0, root.start_mark.line + 1), root)]
    entered: set[tuple[int, str]] = set()
    while todo:
        found, node = todo.pop()
        yield found
        # An alias may lead back to what it is in.
        entry = (id(node), "" if enter is None else found.place)
        if entry not in entered and (enter is None or enter(found.place)):
            entered.add(entry)
            todo += reversed([*_inner(node, found.place, found.depth + 1, merges=enter is not None)])


def _inner(node: yaml.Node, place: str, depth: int, *, merges: bool) -> Iterator[tuple[Found, yaml.Node]]:
    """What is in a node; if ``merges``, what it merges from other nodes comes first."""
    if isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield Found(f"{place}[{at}]", depth, item.start_mark.line + 1), item
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag == _MERGED and merges:
                # Of several the first one counts, and here the last that is found.
                for merged in reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]:
                    yield from _inner(merged, place, depth, merges=merges)
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and not (key.tag == _MERGED and merges):
                yield Found(dotted(place, key.value), depth, key.start_mark.line + 1), value
