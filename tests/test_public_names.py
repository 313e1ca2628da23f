"""The public names are those that are written down."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from .public_names import public_names

WRITTEN = Path(__file__).with_name("public_names.txt")

REMEDY = """public names have changed, without public_names.txt:

{changes}

If that is meant: `make names` writes them anew, and CHANGELOG.md says what a user sees of it. A name or a parameter
that goes, or means something else, has to be deprecated first, as docs/stability.md says. If it is not meant: give the
new name a leading underscore, or bring the old one back."""


def test_no_public_name_comes_or_goes_unseen() -> None:
    """Signatures, fixtures, options, commands, calls, fields of scenarios, extras and entry points are pinned."""
    written, found = WRITTEN.read_text(), public_names()
    changes = unified_diff(written.splitlines(), found.splitlines(), "written", "found", lineterm="", n=0)
    assert written == found, REMEDY.format(changes="\n".join(changes))
