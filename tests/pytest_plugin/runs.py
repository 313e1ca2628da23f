"""Runs of pytest that have the plugin."""

from __future__ import annotations

import pytest

HEAD = """
import asyncio, httpx, pytest
F41 = "fedora-41-x86_64"
URL = "https://copr.fedorainfracloud.org/api_3/build-chroot"
ARGS = {"build_id": 1, "chrootname": F41}
"""

WITHOUT = [word for name in ("cacheprovider", "hypothesispytest", "schemathesis") for word in ("-p", f"no:{name}")]
"""Plugins that no run here needs; two of them take more than half of its time to load."""


class Run:
    """Run a test file, in a process of its own so that nothing of this run is in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, body: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        if ini or not (self.pytester.path / "pytest.ini").exists():
            head = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
            (self.pytester.path / "pytest.ini").write_text(head + ini)
        self.pytester.makepyfile(HEAD + body)
        return self.pytester.runpytest_subprocess(*WITHOUT, *arguments)
