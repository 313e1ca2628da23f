"""The lines of a text on which its places are, in JSON and in YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given, settings

from copr_chroot_fake.scenario_cli import (
    json_locations as json_places,
)
from copr_chroot_fake.scenario_cli import (
    locations as places,
)
from copr_chroot_fake.scenario_cli import (
    yaml_locations as yaml_places,
)

from ..examples import examples
from .examples import JSON


@given(document=JSON)
@settings(max_examples=examples(100), deadline=None)
def test_the_places_of_a_text_are_those_of_its_document(document: object) -> None:
    """Whatever is in the keys and texts; and each is on a line of its own if it is written like that."""

    def all_places(value: object, place: str) -> Iterator[str]:
        yield place
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from all_places(inner, f"{place}.{key}" if place else key)
        elif isinstance(value, list):
            for at, inner in enumerate(value):
                yield from all_places(inner, f"{place}[{at}]")

    expected = [*all_places(document, "")]
    flat = [*json_places.walk(json.dumps(document), None)]
    assert [found.place for found in flat] == expected
    assert {found.line for found in flat} == {1}
    spread = [*json_places.walk("\n" + json.dumps(document, indent=2), None)]
    assert [found.place for found in spread] == expected
    assert spread[0].line == 2
    lines = [found.line for found in spread]
    assert lines == sorted(set(lines))


def test_yaml_aliases_and_merges_keep_their_lines() -> None:
    """A merged value has the line that it is merged from, unless it is overridden."""
    text = "a: &a\n  x: 1\n  y: 2\nb:\n  <<: *a\n  y: 3\nc: *a\nd: &d\n  - *d\n"
    wanted = ["a.x", "b.x", "b.y", "c.x", "d[0][0][0]", "c.nowhere"]
    found = places.lines(yaml_places.walk, text, wanted)
    assert found == {"a.x": 2, "b.x": 2, "b.y": 6, "c.x": 2, "d[0][0][0]": 8, "c.nowhere": 7}
    assert [*places.repeats(yaml_places.walk, text)] == []
