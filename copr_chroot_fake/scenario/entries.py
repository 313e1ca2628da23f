"""Names for the parts of scenario documents; :mod:`.spec` declares their fields."""

from __future__ import annotations

from typing import Any, TypeAlias

Entry: TypeAlias = dict[str, Any]

Scenario: TypeAlias = Entry
ProjectEntry: TypeAlias = Entry
ProjectChrootEntry: TypeAlias = Entry
BuildEntry: TypeAlias = Entry
ChrootEntry: TypeAlias = Entry
ChrootSettings: TypeAlias = Entry
