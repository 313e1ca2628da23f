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
        return self.pytester.runpytest_inprocess(*self._without_unused(), *arguments)

    def in_subprocess(self, body: str, *arguments: str) -> pytest.RunResult:
        """Run tests that depend on which modules are imported, in a new process."""
        self.write(body)
        return self.pytester.runpytest_subprocess(*self._without_unused(), *arguments)

    def _without_unused(self) -> list[str]:
        """Return the arguments that leave out plugins; Faker's is slow, too."""
        has_faker = any("faker" in path.read_text() for path in self.pytester.path.glob("*.py"))
        return [word for name in (*UNUSED, *(["faker"] * (not has_faker))) for word in ("-p", f"no:{name}")]

    def write(self, body: str, ini: str = "") -> None:
        """Write the test file and the configuration."""
        if ini or not (self.pytester.path / "pytest.ini").exists():
            head = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
            (self.pytester.path / "pytest.ini").write_text(head + ini)
        self.pytester.makepyfile(HEAD + body)
