"""Regular expressions take linear time, whatever they read."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

import copr_chroot_fake
from copr_chroot_fake.api.bodies import RequestBody
from copr_chroot_fake.api.routing import ENDPOINTS

PACKAGE = Path(copr_chroot_fake.__file__).parent

SIZE = 12_000
"""A pattern with quadratic time needs half a second for so many characters, one with linear time a millisecond."""

SECONDS = 0.2

PIECES = ("a", "-a", "a.", "0", "-0", "/", "a/", "?", "-", ":", " ", "\n", "\r", "@", ",", "\\", '"', "://")
BEFORE = ("", "a", "http://a.com/")
AFTER = ("", "!", "\nx")

MADE_FROM_ARGUMENTS = {
    "api/bodies.py": ["_LINE_BREAK + end", "end"],
    "api/forms.py": ["pattern"],
    "adapters/requests.py": ["'|'.join(map(re.escape, urls))"],
    "api/routing.py": ["route.pattern"],
    "verify/comparison.py": ["order.paths"],
    "recording/to_scenario.py": ["f'.*/{re.escape(name)}/([^/\\\\s]+)/'"],
}
"""Patterns that are not known before the kit runs.

They are those of forms and routes, which are tested below, the boundaries of forms, and fixed texts.
"""

ANYWHERE = {"search", "sub", "split", "findall", "finditer"}
"""The functions that try a pattern at each position."""


class Use(NamedTuple):
    """A pattern in the code: as written, compiled unless it is made later, and whether it is tried at each position."""

    expression: str
    pattern: re.Pattern[str] | re.Pattern[bytes] | None
    anywhere: bool


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if "no_sleep" not in parts:
            yield path, ".".join((PACKAGE.name, *parts)).removesuffix(".__init__")


def uses() -> Iterator[tuple[str, Use]]:
    """Yield the place of each pattern, and the pattern."""
    for path, name in modules():
        tree = ast.parse(path.read_text())
        methods = {(ast.unparse(call.value), call.attr) for call in ast.walk(tree) if isinstance(call, ast.Attribute)}
        targets = {
            id(node.value): ast.unparse(node.targets[0]) for node in ast.walk(tree) if isinstance(node, ast.Assign)
        }
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and call.args):
                continue
            module, _, function = ast.unparse(call.func).rpartition(".")
            # A field of a form is valid if it matches a pattern.
            if (module, function) != ("forms", "matches") and (module != "re" or function == "escape"):
                continue
            made = call if function == "compile" else call.args[0]
            try:
                pattern = re.compile(eval(ast.unparse(made), dict(vars(import_module(name)))))
            except NameError:
                pattern = None
            used = {method for owner, method in methods if owner == targets.get(id(call))}
            anywhere = bool({function, *used} & ANYWHERE)
            yield f"{path.relative_to(PACKAGE)}:{call.lineno}", Use(ast.unparse(call.args[0]), pattern, anywhere)


USES = dict(uses())
CASES: dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], bool]] = {
    **{place: (use.pattern, use.anywhere) for place, use in USES.items() if use.pattern is not None},
    **{route.path: (re.compile(route.pattern), False) for endpoint in ENDPOINTS.values() for route in endpoint.routes},
}


@pytest.mark.slow
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
                pattern.match(text)  # type: ignore[arg-type]  # as above
                if anywhere:
                    pattern.search(text)  # type: ignore[arg-type]  # as above
                assert time.process_time() - began < SECONDS, (before, piece, after)


def test_patterns_made_from_arguments_are_known() -> None:
    """Each other one is tested."""
    made: dict[str, list[str]] = {}
    for place, use in USES.items():
        if use.pattern is None:
            made.setdefault(place.partition(":")[0], []).append(use.expression)
    assert {module: sorted(expressions) for module, expressions in made.items()} == MADE_FROM_ARGUMENTS


@pytest.mark.parametrize(
    ("boundary", "content"),
    [
        ("-" * SIZE + "x", "-" * 50 * SIZE),
        ("a--" * (SIZE // 3) + "x", "--a" * 50 * SIZE),
        ("a--", "--a" * 50 * SIZE),
        ("x" * SIZE, ("\r\n--" + "x" * (SIZE - 1)) * 50),
        ("x", "--x" + " " * 50 * SIZE),
        ("x", "--x\r\n\r\n" + "\n--x " * 50 * SIZE),
    ],
)
def test_form_with_a_hostile_boundary_is_read_in_linear_time(boundary: str, content: str) -> None:
    body = RequestBody([(b"content-type", b"multipart/form-data; boundary=%b" % boundary.encode())], content.encode())
    began = time.process_time()
    assert body.parts == ({}, {})
    assert time.process_time() - began < 5 * SECONDS
