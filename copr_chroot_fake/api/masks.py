"""Masks: the header ``X-Fields`` selects fields of the response, for example ``items{name,state},meta``.

The rules are those of Flask-RESTX 1.3, which Copr uses. It parses the mask, checks it against the endpoint's model,
and then selects fields, whatever their values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from ..wire.answer import Answer, ApiError, json_answer
from .endpoint import Kind, Model

HEADER = b"x-fields"

Mask = Mapping[str, "Mask | None"]
"""The selected fields in order, each with the mask of the fields within it; ``None`` or empty for the whole field."""

_ALL_OTHERS = "*"

_TOKEN = r"[{},]|[\w:*-]+"


class MaskError(ApiError):
    """A mask with invalid syntax, or one that selects within a field without fields; the response has another key."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)

    def answer(self) -> Answer:
        """Return the response."""
        return json_answer(json.dumps({"message": self.message}).encode() + b"\n", self.status)


def read_mask(header: str, model: Model) -> Mask:
    """Return the mask of a header.

    :raises ApiError: 400 or 500 if it is invalid.
    """
    text = header.strip()
    if not text:
        # Web servers keep white space such as a no-break space, and Flask-RESTX fails on the empty rest.
        raise ApiError(500)
    mask = _parse_mask(text)
    _check(mask, model)
    return mask


def _parse_mask(text: str) -> Mask:
    """Parse a mask; as in Flask-RESTX, unknown characters are skipped.

    :raises MaskError: if brackets or commas are wrong.
    """
    mask: dict[str, Mask | None] = {}
    outer_masks: list[dict[str, Mask | None]] = []
    previous = ""
    for token in re.findall(_TOKEN, _strip_brackets(text)):
        if token == "{":
            if previous not in mask:
                raise _parse_error("Unexpected opening bracket")
            inner_mask: dict[str, Mask | None] = {}
            outer_masks.append(mask)
            mask[previous] = inner_mask
            mask = inner_mask
        elif token == "}":
            if not outer_masks:
                raise _parse_error("Unexpected closing bracket")
            mask = outer_masks.pop()
        elif token != ",":
            # A repeated field is selected as a whole, in its first position.
            mask[token] = None
        elif previous in ("", ",", "{"):
            raise _parse_error("Unexpected comma")
        previous = token
    if outer_masks:
        raise _parse_error("Missing closing bracket")
    return mask


def _strip_brackets(text: str) -> str:
    """Remove the optional brackets around the whole mask."""
    if not text.startswith("{"):
        return text
    if not text.endswith("}"):
        raise _parse_error("Missing closing bracket")
    return text[1:-1]


def apply_mask(body: bytes, mask: Mask) -> bytes:
    """Return a JSON body with the selected fields in the mask's order; ignore fields that the body lacks."""
    return json.dumps(_select(json.loads(body), mask)).encode() + b"\n"


def selects(mask: Mask, path: Sequence[str]) -> bool:
    """Return whether a response with the selected fields has any of a field, given by its path."""
    name, *rest = path
    if name not in mask:
        return _ALL_OTHERS in mask
    inner_mask = mask[name]
    return not rest or not inner_mask or selects(inner_mask, rest)


def _check(mask: Mask, model: Model) -> None:
    for name, inner_mask in mask.items():
        if inner_mask is None or name not in model:
            continue
        field = model[name]
        if not isinstance(field, Kind):
            _check(inner_mask, field)
        elif field is Kind.PLAIN or (field is Kind.TEXTS and inner_mask):
            raise MaskError("Mask error: Mask is inconsistent with model")


def _select(document: object, mask: Mask) -> object:
    if isinstance(document, list):
        return [_select(item, mask) for item in document]
    if not isinstance(document, dict):
        return document
    selected = {
        name: _select(document[name], inner_mask) if inner_mask else document[name]
        for name, inner_mask in mask.items()
        if name in document
    }
    if _ALL_OTHERS in mask:
        for name, value in document.items():
            selected.setdefault(name, value)
    return selected


def _parse_error(problem: str) -> MaskError:
    return MaskError(f"Mask parse error: {problem}")
