"""Lines of locations in JSON and YAML texts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from copr_chroot_fake.cli.check import find_line, walk_json, walk_yaml

from ..examples import examples
from .examples import JSON


@pytest.mark.sampled
@given(document=JSON)
@settings(max_examples=examples(100), deadline=None)
def test_json_walk_visits_every_value(document: object) -> None:
    """If each value is on a line of its own, the lines are in ascending order."""

    def locations(value: object, location: str) -> Iterator[str]:
        yield location
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from locations(inner, f"{location}.{key}" if location else key)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from locations(inner, f"{location}[{index}]")

    expected = [*locations(document, "")]
    on_one_line = [*walk_json(json.dumps(document))]
    assert [location for location, _ in on_one_line] == expected
    assert {line for _, line in on_one_line} == {1}
    indented = [*walk_json("\n" + json.dumps(document, indent=2))]
    assert [location for location, _ in indented] == expected
    assert indented[0][1] == 2
    lines = [line for _, line in indented]
    assert lines == sorted(set(lines))


def test_yaml_aliases_keep_their_lines() -> None:
    """A merged value has the line of the object that it is merged into."""
    text = "a: &a\n  x: 1\n  y: 2\nb:\n  <<: *a\n  y: 3\nc: *a\n"
    expected = {"a.x": 2, "b.x": 4, "b.y": 6, "c.x": 2, "c.missing": 7}
    lines = dict(walk_yaml(text))
    assert {location: find_line(location, lines) for location in expected} == expected
