"""Files that a test adds to a result directory: their names and contents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from ..errors import InputError
from ..validation import checks
from ..validation.checks import Base64, Text
from ..validation.rule import Rule, Written, frozen, whole
from ..validation.spec import dump, parse, parse_mapping

NO_RESULTS: Mapping[str, bytes] = MappingProxyType({})

_SEGMENT = r"(?!\.\.?(?:/|$))[^/\x00-\x1f\x7f-\x9f]+"
_NAME = f"{_SEGMENT}(?:/{_SEGMENT})*"
_GZIP = b"\x1f\x8b"


def parse_result_name(location: str, value: object) -> str:
    """Return the name of a file, which may be in directories, such as ``fedora-review/review.json``.

    A log has the same name with and without ``.gz``, as Copr compresses it, except in directories.
    """
    name = checks.text(location, value)
    if re.fullmatch(_NAME, name) is None:
        problem = f"{checks.excerpt(name)} is not the name of a file; expected one such as dir/review.json"
        raise InputError(location, problem)
    log = name.removesuffix(".gz")
    return log if is_log(log) else name


def is_log(name: str) -> bool:
    """Return whether a file is a log that Copr compresses at the end of the build."""
    return name.endswith(".log") and "/" not in name


@frozen()
class EncodedContent:
    """The content of a file that is no text, encoded as base64."""

    base64: Base64


@frozen()
class NamedContent:
    """The path of a file with the content, relative to the scenario; only a scenario file can have it."""

    file: Text


def parse_result_content(location: str, value: object) -> bytes:
    """Return the content of a file: bytes, a text in UTF-8, or an object with its base64."""
    if checks.is_kind(value, bytes):
        return value
    if checks.is_mapping(value):
        entry = checks.mapping(location, value)
        if "file" in entry:
            raise InputError(location, "only a scenario file can name another file; expected the content itself")
        return parse(EncodedContent, location, entry).base64
    text = checks.plain_text(value)
    if text is None:
        raise InputError(location, f"expected a text or bytes, got {checks.excerpt(value)}")
    if not checks.is_unicode(text):
        raise InputError(location, f"{checks.excerpt(text)} contains an unpaired surrogate")
    return text.encode()


def dump_result_content(content: bytes) -> object:
    """Return the content of a file as JSON has it."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return dump(EncodedContent(content))


def check_result(location: str, name: str, content: bytes) -> None:
    """:raises InputError: if a log is given as Copr compresses it."""
    if is_log(name) and content.startswith(_GZIP):
        raise InputError(location, f"the log {name} is compressed; expected its text, which the fake compresses")


def parse_result(name: object, content: object) -> Mapping[str, bytes]:
    """Return one file that a test adds."""
    checked, parsed = parse_result_name("name", name), parse_result_content("content", content)
    check_result("content", checked, parsed)
    return {checked: parsed}


def parse_results(location: str, value: object) -> Mapping[str, bytes]:
    """Return the contents of files by name."""
    given = checks.mapping(location, value)
    found = parse_mapping(parse_result_name, parse_result_content, location, given)
    for name, content in found.items():
        check_result(checks.dotted(location, name), name, content)
    if len(found) < len(given):
        raise InputError(location, "a log is given with and without .gz; expected one of them")
    return found


def dump_results(results: Mapping[str, bytes]) -> dict[str, object]:
    """Return the contents of files as JSON has them, by name."""
    return {name: dump_result_content(content) for name, content in results.items()}


ResultName = Annotated[str, Rule(parse_result_name), whole(_NAME)]
ResultContent = Annotated[
    bytes, Rule(parse_result_content, dump_result_content), Written(str | EncodedContent | NamedContent)
]
Results = Annotated[Mapping[str, bytes], Rule(parse_results, dump_results), Written(Mapping[ResultName, ResultContent])]
