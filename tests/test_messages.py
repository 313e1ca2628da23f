"""Excerpts of values in messages are short, and on one line."""

from __future__ import annotations

from collections import UserList, deque
from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr, ScenarioError, State
from copr_chroot_fake.validation.checks import excerpt

from .hostile import HOSTILE, Name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("a" * 61, "'" + "a" * 56 + "..."),
        ("a\n\x1b\ud800", r"'a\n\x1b\ud800'"),
        (Name.CHROOT, "'fedora-41-x86_64'"),
        (State.RUNNING, "'running'"),
        (True, "True"),
        (10**400, "a very large int"),
        ([], "[]"),
        ((1,), "(1,)"),
        ([[[[1]]]], "[[[[...]]]]"),
        ({"a": {"b": [1, "x"]}}, "{'a': {'b': [1, 'x']}}"),
        ({1, 2}, "{1, 2}"),
        (b"x", "b'x'"),
        (bytearray(b"x"), "b'x'"),
        (None, "None"),
        (deque(range(100)), "a deque of 100 items"),
        (UserList([1] * 99), "a UserList of 99 items"),
    ],
)
def test_excerpt_is_one_short_line(value: object, text: str) -> None:
    assert excerpt(value) == text


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_any_value_can_be_shown(make: Callable[[], object]) -> None:
    """Whatever it does itself when it is asked for its text."""
    text = excerpt(make())
    assert text.isprintable()
    assert 0 < len(text) <= 60


def test_large_values_are_not_written_out_as_a_whole() -> None:
    """Of a million items only the first few are looked at."""
    count = [0]

    class Item:
        def __repr__(self) -> str:
            count[0] += 1
            return "item"

    items: list[object] = [Item()] * 1_000_000
    excerpt(items)
    excerpt(tuple(items))
    excerpt(dict.fromkeys(range(1_000_000), items))
    excerpt(deque(items))
    assert count[0] < 1000


def test_values_that_share_their_parts_are_shown_at_once() -> None:
    """A list of the same list, fifty levels deep, has more items than could ever be shown."""
    value: list[object] = [0]
    for _ in range(50):
        value = [value] * 20
    assert excerpt(value).startswith("[[[[...]")


def test_key_that_should_not_be_there_does_not_fill_the_message() -> None:
    """The error still has all of it."""
    key = "k" * 1_000_000
    with pytest.raises(ScenarioError) as refused:
        FakeCopr.from_scenario({key: 1})
    assert len(str(refused.value)) < 400
    assert refused.value.location == key
