"""The public API is completely typed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from copr_chroot_fake import FAULTS, LIFECYCLES, FaultName, LifecycleName, Stage
from copr_chroot_fake.model.fault import FaultFields, FaultObject
from copr_chroot_fake.model.lifecycle import StageFields
from copr_chroot_fake.scenario.spec import ChrootFields, ChrootSettings, ChrootSpec, NamedChrootFields
from copr_chroot_fake.validation.spec import fields_of

EXAMPLES = Path(__file__).parent / "typed_api.py"


@pytest.mark.parametrize(
    "checker", [["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable]], ids=["mypy", "pyright"]
)
def test_type_checkers_accept_the_examples(checker: list[str]) -> None:
    """The examples assert types."""
    done = subprocess.run(
        [sys.executable, "-m", *checker, str(EXAMPLES)],
        cwd=EXAMPLES.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


MISSPELT = """\
from copr_chroot_fake import FakeCopr
fake = FakeCopr()
FakeCopr(progress="pol")
fake.assert_requested("lists")
fake.faults.add({"frist": 1, "status": 500})
fake.faults.add({"body": "htm", "status": 500})
fake.add_build({"fedora-41-x86_64": {"lifecycle": "fail"}})
fake.add_build([{"name": "fedora-41-x86_64", "stat": "running"}])
fake.add_build(["fedora-41-x86_64"], lifecycle={"stages": [{"state": "running", "last": 5}]})
"""


@pytest.mark.parametrize(
    "checker", [["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable]], ids=["mypy", "pyright"]
)
def test_type_checkers_find_misspelt_names(checker: list[str], tmp_path: Path) -> None:
    """Every line after the second has one."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(MISSPELT)
    done = subprocess.run(
        [sys.executable, "-m", *checker, str(wrong)],
        cwd=EXAMPLES.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = {int(line) for line in re.findall(r"wrong\.py:(\d+):", done.stdout)}
    assert found == {*range(3, 10)}, done.stdout


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        (FaultFields, FaultObject),
        (StageFields, Stage),
        (ChrootFields, ChrootSettings),
        (NamedChrootFields, ChrootSpec),
    ],
)
def test_types_of_mappings_have_the_fields_that_are_parsed(typed: type, spec: type) -> None:
    assert get_type_hints(typed).keys() == fields_of(spec).keys()


def test_named_lifecycles_and_faults_have_types() -> None:
    assert get_args(LifecycleName) == (*LIFECYCLES,)
    assert get_args(FaultName) == (*FAULTS,)
