"""packit submits builds, with its command and with its helper for Copr.

It has an environment of its own, which ``make build/packit`` creates.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, LifecycleName
from copr_chroot_fake.pytest_plugin.commands import variables
from copr_chroot_fake.pytest_plugin.support import CoprServer

from ..chroots import F42, F43
from ..programs import IS_CI, needs

PROGRAMS = Path(__file__).parents[2] / "build" / "packit" / "bin"

pytestmark = [
    needs("git"),
    pytest.mark.skipif(not (IS_CI or (PROGRAMS / "packit").exists()), reason="not installed: make build/packit"),
]

RELEASES = [
    {"name": f"F{number}", "long_name": f"Fedora {number}", "version": str(number), "branch": f"f{number}"}
    | {"id_prefix": "FEDORA", "state": "current" if number < 44 else "pending"}
    for number in (42, 43, 44)
]
"""Releases of Fedora, as packit keeps them in a cache in case that it cannot connect to Bodhi."""

Packit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def packit(copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> Packit:
    """Run a program of packit's environment, for which nothing but the fake is on the network."""
    cache = tmp_path / "cache" / "fedora-distro-aliases"
    cache.mkdir(parents=True)
    (cache / "cache.json").write_text(json.dumps({"data": RELEASES, "timestamp": 0}))
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    (home / ".config" / "copr").write_bytes(copr_config.read_bytes())
    (home / ".cache").symlink_to(tmp_path / "cache")
    environment = {**os.environ, **variables(copr_server.url, 3600), "HOME": str(home)}
    environment |= {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(PROGRAMS / program), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source package in a git repository of its upstream project."""
    (tmp_path / ".packit.yaml").write_text(
        "upstream_package_name: hello\ndownstream_package_name: hello\nspecfile_path: hello.spec\n"
    )
    who = ["-c", "user.name=J. Doe", "-c", "user.email=jdoe@example.org"]
    for command in (
        ["init", "--initial-branch", "main"],
        ["remote", "add", "origin", "https://github.com/jdoe/hello.git"],
        ["add", ".packit.yaml"],
        [*who, "commit", "--message", "Say hello"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    source = tmp_path / "hello-1.0-1.src.rpm"
    source.write_bytes(b"source package")
    return source


def test_command_builds_a_package_in_a_new_project(copr_fake: FakeCopr, packit: Packit, source: Path) -> None:
    """It waits for the build, without any time passing."""
    copr_fake.add_mock_chroots(F42, F43)
    options = ["--owner", "jdoe", "--project", "tools", "--targets", "fedora-43,epel-9"]
    done = packit("packit", "--debug", "build", "--srpm", source.name, "in-copr", *options, ".")
    assert done.returncode == 0, done.stderr
    assert "COPR build 1, state = succeeded" in done.stderr
    copr_fake.assert_project_created(project="jdoe/tools", chroots=[F43], unlisted_on_hp=True)
    copr_fake.assert_submitted(project="jdoe/tools", filename=source.name, enable_net=False)
    build = copr_fake.builds[1]
    assert (build.package, [*build], build.source.content) == ("hello", [F43], b"source package")


@pytest.mark.parametrize(
    ("lifecycle", "state", "last"),
    [
        ("succeeds", "succeeded", ["success", "RPMs were built successfully."]),
        ("fails", "failed", ["failure", "RPMs failed to be built."]),
        ("source-fails", "failed", ["failure", "RPMs failed to be built."]),
    ],
)
def test_helper_reports_the_states_of_a_build(
    copr_fake: FakeCopr, packit: Packit, source: Path, lifecycle: LifecycleName, state: str, last: list[str]
) -> None:
    """It updates the project, and its errors have Copr's message."""
    copr_fake.add_mock_chroots(F42, F43)
    copr_fake.on_submit(lifecycle=lifecycle)
    done = packit("python", str(Path(__file__).with_name("packit_script.py")), source.name)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    assert (printed["state"], printed["reports"][-1]) == (state, last)
    assert {status for status, _ in printed["reports"][:-1]} == {"pending"}
    assert printed["url"].endswith("/coprs/build/1/")
    assert printed["repository"] == f"{copr_fake.results_url}/jdoe/tools/{F42}/"
    assert printed["chroots"] == printed["available"] == [F42, F43]
    assert not printed["canceled"]
    assert "fedora-7-x86_64" in printed["error"]
    assert copr_fake.projects["jdoe/tools"].settings.description == "Tools."
