"""Those who know better: Debian's rpm, createrepo_c and wget. A machine may lack them, but not the one of a CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("rpm", "rpmspec", "rpm2cpio", "createrepo_c", "wget")

_missing = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_tools = pytest.mark.skipif(
    bool(_missing) and not os.environ.get("CI"), reason=f"not on this machine: {', '.join(_missing)}"
)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command prints; it must not fail, nor complain."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout
