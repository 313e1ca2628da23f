"""The names of the tests are short enough to be read in a report."""

from __future__ import annotations

import re
from pathlib import Path

MAXIMUM = 60


def test_names_of_tests_are_short() -> None:
    """Of at most 60 characters, without the parameters."""
    names = [
        name
        for path in Path(__file__).parent.rglob("*.py")
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(names) > 1000
    assert [name for name in names if len(name) > MAXIMUM] == []
