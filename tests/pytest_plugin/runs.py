"""Runs of pytest with the plugin."""

from __future__ import annotations

import pytest

HEAD = """
import asyncio, httpx, pytest
F41 = "fedora-41-x86_64"
URL = "https://copr.fedorainfracloud.org/api_3/build-chroot"
ARGS = {"build_id": 1, "chrootname": F41}
"""

UNUSED = ("cacheprovider", "hypothesispytest", "schemathesis")
"""Plugins that these tests do not need; two of them take more than half the time of a run."""

ARGUMENTS = [word for name in UNUSED for word in ("-p", f"no:{name}")]


class Run:
    """Runs a test file, in this process or in a new one."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, body: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        """Run tests in this process, which has already imported most modules."""
        self.write(body, ini)
        return self.again(*arguments)

    def again(self, *arguments: str) -> pytest.RunResult:
        """Run the written test file again, in this process."""
        return self.pytester.runpytest_inprocess(*ARGUMENTS, *arguments)

    def in_subprocess(self, body: str, *arguments: str) -> pytest.RunResult:
        """Run tests that depend on which modules are imported, in a new process."""
        self.write(body)
        return self.pytester.runpytest_subprocess(*ARGUMENTS, *arguments)

    def write(self, body: str, ini: str = "") -> None:
        """Write the test file and the configuration."""
        if ini or not (self.pytester.path / "pytest.ini").exists():
            head = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
            (self.pytester.path / "pytest.ini").write_text(head + ini)
        self.pytester.makepyfile(HEAD + body)
