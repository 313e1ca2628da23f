"""The documentation matches the code."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import httpx
import pytest

import copr_chroot_fake
from copr_chroot_fake import FAULTS, LIFECYCLES, Fault, LogNormal, State
from copr_chroot_fake.model.fault import BodyName, BreakName, Dribble, FaultObject
from copr_chroot_fake.model.machine import TRANSITIONS
from copr_chroot_fake.model.project import ProjectChroot
from copr_chroot_fake.scenario.spec import (
    BuildSpec,
    ChrootSpec,
    ProjectSpec,
    ScenarioSpec,
    SourceSpec,
    SubmissionRuleSpec,
)
from copr_chroot_fake.validation.spec import fields_of

from .documents import DOCUMENTS, ROOT, blocks_of, name_of

DOCS = ROOT / "docs"

GENERATED = [
    ("make_endpoint_names", "copr_chroot_fake/wire/endpoint_name.py"),
    ("make_endpoints", "docs/reference/endpoints.md"),
    ("make_attributes", "docs/reference/attributes.md"),
    ("make_scenario_schema", "copr_chroot_fake/scenario/schema.json"),
    ("make_openapi", "copr_chroot_fake/control/openapi.json"),
    ("make_states", "docs/states.md"),
    ("make_control", "docs/reference/control.md"),
    pytest.param("make_control_examples", "docs/reference/control-examples.md", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("module", "file"), GENERATED)
def test_generated_files_are_up_to_date(module: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``make docs`` would change nothing."""
    import_module(f"docs.{module}").main()
    assert (ROOT / file).read_text() == capsys.readouterr().out, "run make docs"


@pytest.mark.parametrize(("module", "file"), GENERATED)
def test_generated_files_name_no_client_version(module: str, file: str) -> None:
    """A release of httpx changes no generated file."""
    assert f"httpx/{httpx.__version__}" not in (ROOT / file).read_text(), module


def test_state_diagram_matches_the_transition_table() -> None:
    """Every state is a box, and every event labels the arrows between its states."""
    boxes: dict[str, str] = {}
    arrows: set[tuple[str, str]] = set()
    for group in ElementTree.parse(DOCS / "states.svg").iterfind(".//{*}g[@class]"):
        title = group.findtext("{*}title", "")
        texts = [text.text or "" for text in group.iterfind("{*}text")]
        if group.get("class") == "node":
            boxes[title] = "".join(texts)
        elif group.get("class") == "edge":
            arrows |= {(title, text.rstrip(",")) for text in texts}
    assert boxes == {state.value: state.value for state in State}
    assert arrows == {
        (f"{source}->{transition.target}", str(transition.event))
        for transition in TRANSITIONS
        for source in transition.sources
    }, "run make docs"


def test_man_page_has_every_option() -> None:
    page = (DOCS / "copr-chroot-fake.1").read_text().replace("\\-", "-")
    names = (ROOT / "tests" / "public_names.txt").read_text()
    options = re.findall(r"^command copr-chroot-fake (\w+).* (--\S+)$", names, re.MULTILINE)
    assert options
    assert [f"{command} {option}" for command, option in options if option not in page] == [], "run make docs"


def test_reference_has_all_public_names_and_fixtures() -> None:
    pages = "".join(page.read_text() for page in (DOCS / "reference").glob("*.rst"))
    documented = re.findall(r"^\.\. auto(?!module)\w+:: (?:copr_chroot_fake\.)?(\w+)", pages, flags=re.MULTILINE)
    fixtures = re.findall(r"^\| `(copr_.*?)` \|", (DOCS / "pytest.md").read_text(), flags=re.MULTILINE)
    named = {"copr_fake", "make_copr_fake", *(name for names in fixtures for name in names.split("`, `"))}
    # Names that need an extra are not in __all__.
    with_extra = ("CoprCli", "CoprProvider", "CoprServer", "MakeCoprFake")
    assert sorted(documented) == sorted([*copr_chroot_fake.__all__, *with_extra, *named])


