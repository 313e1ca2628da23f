"""Find all errors in scenarios, by loading them, and the line of each error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..engine.clock import VirtualClock
from ..engine.create import add_scenario
from ..engine.store import Store
from ..errors import CoprFakeError, InputError, MissingExtraError, ScenarioError
from ..model.progress import Progress
from ..scenario.files import is_yaml, parse_text, read_results, read_text
from ..scenario.parsing import RepeatedKeyError, ScenarioSyntaxError
from ..scenario.spec import ScenarioSpec
from ..validation.checks import dotted
from ..validation.spec import collect, parse

if TYPE_CHECKING:
    from yaml import Node

STDIN = Path("-")

Lines: TypeAlias = Iterator[tuple[str, int]]
"""The location of each value in a text, such as ``builds[3].chroots[0].state``, and its line, counted from 1."""


class Diagnostic(NamedTuple):
    """An error in a file: its location in the scenario, the problem with the remedy, and the line if it is known."""

    file: str
    location: str
    problem: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (position, self.location, self.problem) if part)


class Report(NamedTuple):
    """The errors of a file, ordered by line, or the reason why it cannot be read."""

    file: str
    errors: tuple[Diagnostic, ...] = ()
    unreadable: CoprFakeError | None = None


def check(files: Iterable[Path]) -> Iterator[Report]:
    """Check files; each one is added to the valid files before it, as ``serve`` does."""
    store = Store(VirtualClock(), Progress("clock"), 0)
    for file in files:
        name = "<stdin>" if file == STDIN else str(file)
        try:
            path, text = _read_text(file)
            errors = _find_errors(store, str(path) if file != STDIN else name, path, text)
        except (ScenarioError, MissingExtraError) as error:
            yield Report(name, unreadable=error)
        else:
            yield Report(name, tuple(sorted(errors, key=lambda error: error.line or 0)))


def _read_text(file: Path) -> tuple[Path, str]:
    if file != STDIN:
        return read_text(file)
    try:
        return file, sys.stdin.buffer.read().decode()
    except ValueError as error:
        raise ScenarioError("<stdin>", InputError("", f"cannot be read: {error}")) from None


def _find_errors(store: Store, name: str, path: Path, text: str) -> Iterable[Diagnostic]:
    # Standard input has no suffix, but a scenario in JSON begins with a brace.
    yaml = not text.lstrip().startswith("{") if path == STDIN else is_yaml(path)
    walk = walk_yaml if yaml else walk_json
    try:
        document = parse_text(text, path, yaml=yaml)
    except ScenarioSyntaxError as error:
        return [Diagnostic(name, "", error.problem, error.line, error.column)]
    except RepeatedKeyError as error:
        location, line = _find_repeated(error.location, walk(text))
        return [Diagnostic(name, location, error.problem, line)]
    except InputError as error:
        return [Diagnostic(name, error.location, error.problem)]
    errors: list[InputError] = []
    collect(errors, lambda _, value: read_results(value, path), document)
    collect(errors, lambda _, value: add_scenario(parse(ScenarioSpec, "", value), store), document)
    lines = _find_lines(walk(text)) if errors else {}
    return [Diagnostic(name, error.location, error.problem, find_line(error.location, lines)) for error in errors]


def _find_lines(values: Lines) -> Mapping[str, int]:
    try:
        return dict(values)
    except RecursionError:
        # A YAML alias refers to a value that contains it.
        return {"": 1}


def find_line(location: str, lines: Mapping[str, int]) -> int:
    """Return the line of a location; if there is no value, that of the innermost value around it."""
    while location not in lines:
        location = location[: max(location.rfind("."), location.rfind("["), 0)]
    return lines[location]


def _find_repeated(key: str, values: Lines) -> tuple[str, int | None]:
    """Return the location and the line of the second value of a repeated key."""
    seen: set[str] = set()
    for location, line in values:
        if location in seen and location.endswith(key):
            return location, line
        seen.add(location)
    # YAML can write the same key in several ways.
    return key, None


_match_tokens = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL).finditer


class _Token(NamedTuple):
    text: str
    line: int


def walk_json(text: str) -> Lines:
    """Yield the values of a valid JSON text, the whole document first."""
    tokens = _tokens(text)
    return _walk_value(next(tokens), tokens, "")


def _tokens(text: str) -> Iterator[_Token]:
    line, counted = 1, 0
    for match in _match_tokens(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        if match[0] not in ",:":
            yield _Token(match[0], line)


def _walk_value(token: _Token, tokens: Iterator[_Token], location: str) -> Lines:
    yield location, token.line
    if token.text == "[":
        for index in count():
            item = next(tokens)
            if item.text == "]":
                return
            yield from _walk_value(item, tokens, f"{location}[{index}]")
    elif token.text == "{":
        while (key := next(tokens)).text != "}":
            yield from _walk_value(next(tokens), tokens, dotted(location, json.loads(key.text)))


def walk_yaml(text: str) -> Lines:
    """Yield the values of a valid YAML text, the whole document first; a merged value is below ``<<``."""
    # Only installed with an extra.
    import yaml

    root = yaml.compose(text, yaml.SafeLoader)
    yield "", 1 if root is None else root.start_mark.line + 1
    if root is not None:
        yield from _walk_node(root, "")


def _walk_node(node: Node, location: str) -> Lines:
    from yaml import MappingNode, SequenceNode

    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield f"{location}[{index}]", item.start_mark.line + 1
            yield from _walk_node(item, f"{location}[{index}]")
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            where = dotted(location, str(key.value))
            yield where, key.start_mark.line + 1
            yield from _walk_node(value, where)
