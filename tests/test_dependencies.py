"""The package imports only its declared dependencies."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import copr_chroot_fake

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = Path(copr_chroot_fake.__file__).parent
ROOT = PACKAGE.parent

DISTRIBUTIONS = {
    "yaml": "pyyaml",
    "requests": "responses",
    "urllib3": "responses",
    "copr_messaging": "copr-messaging",
    "fedora_messaging": "fedora-messaging",
    "pika": "fedora-messaging",
    "twisted": "fedora-messaging",
    "pyrpm": "python-rpm-spec",
}
"""The distributions of modules with other names, and the packages that others bring as a part of their own API."""


def imported(path: Path) -> Iterator[str]:
    """The top-level modules that a file imports, relative imports aside."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.slow
def test_every_import_is_a_declared_dependency() -> None:
    """Not only because another dependency happens to bring it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[>=<~!; ]", each)[0].lower() for each in declared}
    # Type checkers bring the stubs of two modules, which are imported for them only.
    own = {PACKAGE.name, "_typeshed", "typing_extensions", *sys.stdlib_module_names}
    for path in PACKAGE.rglob("*.py"):
        needed = {DISTRIBUTIONS.get(name, name) for name in imported(path) if name not in own}
        assert needed <= names, path
