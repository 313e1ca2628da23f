"""Classes of differences: those with the same cause, whatever the endpoint and the arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from ..api.routing import parse_target
from .comparison import Response
from .sending import NO_RESPONSE, Question


class Difference(NamedTuple):
    """A request to which Copr and the fake respond differently.

    :param parts: the parts of the response that differ.
    :param sign: what is different; ``None`` to tell from the responses.
    """

    question: Question
    endpoint: str
    parts: tuple[str, ...]
    copr: Response
    fake: Response
    sign: str | None = None


@dataclass
class DifferenceClass:
    """Differences with the same cause.

    :param signs: what is different, such as "missing state".
    """

    signs: set[str]
    differences: list[Difference]

    @property
    def smallest(self) -> Difference:
        """The one with the simplest request."""
        return min(self.differences, key=_size)

    @property
    def endpoints(self) -> list[str]:
        return [*dict.fromkeys(difference.endpoint for difference in self.differences)]


def _size(difference: Difference) -> tuple[object, ...]:
    question = difference.question
    has_body = bool(difference.copr.body) and question.method != "HEAD"
    return not has_body, len(question.headers), question.method != "GET", len(question.target), question.target


def classify(differences: Sequence[Difference]) -> list[DifferenceClass]:
    """Return the classes: differences are in the same one if they share a sign, directly or through others."""
    classes: list[DifferenceClass] = []
    for difference, signs in _signs_of_all(differences):
        joined = DifferenceClass(signs, [difference])
        others = []
        for known in classes:
            if known.signs & joined.signs:
                joined = DifferenceClass(known.signs | joined.signs, known.differences + joined.differences)
            else:
                others.append(known)
        classes = [*others, joined]
    return sorted(classes, key=lambda found: -len(found.differences))


def _signs_of_all(differences: Sequence[Difference]) -> Iterator[tuple[Difference, set[str]]]:
    gets = {found.question.target: found for found in differences if found.question.method == "GET"}
    for difference in differences:
        # Without a body, the same request with GET shows what is different.
        shown = gets.get(difference.question.target) if difference.question.method == "HEAD" else None
        yield difference, {*_signs(shown or difference)}


def _signs(difference: Difference) -> Iterator[str]:
    copr, fake, question = difference.copr, difference.fake, difference.question
    if difference.sign is not None:
        yield difference.sign
        return
    problem, expected = _problem(copr, question), _problem(fake, question)
    is_same_text = problem == expected and bool(copr.body) == bool(fake.body)
    if copr.status != fake.status and (problem is None or is_same_text):
        yield f"{copr.status} instead of {fake.status}{'' if is_same_text else f' {expected}'}"
    elif problem != expected:
        yield f"no error: {expected}" if problem is None else f"error: {problem}"
    else:
        if "body" in difference.parts:
            before, now = _parse(fake), _parse(copr)
            yield from {*_changes("", before, now)} or {"white space"}
        yield from _header_signs(difference)


def _header_signs(difference: Difference) -> Iterator[str]:
    copr, fake = difference.copr, difference.fake
    if "content type" in difference.parts:
        yield f"content type {copr.content_type or 'missing'}"
    if "Allow" in difference.parts:
        before, now = fake.allow or set(), copr.allow or set()
        changes = [*(f"-{name}" for name in sorted(before - now)), *(f"+{name}" for name in sorted(now - before))]
        yield f"Allow {' '.join(changes)}"
    if "Warning" in difference.parts:
        yield f"Warning {copr.headers.get('warning', 'missing')}"


def _parse(response: Response) -> object:
    try:
        return json.loads(response.body)
    except ValueError:
        return None


def _problem(response: Response, question: Question) -> str | None:
    """Describe an error, without what depends on the request, or a response that is no JSON; ``None`` for others."""
    document = _parse(response)
    if response.status == NO_RESPONSE:
        return "no response"
    if document is None and (response.body or (question.method == "GET" and "json" in response.content_type)):
        return "unreadable" if "json" in response.content_type else "page"
    message = document.get("error", document.get("message")) if isinstance(document, Mapping) else None
    has_only_text = isinstance(document, Mapping) and document and {*document} <= {"error", "message"}
    return _skeleton(str(message or ""), question) if response.status >= 400 or has_only_text else None


_QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)")

_ARGUMENTS = frozenset({"chrootname", "ownername", "projectname", "packagename", "query"})
"""The names of arguments that look like words; the others have an underscore."""


def _skeleton(message: str, question: Question) -> str:
    """Return the words of an error that do not depend on the request."""
    target = parse_target(question.target)
    values = " ".join([*target.arguments.values(), *map(unquote, target.parameters.values())])
    variable = {word.strip("@") for word in values.split()} | _ARGUMENTS
    words = (word.strip(".,:;@{}[]()") for word in _QUOTED.sub(" ", message).split())
    return " ".join(word for word in words if word and word not in variable and not _DEPENDS.search(word))


_DEPENDS = re.compile(r"[\d_/@%]")


def _changes(key: str, before: object, now: object) -> Iterator[str]:
    """Yield what differs between two documents, by the name of the field."""
    if before == now and json.dumps(before) == json.dumps(now):
        return
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        yield from (f"missing {name}" for name in before if name not in now)
        yield from (f"added {name}" for name in now if name not in before)
        if before.keys() == now.keys() and [*before] != [*now]:
            yield "order of the keys"
        for name in before:
            if name in now:
                yield from _changes(name, before[name], now[name])
    elif isinstance(before, list) and isinstance(now, list):
        if [*map(_identity, before)] != [*map(_identity, now)]:
            yield f"items of {key}"
        else:
            for one, other in zip(before, now, strict=True):
                yield from _changes(key, one, other)
    else:
        kind = "type" if type(before) is not type(now) and None not in (before, now) else "value"
        yield f"{kind} of {key}"


def _identity(item: object) -> object:
    """Return what identifies an item of a list."""
    if not isinstance(item, Mapping):
        return item if isinstance(item, (str, int)) else json.dumps(item)
    return item.get("id", item.get("name"))
