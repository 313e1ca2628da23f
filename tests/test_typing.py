"""The public API is completely typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_type_checker_rejects_misspelt_options(tmp_path: Path) -> None:
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
