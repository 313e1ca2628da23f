"""Each name on the page about extending the kit exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from copr_chroot_fake.api.routing import ENDPOINTS

from .documents import ROOT

PAGE = (ROOT / "docs" / "adding.md").read_text()
PACKAGE = ROOT / "copr_chroot_fake"


def spans(page: str) -> set[str]:
    """Return the code in a page, and what its examples decorate and call."""
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    in_blocks = {name for block in blocks for name in re.findall(r"@(\w+)|\b(\w+)\(|\b(\w+)=", block) for name in name}
    text = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    return {*(" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)), *filter(None, in_blocks)}


def exists(span: str) -> bool:
    """Return whether a make target, a file, an endpoint, or a name in the code exists."""
    if span.startswith("make "):
        return re.search(rf"^{span.removeprefix('make ')}:", (ROOT / "Makefile").read_text(), re.MULTILINE) is not None
    if re.search(r"/|\.\w+$", span) and "(" not in span and not span[0].isupper():
        path = re.sub(r"NAME\.\w+$", "", span)
        return span in ENDPOINTS or any((folder / path).exists() for folder in (ROOT, PACKAGE))
    names = re.findall(r"[\w.]+", span)
    return all(name in defined_names() for name in names)


@cache
def defined_names() -> frozenset[str]:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "noxfile.py"]
    return frozenset(name for file in files for name in names_in(file))


def names_in(file: Path) -> Iterator[str]:
    """Yield what a module defines, apart from local variables: its names, those of its classes, and parameters."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            own = [name for statement in node.body for name in bound(statement)]
            yield from own
            yield from (f"{node.name}.{name}" for name in own if isinstance(node, ast.ClassDef))
        elif isinstance(node, ast.arg):
            yield node.arg


def bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a definition or an assignment binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        yield from (
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )


@pytest.mark.slow
@pytest.mark.parametrize("span", sorted(spans(PAGE)))
def test_name_on_the_page_exists(span: str) -> None:
    assert exists(span)


@pytest.mark.parametrize(
    "wrong",
    ["make mistakes", "api/build.py", "build/lists", "BuildChroot.polls", "_NO_TABLE", "in_blocks", "pyproject.tml"],
)
def test_name_that_does_not_exist_is_found(wrong: str) -> None:
    assert not exists(wrong)
    assert wrong in spans(f"Run\n`{wrong}`.")
