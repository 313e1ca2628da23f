"""Type checkers see the public API completely."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent / "typed_api.py"


@pytest.mark.parametrize(
    "checker", [["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable]], ids=["mypy", "pyright"]
)
def test_a_file_of_examples_has_no_error(checker: list[str]) -> None:
    """Every type that the examples assert is the one that is seen."""
    done = subprocess.run(
        [sys.executable, "-m", *checker, str(EXAMPLES)],
        cwd=EXAMPLES.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_use_is_an_error(tmp_path: Path) -> None:
    """A misspelt option or endpoint is seen before anything is run."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from copr_chroot_fake import FakeCopr\nfake = FakeCopr(progress='pol')\nfake.assert_requested('lists')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(wrong)],
        cwd=EXAMPLES.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert [f"wrong.py:{line}:" in done.stdout for line in (2, 3)] == [True] * 2, done.stdout
