"""``scenario generate``, ``scenario schema``, and behavior that all ``scenario`` commands share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.scenario.files import scenario_schema

from ..served import starting
from .command import run
from .examples import write


def test_seed_reproduces_the_generated_scenario(tmp_path: Path) -> None:
    """It is valid, and has the given number of builds."""
    path = tmp_path / "generated.json"
    generated = run("generate", "--builds", "20", "--chroots", "3", "--seed", "7")
    assert run("generate", "--builds", "20", "--chroots", "3", "--seed", "7", "-o", path).stdout == ""
    assert path.read_text() == generated.stdout
    assert run("generate", "--builds", "20", "--chroots", "3", "--seed", "8").stdout != generated.stdout
    assert run("check", path).exit_code == 0
    fake = FakeCopr.from_scenario(path)
    assert len(fake.builds) == 20
    assert 1 <= sum(len(build.chroots) for build in fake.builds.values()) / 20 <= 5


def test_generate_without_faker_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['faker'] = sys.modules['faker.providers'] = None; "
        "from copr_chroot_fake.cli import main; main(['scenario', 'generate'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert "pip install 'copr-chroot-fake[faker]'" in result.stderr


def test_missing_output_directory_is_reported(tmp_path: Path) -> None:
    result = run("schema", "-o", tmp_path / "nowhere" / "file")
    assert result.exit_code == 2
    assert (
        result.stderr
        == f"Error: {tmp_path}/nowhere/file: the directory {tmp_path}/nowhere does not exist; create it first\n"
    )


def test_schema_is_printed_or_written_to_a_file(tmp_path: Path) -> None:
    """A scenario can refer to that file."""
    path = tmp_path / "schema.json"
    assert run("schema").stdout == scenario_schema()
    run("schema", "--output", path)
    assert path.read_text() == run("schema").stdout
    scenario = write(tmp_path, {"$schema": "./schema.json", "builds": [{"id": 1}]})
    assert run("check", scenario).exit_code == 0
    assert "$schema" not in FakeCopr.from_scenario(scenario).to_scenario()


@pytest.mark.slow
@pytest.mark.parametrize("command", [["--help"], ["scenario", "check", "--help"], ["scenario", "check", "pages"]])
def test_help_and_json_checks_import_no_large_packages(command: list[str]) -> None:
    code = (
        "import sys; from copr_chroot_fake.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "assert not {'yaml', 'faker', 'uvicorn'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True)


def test_bundled_scenarios_can_be_served_together() -> None:
    with starting() as start:
        served = start("pages", "mass-rebuild")
        assert len(served.get("/api_3/build-chroot/list?build_id=100&offset=200")["items"]) == 50
        assert len(served.get("/api_3/build-chroot/list?build_id=1060")["items"]) == 4
