"""Errors for unknown keys are brief, however many there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr, ScenarioError
from copr_chroot_fake.cli.check import check

from .steps import count_steps


def write(path: Path, keys: int, length: int = 10) -> Path:
    path.write_text(json.dumps({f"{number}{'k' * length}": 1 for number in range(keys)}))
    return path


def test_first_unknown_keys_are_reported(tmp_path: Path) -> None:
    """The error has the number of further ones."""
    (checked,) = check([write(tmp_path / "keys.json", 500)])
    problems = [error.problem for error in checked.errors]
    assert sum(problem.startswith("unknown key") for problem in problems) == 20
    assert sum(problem.startswith("480 more unknown keys; valid: ") for problem in problems) == 1
    assert len(problems) == 21


def test_unknown_keys_take_bounded_work(tmp_path: Path) -> None:
    """Suggestions are only searched for the first unknown keys, with the beginning of a long key."""

    def steps(keys: int, length: int) -> int:
        path = write(tmp_path / "keys.json", keys, length)
        scenario = json.loads(path.read_text())
        with pytest.raises(ScenarioError):
            FakeCopr().add_scenario(scenario)
        return count_steps(lambda: check([path]), "difflib")

    few, many = steps(100, 100), steps(400, 5_000)
    assert many <= few + 300 * 100
