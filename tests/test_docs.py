"""What the documents say is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from copr_chroot_fake import LIVES, FakeCopr
from copr_chroot_fake.lives.lifecycle import read_lifecycle
from copr_chroot_fake.scenarios.reading import shipped_scenarios

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_the_state_diagram_is_that_of_the_table() -> None:
    """``make docs`` would change nothing."""
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_states.py"], capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "states.md").read_text() == made


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_python_examples_run_one_after_the_other(document: Path) -> None:
    """Whoever pastes a document's examples in order has no error."""
    names: dict[str, object] = {"__name__": document.stem}
    for block in blocks(document, "python"):
        exec(compile(block, str(document), "exec"), names)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_scenario_examples_load(tmp_path: Path, document: Path) -> None:
    """Every scenario shown is one."""
    for number, block in enumerate(blocks(document, "json")):
        path = tmp_path / f"{number}.json"
        path.write_text(block)
        FakeCopr.from_scenario(path)


@pytest.mark.parametrize("name", LIVES)
def test_each_life_ships_as_a_small_scenario(name: str) -> None:
    """A scenario of that name has a build whose chroots live that life."""
    fake = FakeCopr.from_scenario(shipped_scenarios() / "lives" / f"{name}.json")
    for chroot in fake.builds[1]:
        assert chroot.life is not None
        assert chroot.life.plan == read_lifecycle("", name).plan(f"0/1/{chroot.name}")


def test_every_life_is_documented() -> None:
    """The scenario page names each life and each field of a scenario."""
    page = (ROOT / "docs" / "scenarios.md").read_text()
    for name in LIVES:
        assert f"`{name}`" in page
