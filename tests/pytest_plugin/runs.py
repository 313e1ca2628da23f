"""Runs of pytest that have the plugin."""

from __future__ import annotations

import pytest

HEAD = """
import asyncio, httpx, pytest
F41 = "fedora-41-x86_64"
URL = "https://copr.fedorainfracloud.org/api_3/build-chroot"
ARGS = {"build_id": 1, "chrootname": F41}
"""

UNUSED = ("cacheprovider", "hypothesispytest", "schemathesis")
"""Plugins that no run here needs; two of them take more than half of its time to load."""

ARGUMENTS = [word for name in UNUSED for word in ("-p", f"no:{name}")]


class Run:
    """Run a test file within this process, or in one of its own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, body: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        """Run tests within this process, which has imported most modules before."""
        self.write(body, ini)
        return self.again(*arguments)

    def again(self, *arguments: str) -> pytest.RunResult:
        """Run within this process what has been written."""
        return self.pytester.runpytest_inprocess(*ARGUMENTS, *arguments)

    def in_subprocess(self, body: str, *arguments: str) -> pytest.RunResult:
        """Run tests in a new process, for those that depend on which modules are imported."""
        self.write(body)
        return self.pytester.runpytest_subprocess(*ARGUMENTS, *arguments)

    def write(self, body: str, ini: str = "") -> None:
        """Write the test file and the configuration."""
        if ini or not (self.pytester.path / "pytest.ini").exists():
            head = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
            (self.pytester.path / "pytest.ini").write_text(head + ini)
        self.pytester.makepyfile(HEAD + body)
