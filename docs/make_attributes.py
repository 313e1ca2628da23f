"""Generate docs/reference/attributes.md from the public names and the classes (``make docs``)."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import copr_chroot_fake
from copr_chroot_fake import Build, BuildChroot, Message, Project, ProjectSettings, Request, SourceBuild

CLASSES = (Project, ProjectSettings, Build, BuildChroot, SourceBuild, Request, Message)

NAMES = Path(__file__).parents[1] / "tests" / "public_names.txt"

HEAD = """\
# The attributes of objects

This page is generated from the classes by `make docs`; [builds and projects](builds.rst) and [the fake](fake.rst) have
their methods, too. Times are Unix times in seconds. Lists are tuples, so that nobody changes them by accident."""


def main() -> None:
    print(HEAD)
    for cls in CLASSES:
        print(f"\n## {cls.__name__}\n\n| attribute | type | meaning |\n| --- | --- | --- |")
        types, meanings = fields_of(cls)
        for name in public_names(cls):
            member = inspect.getattr_static(cls, name, None)
            if isinstance(member, property):
                types[name] = inspect.signature(member.fget).return_annotation if member.fget else ""
                meanings[name] = inspect.getdoc(member) or ""
            if name in types:
                print(row(name, types[name], meanings.get(name, "")))


def public_names(cls: type) -> Iterator[str]:
    """Yield the public names of a class, without those of methods."""
    prefix = f"{copr_chroot_fake.__name__}.{cls.__name__}."
    for line in NAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith(prefix) and "(" not in line:
            yield line.removeprefix(prefix)


def fields_of(cls: type) -> tuple[dict[str, str], dict[str, str]]:
    """Return the types of fields, and the texts below them, by name."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    types = dict[str, str]()
    texts = dict(re.findall(r"^:param (\w+): ((?:.|\n )+)", inspect.getdoc(cls) or "", re.MULTILINE))
    field = ""
    for statement in definition.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and field:
            texts[field] = inspect.cleandoc(str(statement.value.value))
        field = ""
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            field = statement.target.id
            types[field] = re.sub(r"\b(Any)?Text\b", "str", ast.unparse(statement.annotation))
            types[field] = types[field].replace("WholeNumber", "int")
    return types, texts


def row(name: str, type_: str, meaning: str) -> str:
    text = " ".join(meaning.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")
    type_ = type_.replace("|", "\\|")
    return f"| `{name}` | `{type_}` | {re.sub(r':[a-z]+:`', '`', text)} |"


if __name__ == "__main__":
    main()
