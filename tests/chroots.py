"""Names of chroots."""

from __future__ import annotations

F41 = "fedora-41-x86_64"
F42 = "fedora-42-x86_64"
F43 = "fedora-43-x86_64"
