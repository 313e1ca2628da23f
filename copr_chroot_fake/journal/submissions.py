"""Recorded submissions of builds and projects, and their comparison with the expected fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from ..api.routing import parse_target
from ..excerpt import LONGEST, line
from ..scenario.spec import split_full_name
from ..validation import checks
from .request import Request

Fields = Mapping[str, Any]
"""The fields of a submission, by name."""

Kind: TypeAlias = Literal["build", "project", "edit"]
"""What a request submits: a build, a project, or an edit of a project."""

_NOTHING: Mapping[Kind, str] = {
    "build": "Nothing was submitted.",
    "project": "No request created a project.",
    "edit": "No request edited a project.",
}


class Submission(NamedTuple):
    """A build, a project or an edit of a project that a request submitted.

    :param fields: the fields of the body that are not null, with ``project``, ``user``, ``url`` and ``filename``.
    :param changed: what was created or edited; ``None`` if the request changed nothing.
    """

    request: Request
    fields: Fields
    changed: str | None


def builds_in(request: Request) -> Iterator[Submission]:
    """Yield the builds that a request submitted: one for each URL."""
    fields = _fields(request)
    owner, name = fields.pop("ownername", None), fields.pop("projectname", None)
    urls = _words(fields.pop("pkgs", None)) or [fields[key] for key in ("clone_url",) if key in fields]
    if name is not None:
        fields["project"] = f"{owner}/{name}"
    if "pkgs" in request.files:
        fields["filename"] = request.files["pkgs"].filename
    created = [f"build {number}" for number in request.created_builds]
    for index in range(max(len(urls), len(created), 1)):
        url = {"url": urls[index]} if index < len(urls) else {}
        yield Submission(request, {**fields, **url}, created[index] if index < len(created) else None)


def project_in(request: Request) -> Iterator[Submission]:
    """Yield the project that a request submitted."""
    fields = _fields(request)
    parameters = parse_target(request.target).parameters
    owner, name = fields.pop("ownername", parameters.get("ownername")), fields.pop("name", None)
    project = request.created_project
    fields["project"] = project or f"{owner}/{name}"
    yield Submission(request, fields, project and f"project {project}")


def edit_in(request: Request) -> Iterator[Submission]:
    """Yield the edit of a project that a request submitted."""
    parameters = parse_target(request.target).parameters
    project = f"{parameters.get('ownername')}/{parameters.get('projectname')}"
    changed = f"edited project {project}" if request.status == 200 else None
    yield Submission(request, {**_fields(request), "project": project}, changed)


def _fields(request: Request) -> dict[str, Any]:
    """Return the fields of a body, and the user."""
    document = request.json
    # A document that is nested too deeply cannot be printed.
    sent = document if isinstance(document, dict) and not checks.is_too_deep(document) else request.form
    fields: dict[str, Any] = {name: value for name, value in sent.items() if value is not None}
    if "chroots" in fields:
        chroots = fields["chroots"]
        fields["chroots"] = sorted(map(str, chroots)) if isinstance(chroots, list) else [str(chroots)]
    return fields if request.user is None else {**fields, "user": request.user}


def _words(value: object) -> list[str]:
    """Return the texts in a list, or the words of a text."""
    words = value.split() if isinstance(value, str) else value
    return [*map(str, words)] if isinstance(words, list) else []


def expected_fields(fields: Mapping[str, object], chroots: Iterable[str] | None, **texts: str | None) -> Fields:
    """Return the fields that an assertion expects.

    :raises InputError: for an invalid value.
    """
    expected: dict[str, Any] = {}
    for name, text in texts.items():
        if text is not None:
            expected[name] = checks.text(name, text)
    if "project" in expected:
        split_full_name("project", expected["project"])
    if chroots is not None:
        expected["chroots"] = sorted(checks.texts("chroots", chroots))
    return {**expected, **checks.json_object("fields", fields)}


def problem_in(found: Iterable[Submission], expected: Fields, times: int | None, subject: Kind) -> str | None:
    """Return how submissions differ from the expected ones, with the closest; ``None`` if they do not.

    :param times: the expected number of accepted submissions with these fields; by default, at least one.
    """
    submissions = [*found]
    matching = [submission for submission in submissions if submission.changed and _matches(submission, expected)]
    if len(matching) == times if times is not None else matching:
        return None
    message = f"expected {expected_number(times, subject)} with these fields, got {len(matching) or 'none'}"
    if not submissions:
        return f"{message}. {_NOTHING[subject]}"
    if matching:
        lines = "".join(f"\n  {_described(submission)}" for submission in matching[-_MAX_LISTED:])
        return f"{message}:{lines}"
    closest = max(submissions, key=lambda submission: _closeness(submission, expected))
    difference = f"{_diff(closest, expected)}{_suggestions(submissions, expected)}"
    return f"{message}. The closest of {len(submissions)}:\n  {_described(closest)}{difference}"


def expected_number(times: int | None, noun: str) -> str:
    """Return how many requests or objects an assertion expects."""
    return f"at least 1 {noun}" if times is None else f"{times or 'no'} {noun}{'' if times == 1 else 's'}"


_MAX_LISTED = 20
"""The maximum number of submissions in a message."""


def _matches(submission: Submission, expected: Fields) -> bool:
    return all(name in submission.fields and _is_equal(submission.fields[name], expected[name]) for name in expected)


def _is_equal(sent: object, expected: object) -> bool:
    # Forms, and copr-cli, send numbers as texts, which Copr reads as numbers.
    return sent == expected or (type(expected) is int and sent == str(expected))


def _closeness(submission: Submission, expected: Fields) -> tuple[int, int, bool, int]:
    """Return the rank of a submission: by its equal and its other expected fields, its success, and its time."""
    equal = sum(_matches(submission, {name: value}) for name, value in expected.items())
    common = len(submission.fields.keys() & expected.keys())
    return equal, common, submission.changed is not None, submission.request.number


def _described(submission: Submission) -> str:
    user = submission.request.user
    by = "" if user is None else f" by {line(user, LONGEST)}"
    return f"{submission.request}: {submission.changed or 'changed nothing,'}{by}"


def _diff(submission: Submission, expected: Fields) -> str:
    """Return a diff of the expected fields, and the names of the other fields."""
    # Imported late: only failures need it.
    from difflib import unified_diff

    body = submission.request.body
    if not body.is_kept:
        return f"\nIts body of {body.size} bytes is too large to be kept."
    fields = submission.fields
    sent = {
        name: value if _is_equal(fields[name], value) else fields[name]
        for name, value in expected.items()
        if name in fields
    }
    changes = [*unified_diff(_lines(expected), _lines(sent), n=_MAX_LINES, lineterm="")][2:]
    masked = [f"  {change[0]} {_PASSWORD.sub('***', change[1:])}" for change in changes if not change.startswith("@@")]
    lines = [checks.shortened(text, 2 * _WIDTH) for text in masked]
    if len(lines) > _MAX_LINES:
        lines[_MAX_LINES:] = ["  …"]
    others = checks.listing([line(name, LONGEST) for name in sorted(fields.keys() - expected.keys())])
    titled = ["Difference (- expected, + sent):", *lines] if lines else []
    return "\n".join(["", *titled, *([f"Other fields sent: {others}"] if others else [])])


def _suggestions(submissions: Sequence[Submission], expected: Fields) -> str:
    """Return a suggestion for each expected field that no submission has, if there is a similar name."""
    known = {name for submission in submissions for name in submission.fields}
    close = {name: checks.nearest(name, sorted(known), 1, 0.7) for name in expected if name not in known}
    lines = (f"\nNo request had the field {name!r}; did you mean {near[0]!r}?" for name, near in close.items() if near)
    return "".join(lines)


def _lines(fields: Fields) -> list[str]:
    """Return fields as lines."""
    # Imported late: only failures need it.
    from pprint import pformat

    items = (f"{name!r}: {pformat(value, width=_WIDTH)}," for name, value in fields.items())
    indented = [f"    {part}" for item in items for part in item.splitlines()]
    return ["{", *indented, "}"]


_PASSWORD = re.compile(r"(?<=://)[^\s/@'\"]+(?=@)")
"""A user and a password in a URL."""

_MAX_LINES = 50
"""The maximum number of lines of a diff."""

_WIDTH = 80
"""The maximum width of a value on one line of a diff."""
