"""Changing a case into another that is still nearly right: byte-wise changes hardly ever get past a parser."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from copr_chroot_fake.control import openapi
from copr_chroot_fake.scenarios.schema import scenario_schema

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, -1, 0.5, 2**31 - 1, 2**31, 2**63, 1e308, [], {}, "", " ", "\n", "\0", "\ud800", "%"),
    *("1", "a/b", "@a", "a:b", "fedora-41-x86_64", "epel-9-s390x", "a-1-1.src", "x" * 300, "running", "list"),
)


class Mutator:
    """Changes documents by what the schemas name, and by what other cases have."""

    def __init__(self, cases: Sequence[bytes]) -> None:
        documents = [document for case in cases for _, document in _split(case)]
        named = set(_names_in([scenario_schema(), json.loads(json.dumps(openapi.document()))]))
        self._values = [*JUNK, *sorted(named), *(value for document in documents for _, value in _places_in(document))]
        self._keys = sorted(named | {key for document in documents for key in _keys_in(document)})

    def change(self, case: bytes, seed: int) -> bytes | None:
        """A case whose document has a few places changed; ``None`` for one that has none."""
        random = Random(seed)
        for head, document in _split(case):
            root = [document]
            for _ in range(random.choice((1, 1, 1, 2, 4))):
                self._spoil(root, random)
            return head + json.dumps(root[0] if root else {}).encode()
        return None

    def _spoil(self, root: list[Any], random: Random) -> None:
        places = [place for place, _ in _places_in(root) if place]
        if not places:
            return
        *way, last = random.choice(places)
        parent: Any = root
        for key in way:
            parent = parent[key]
        value = json.loads(json.dumps(random.choice(self._values)))
        match random.randrange(4):
            case 0 if way:
                del parent[last]
            case 1 if isinstance(parent[last], dict):
                parent[last][random.choice(self._keys)] = value
            case 2 if isinstance(parent[last], list):
                parent[last].insert(random.randint(0, len(parent[last])), value)
            case _:
                parent[last] = value


def _split(case: bytes) -> Iterator[tuple[bytes, Any]]:
    """What is in front of the document of a case, and the document, if it has one."""
    first, newline, rest = case.partition(b"\n")
    for head, text in ((b"", case), (first + newline, rest)):
        try:
            yield head, json.loads(text)
        except (ValueError, RecursionError):
            continue
        return


def _places_in(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield place, document
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from _places_in(value, (*place, key))


def _keys_in(document: Any) -> Iterator[str]:
    return (key for _, value in _places_in(document) if isinstance(value, dict) for key in value)


def _names_in(schemas: Any) -> Iterator[str]:
    """The properties and the choices that schemas have."""
    for _, schema in _places_in(schemas):
        if isinstance(schema, dict):
            properties, choices = schema.get("properties", {}), schema.get("enum", [])
            yield from properties if isinstance(properties, dict) else ()
            yield from (choice for choice in choices if isinstance(choice, str)) if isinstance(choices, list) else ()