def test_index_links_to_every_page() -> None:
    index = (DOCS / "README.md").read_text()
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\((?!https?:)([^)#]+)", index)}
    pages = {page for page in DOCS.rglob("*") if page.suffix in (".md", ".rst")}
    assert pages - linked == {DOCS / "README.md", DOCS / "index.rst"}


def test_every_package_is_on_the_architecture_page() -> None:
    """The page lists the packages and top-level modules of the code, and no others."""
    code = Path(copr_chroot_fake.__file__).parent
    packages = {f"{path.name}/" for path in code.iterdir() if (path / "__init__.py").exists()}
    modules = {path.name for path in code.glob("*.py") if not path.name.startswith("__")}
    page = (DOCS / "architecture.md").read_text().partition("## Packages")[2].partition("\n## ")[0]
    named = {*re.findall(r"`(\w+(?:/|\.py))`", page)}
    assert named == packages | modules


@pytest.mark.parametrize("name", ["adding.md", "architecture.md"])
def test_files_and_tables_named_on_the_page_exist(name: str) -> None:
    page = (DOCS / name).read_text()
    code = Path(copr_chroot_fake.__file__).parent
    named = [name for name in re.findall(r"`([\w/]+\.py)`", page) if "NAME" not in name]
    files = {name: (ROOT if name.startswith("tests/") else code) / name for name in named}
    assert [name for name, path in files.items() if not path.exists()] == []
    text = "".join(path.read_text() for path in files.values())
    tables = {*re.findall(r"`(_?[A-Z][A-Z_]+)`", page)} - {"GET"}
    assert [table for table in tables if not re.search(rf"^{table}(:| =)", text, re.MULTILINE)] == []


def test_lifecycles_and_scenario_keys_are_documented() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text()
    specs = (ScenarioSpec, ProjectSpec, ProjectChroot, BuildSpec, SourceSpec, ChrootSpec, SubmissionRuleSpec)
    for name in [*LIFECYCLES, *(field.key for spec in specs for field in fields_of(spec).values())]:
        assert f"`{name}`" in page, name


def test_faults_and_their_fields_are_documented() -> None:
    """The Python form of each named fault is correct, too."""
    page = (ROOT / "docs" / "faults.md").read_text()
    for name in [*FAULTS, *fields_of(FaultObject), *get_args(BodyName), *get_args(BreakName)]:
        assert f"`{name}`" in page, name
    for name in fields_of(Dribble):
        assert f'"{name}": ' in page, name
    for name in FAULTS:
        (example,) = re.findall(rf"^\| `{name}` \|.*\| `(.*)` \|$", page, flags=re.MULTILINE)
        assert eval(example, {"Fault": Fault, "LogNormal": LogNormal}) == FAULTS[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_to_files_are_valid(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / link).exists(), link


def test_man_page_has_the_usual_sections() -> None:
    page = (DOCS / "copr-chroot-fake.1").read_text()
    sections = re.findall(r"^\.SH (.*)$", page, re.MULTILINE)
    assert sections == ["NAME", "SYNOPSIS", "EXIT STATUS", "SEE ALSO", "Author"], "run make docs"


def test_states_diagram_follows_dark_mode() -> None:
    assert "@media (prefers-color-scheme: dark)" in (DOCS / "states.svg").read_text(), "run make docs"


def test_reference_of_the_control_api_wraps() -> None:
    """Wide tables are cut off on small screens; only that of the errors is a table, and a narrow one."""
    assert (DOCS / "reference" / "control.md").read_text().count("| --- |") == 1, "run make docs"


def test_no_line_of_code_in_the_readme_is_cut() -> None:
    """At 1280 pixels, the page of a repository has room for 95 letters."""
    lines = [line for block in blocks_of(ROOT / "README.md") for line in block.text.splitlines()]
    assert [line for line in lines if len(line) > 95] == []
