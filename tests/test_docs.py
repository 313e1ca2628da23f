"""What the documents say is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from copr_chroot_fake import FAULTS, LIVES, FakeCopr, Fault, LogNormal, Scenario
from copr_chroot_fake.faults.fault import BodyName, BreakName, DribbleEntry, FaultEntry
from copr_chroot_fake.lives.lifecycle import read_lifecycle
from copr_chroot_fake.scenarios.entries import BuildEntry, ChrootEntry, ProjectChrootEntry, ProjectEntry
from copr_chroot_fake.scenarios.reading import shipped_scenarios

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


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


def test_the_example_of_the_pytest_page_passes(pytester: pytest.Pytester) -> None:
    """Pasted into a file, with the kit installed and nothing else."""
    pytester.makepyfile("\n\n".join(blocks(ROOT / "docs" / "pytest.md", "python")))
    pytester.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=3)


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
    (build,) = fake.builds.values()
    for chroot in build:
        assert chroot.life is not None
        assert chroot.life.plan == read_lifecycle("", name).plan(f"0/{build.id}/{chroot.name}")


def test_all_shipped_scenarios_can_be_served_together() -> None:
    """None of them has a build of another's id."""
    fake = FakeCopr()
    for path in sorted(shipped_scenarios().rglob("*.json")):
        fake.add_scenario(path)
    assert len(fake.builds) == len(LIVES) + 3


def test_every_life_and_every_field_is_documented() -> None:
    """The scenario page names each of them."""
    page = (ROOT / "docs" / "scenarios.md").read_text()
    entries = (Scenario, ProjectEntry, ProjectChrootEntry, BuildEntry, ChrootEntry)
    for name in [*LIVES, *(key for entry in entries for key in entry.__annotations__)]:
        assert f"`{name}`" in page, name


def test_every_fault_and_every_field_of_one_is_documented() -> None:
    """The page of faults names each of them, and what their fields can be."""
    page = (ROOT / "docs" / "faults.md").read_text()
    for name in [*FAULTS, *FaultEntry.__annotations__, *get_args(BodyName), *get_args(BreakName)]:
        assert f"`{name}`" in page, name
    for name in DribbleEntry.__annotations__:
        assert f'"{name}": ' in page, name
    for name in FAULTS:
        (example,) = re.findall(rf"^\| `{name}` \|.*\| `(.*)` \|$", page, flags=re.MULTILINE)
        assert eval(example, {"Fault": Fault, "LogNormal": LogNormal}) == FAULTS[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every link to a file of the project is to one that is there."""
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / link).exists(), link
