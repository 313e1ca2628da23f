"""The container image: its files, user and entry point, without building it, and the compose file that uses it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .documents import ROOT, blocks_of, environment, run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINES = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text()).splitlines()
INSTRUCTIONS = [(name, rest) for name, _, rest in (line.partition(" ") for line in LINES) if name.isupper()]


def words_of(instruction: str) -> list[str]:
    """The words of the command in an instruction, such as ENTRYPOINT."""
    (rest,) = (rest for name, rest in INSTRUCTIONS if name == instruction)
    words: list[str] = json.loads(rest[rest.index("[") :])
    return words


def test_image_has_all_files_that_the_wheel_includes() -> None:
    copies = [rest.split() for name, rest in INSTRUCTIONS if name == "COPY" and not rest.startswith("--from")]
    copied = {path for paths in copies for path in paths[:-1]}
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())
    hatch = metadata["tool"]["hatch"]
    readme = {part["path"] for part in hatch["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]}
    fixed = {"constraints", "pyproject.toml", "copr_chroot_fake", *metadata["project"]["license-files"]}
    assert copied == fixed | readme | {*hatch["build"]["targets"]["wheel"]["force-include"]}


def test_image_does_not_run_as_root() -> None:
    (user,) = (rest for name, rest in INSTRUCTIONS if name == "USER")
    assert int(user) > 0


def test_container_without_a_token_does_not_start(tmp_path: Path) -> None:
    """The server would be reachable from other machines."""
    ended = subprocess.run(
        words_of("ENTRYPOINT"), env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "--control-token" in ended.stderr


@pytest.mark.slow
def test_compose_service_is_healthy_and_controlled(tmp_path: Path) -> None:
    """The command runs as in the container, and accepts the token that the script sends."""
    files = {block.file: block.text for block in blocks_of(ROOT / "docs" / "how-to" / "compose.md")}
    services = yaml.safe_load(files["compose.yaml"])["services"]
    service, client = services["copr"], services["app"]
    server = subprocess.Popen(
        # The port may be in use here.
        [*words_of("ENTRYPOINT"), *service["command"], "--port", "0"],
        env=environment(tmp_path) | service["environment"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = re.sub(r"^.*:(\d+)\n$", r"127.0.0.1:\1", server.stdout.readline())
        python, option, code = words_of("HEALTHCHECK")
        healthy = code.replace("'127.0.0.1', 5000", f"'{address}'")
        assert healthy != code
        subprocess.run([python, option, healthy], env=environment(tmp_path), check=True)
        controlled = run(tmp_path, files["control.sh"], **client["environment"] | {"COPR_URL": f"http://{address}"})
        assert '"status": 503' in controlled.stdout, controlled.stdout
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=10)
    assert server.returncode == 0
