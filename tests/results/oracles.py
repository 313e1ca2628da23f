"""External tools that verify results: rpm, createrepo_c and wget. They are required in CI and optional elsewhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ..programs import needs

needs_tools = needs("rpm", "rpmspec", "rpm2cpio", "createrepo_c", "wget")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Return the output of a command, which must exit with 0 and write nothing to stderr."""
    completed = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, check=False)
    assert (completed.returncode, completed.stderr) == (0, ""), completed
    return completed.stdout
