"""The public names match ``public_names.txt``."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import pytest

from .public_names import public_names

WRITTEN = Path(__file__).with_name("public_names.txt")

REMEDY = """public names differ from public_names.txt:

{changes}

If you meant to change them, run `make names`, and describe the change for users in CHANGELOG.md. Names and parameters
that are removed or change their meaning must be deprecated first, see docs/stability.md. Otherwise, give the new name a
leading underscore, or restore the old one."""


@pytest.mark.slow
def test_public_names_match_the_pinned_list() -> None:
    """The list has signatures, fixtures, options, commands, calls, scenario fields, extras and entry points."""
    written, found = WRITTEN.read_text(), public_names()
    changes = unified_diff(written.splitlines(), found.splitlines(), "written", "found", lineterm="", n=0)
    assert written == found, REMEDY.format(changes="\n".join(changes))
