"""Shell patterns match like those of fnmatch, in linear time."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.model.shell_pattern import ShellPattern

CLASSES = st.sampled_from(["[ab]", "[!a]", "[a-f]", "[]a]", "[!]a]", "[-a]", "[a-]", "[?*]", "[a", "[", "]", "a-b"])


@given(st.lists(CLASSES | st.sampled_from("ab*?"), max_size=8).map("".join), st.text("abc]-[?*", max_size=6))
def test_names_match_as_in_fnmatch(pattern: str, name: str) -> None:
    assert ShellPattern(pattern).matches(name) == fnmatchcase(name, pattern)


@pytest.mark.parametrize("pattern", ["[a" * 100_000, "*a" * 100_000 + "b", "[" + "a-" * 100_000 + "]", "*" * 200_000])
def test_hostile_pattern_takes_linear_time(pattern: str) -> None:
    assert ShellPattern(pattern).matches("fedora-43-x86_64") == (set(pattern) == {"*"})


def test_hostile_pattern_of_a_request_is_answered_at_once() -> None:
    fake = FakeCopr()
    fake.add_project("jdoe/tools", chroots=["fedora-43-x86_64"])
    body = b"ownername=jdoe&projectname=tools&pkgs=hello&chroots=" + b"[a" * 200_000
    headers = [("Authorization", "Basic amRvZTp0b2tlbg=="), ("Content-Type", "application/x-www-form-urlencoded")]
    assert fake.answer("POST", "/api_3/build/create/url", headers, body).status == 400
