"""Regular expressions take linear time, whatever a client sends."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import copr_chroot_fake

PACKAGE = Path(copr_chroot_fake.__file__).parent

SIZE = 12_000
"""A pattern with quadratic time needs half a second for so many characters, one with linear time a millisecond."""

SECONDS = 0.2

PIECES = ("a", "-a", "a.", "0", "/", "?", "-", ":", " ", "\n", "\r", "@", ",", "\\", '"', "://")
BEFORE = ("", "a", "http://a.com/")
AFTER = ("", "!", "\nx")

WITHOUT_CLIENTS = ("generate", "recording")
"""Packages whose patterns read no request."""

ANYWHERE = {"search", "sub", "split", "findall", "finditer"}
"""The functions that try a pattern at each position."""


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in WITHOUT_CLIENTS and "no_sleep" not in parts:
            yield path, ".".join((PACKAGE.name, *parts)).removesuffix(".__init__")


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes], bool]]:
    """Yield the place of each pattern, the pattern, and whether it is tried at each position."""
    for path, name in modules():
        tree = ast.parse(path.read_text())
        methods = {(ast.unparse(call.value), call.attr) for call in ast.walk(tree) if isinstance(call, ast.Attribute)}
        targets = {
            id(node.value): ast.unparse(node.targets[0]) for node in ast.walk(tree) if isinstance(node, ast.Assign)
        }
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.") and call.args):
                continue
            function = ast.unparse(call.func).removeprefix("re.")
            if function == "escape":
                continue
            made = call if function == "compile" else call.args[0]
            try:
                pattern = re.compile(eval(ast.unparse(made), dict(vars(import_module(name)))))
            except NameError:
                # Made of an argument, which is a constant elsewhere.
                continue
            used = {method for owner, method in methods if owner == targets.get(id(call))}
            yield f"{path.name}:{call.lineno}", pattern, bool({function, *used} & ANYWHERE)


CASES = {place: (pattern, anywhere) for place, pattern, anywhere in patterns()}


@pytest.mark.parametrize("place", CASES)
def test_pattern_takes_linear_time(place: str) -> None:
    """Also for texts that almost match."""
    pattern, anywhere = CASES[place]
    for piece in PIECES:
        for before in BEFORE:
            for after in AFTER:
                chars = before + piece * (SIZE // len(piece)) + after
                text = chars.encode() if isinstance(pattern.pattern, bytes) else chars
                began = time.process_time()
                pattern.fullmatch(text)  # type: ignore[arg-type]  # of the type of the pattern
                pattern.match(text)  # type: ignore[arg-type]
                if anywhere:
                    pattern.search(text)  # type: ignore[arg-type]
                assert time.process_time() - began < SECONDS, (before, piece, after)
