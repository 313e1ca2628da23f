"""Reading YAML: PyYAML's safe loader, with the location of each error."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from ..errors import InputError
from ..excerpt import line, text_excerpt
from .parsing import ScenarioSyntaxError, reject_repeats

_MERGE = "tag:yaml.org,2002:merge"
"""The tag of the ``<<`` of ``<<: *defaults``."""


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
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Reject a repeated key; a key may override a merged one."""
        node = super().compose_mapping_node(anchor)
        reject_repeats(self._key(key) for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        return node

    def _key(self, node: yaml.ScalarNode) -> str:
        return str(node.value if node.tag == _MERGE else self.construct_object(node))

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge as the YAML specification says; releases of PyYAML differ in which mapping takes precedence."""
        own = [pair for pair in node.value if pair[0].tag != _MERGE]
        merged = [pair for key, value in node.value if key.tag == _MERGE for pair in self._merged(value)]
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
        try:
            made: Hashable = super().construct_object(node, deep)
            return made
        except InputError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise _syntax_error(node.start_mark, f"invalid YAML: {text_excerpt(error)}") from None
