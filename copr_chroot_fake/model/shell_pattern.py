"""Shell patterns, with which requests and rules select chroots.

:mod:`fnmatch` makes regular expressions of them, and takes minutes for a hostile pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_ANY = "*"


class _Class(NamedTuple):
    """A set of characters, as ranges; the others if it is negated."""

    is_negated: bool
    ranges: Sequence[tuple[str, str]]

    def accepts(self, character: str) -> bool:
        return any(first <= character <= last for first, last in self.ranges) != self.is_negated


class ShellPattern:
    """A pattern with ``*``, ``?``, ``[abc]`` and ``[!a-z]``, in which case matters."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))

    def matches(self, name: str) -> bool:
        """Whether the whole name matches."""
        tokens, token, position = self._tokens, 0, 0
        after_star = retry_at = -1
        while position < len(name):
            if token < len(tokens) and tokens[token] == _ANY:
                token = after_star = token + 1
                retry_at = position
            elif token < len(tokens) and _accepts(tokens[token], name[position]):
                token, position = token + 1, position + 1
            elif after_star >= 0:
                # The last star takes one more character; what an earlier one takes makes no difference.
                retry_at += 1
                token, position = after_star, retry_at
            else:
                return False
        return all(rest == _ANY for rest in tokens[token:])


def matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the names that at least one of the patterns matches."""
    parsed = [ShellPattern(text) for text in patterns]
    return [name for name in names if any(pattern.matches(name) for pattern in parsed)]


def _accepts(token: str | _Class, character: str) -> bool:
    return token.accepts(character) if isinstance(token, _Class) else token in ("?", character)


def _tokens(text: str) -> Iterator[str | _Class]:
    """Yield characters and classes. A ``?`` in a class is a range, so it is no wildcard."""
    last_end = text.rfind("]")
    position = 0
    while position < len(text):
        begin = position + 1 + text.startswith("!", position + 1)
        # A bracket that comes first is a member of the class.
        if text[position] == "[" and begin + 1 <= last_end:
            end = text.index("]", begin + 1)
            yield _Class(begin > position + 1, _ranges(text[begin:end]))
            position = end + 1
        else:
            yield text[position]
            position += 1


def _ranges(members: str) -> Sequence[tuple[str, str]]:
    ranges = []
    position = 0
    while position < len(members):
        is_range = members.startswith("-", position + 1) and position + 2 < len(members)
        ranges.append((members[position], members[position + 2 * is_range]))
        position += 1 + 2 * is_range
    return ranges
