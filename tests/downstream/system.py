"""A system without packages, in which dnf installs those of a fake."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ..programs import IS_CI, needs

Dnf = Callable[..., str]
"""Runs dnf, which must succeed, and returns its output."""

_is_root = os.geteuid() == 0 if hasattr(os, "geteuid") else False

needs_dnf = [
    needs("dnf", "rpm"),
    pytest.mark.skipif(not (_is_root or IS_CI), reason="dnf enables repositories only as root"),
]
"""Marks for modules with tests of dnf."""


def installed(root: Path) -> set[str]:
    """Return the NEVRAs of the installed packages."""
    output = run(["rpm", "--root", str(root), "--query", "--all", "--queryformat", "%{NEVRA}\\n"]).stdout
    return {*output.splitlines()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system without packages, with its own configuration of dnf and the plugin."""
    for directory in ("repos", "plugins/copr.d", "root"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "plugins" / "copr.conf").write_text("[main]\ndistribution = Fedora\nreleasever = 43\n")
    (tmp_path / "dnf.conf").write_text(
        f"[main]\nreposdir={tmp_path}/repos\npluginconfpath={tmp_path}/plugins\ncachedir={tmp_path}/cache\n"
    )
    return tmp_path / "root"


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.fixture
def failing_dnf(root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run dnf for x86_64, whatever this machine is, and without the other plugins of the machine."""
    options = [f"--config={root.parent}/dnf.conf", f"--installroot={root}", "--releasever=43", "--forcearch=x86_64"]
    options += ["--assumeyes", "--disableplugin=*", "--enableplugin=copr,download"]
    return lambda *arguments: run(["dnf", *options, *arguments])


@pytest.fixture
def dnf(failing_dnf: Callable[..., subprocess.CompletedProcess[str]]) -> Dnf:
    """Run dnf, which must succeed, and return its output."""

    def run_dnf(*arguments: str) -> str:
        done = failing_dnf(*arguments)
        assert done.returncode == 0, done
        return done.stdout

    return run_dnf
