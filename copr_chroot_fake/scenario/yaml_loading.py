"""Reading YAML: PyYAML's safe loader, with limits, and with the location of each error."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from ..errors import InputError
from ..excerpt import line, text_excerpt
from .parsing import ScenarioSyntaxError, reject_repeats

MOST_REPEATED = 1_000_000
"""How many values aliases may repeat, all together: a few lines can repeat each other without end."""

LONGEST_NUMBER = 100
"""How many characters a number may have: PyYAML takes very long to read one of very many."""

DEEPEST = 150
"""How many levels deep a text may be, of which a build configuration takes most."""

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_MERGE = "tag:yaml.org,2002:merge"
"""The tag of the ``<<`` of ``<<: *defaults``."""
_EQUALS = "tag:yaml.org,2002:value"
"""The tag of an ``=``, which is a text here."""


def load(text: str) -> object:
    """Parse YAML.

    :raises InputError: naming line and column, or the repeated key.
    """
    try:
        return _Loader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark, f"not YAML: {error.problem}"
        if mark is None:
            raise InputError("scenario", problem) from None
        raise _syntax_error(mark, problem) from None
    except yaml.YAMLError as error:
        raise InputError("scenario", f"invalid YAML: {line(str(error))}") from None


def _syntax_error(mark: yaml.Mark, problem: str) -> ScenarioSyntaxError:
    return ScenarioSyntaxError(mark.line + 1, mark.column + 1, problem)


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Stop long before Python does, which takes seconds to find out."""
        self.depth += 1
        if self.depth > DEEPEST and parent is not None:
            raise _syntax_error(parent.start_mark, "nested too deeply to be a scenario")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            _count(node, {})
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Reject a repeated key, of which only one value would be kept; a merged key may be repeated."""
        node = super().compose_mapping_node(anchor)
        reject_repeats(self._key(key) for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        return node

    def _key(self, node: yaml.ScalarNode) -> str:
        return str(node.value if node.tag in (_MERGE, _EQUALS) else self.construct_object(node))

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge as YAML says, where releases of PyYAML differ: a mapping's own keys count, then the first merged."""
        own: list[tuple[yaml.Node, yaml.Node]] = []
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += self._merged(value)
            else:
                key.tag = "tag:yaml.org,2002:str" if key.tag == _EQUALS else key.tag
                own.append((key, value))
        # The last one of two equal keys counts.
        node.value = merged + own

    def _merged(self, node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        for mapping in reversed(node.value) if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(mapping, yaml.MappingNode):
                raise _syntax_error(mapping.start_mark, "not YAML: only an object, or a list of them, can be merged")
            self.flatten_mapping(mapping)
            yield from mapping.value

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Hashable:
        """Add the location to the errors of values, such as tagged ones that their constructor rejects."""
        if node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
            raise _syntax_error(node.start_mark, f"invalid YAML: a number of {len(node.value)} characters")
        try:
            made: Hashable = super().construct_object(node, deep)
            return made
        except InputError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise _syntax_error(node.start_mark, f"invalid YAML: {text_excerpt(error)}") from None


def _count(node: yaml.Node, counts: dict[int, int]) -> int:
    """Return the number of values of a node, including those that its aliases repeat.

    :param counts: those of the nodes that were counted before, by their ids.
    :raises ScenarioSyntaxError: if there are too many, or if a node is within itself.
    """
    known = counts.get(id(node))
    if known == 0:
        raise _syntax_error(node.start_mark, "an alias refers to a value that contains it; remove it")
    if known is not None:
        return known
    counts[id(node)] = 0
    count = 1 + sum(_count(inner, counts) for inner in _within(node))
    if count > len(counts) + MOST_REPEATED:
        raise _syntax_error(node.start_mark, f"aliases repeat more than {MOST_REPEATED} values; expected fewer")
    counts[id(node)] = count
    return count


def _within(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
