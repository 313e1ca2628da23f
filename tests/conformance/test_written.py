"""The fake takes the sequences that ``verify --write OWNER --save DIRECTORY`` has saved as Copr did."""

from __future__ import annotations

from pathlib import Path

import pytest

from copr_chroot_fake.verify.written import compare_written

from ..recordings import DIRECTORY

SAVED = sorted(DIRECTORY.glob("written*.jsonl"))


@pytest.mark.parametrize("file", SAVED)
def test_core_matches_written_sequence(file: Path) -> None:
    report = compare_written(file)
    if report.differences:
        pytest.fail(report.text(), pytrace=False)
