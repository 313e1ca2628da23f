"""Masks: a request says in ``X-Fields`` which fields of the answer it wants, as ``items{name,state},meta``.

Flask-RESTX, which Copr is built on, honours them: it reads a mask, holds it
against the fields that the endpoint has, whatever values are there, and only then
picks. The rules here are those of its release 1.3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from ..wire.answer import CATCH_ALL, Answer, Refusal, json_answer
from ..wire.routes import EndpointName
from .models import MODELS, Kind, Model

HEADER = b"x-fields"

Fields = Mapping[str, "Fields | None"]
"""What a mask names, in its order, with what it names within each, if it says; an empty one within is all there is."""

ALL_OTHERS = "*"

_TOKEN = re.compile(r"[{},]|[\w:*-]+")


class MaskError(Exception):
    """A mask that cannot be read, or names fields within what has none; says what Copr says."""


@lru_cache(maxsize=128)
def read_mask(sent: str, endpoint: EndpointName) -> Fields | Answer | None:
    """What a mask names of what an endpoint shows, or the answer to one that will not do; ``None`` where it is all."""
    # Copr's source gives the others no fields, and what they show no mask.
    model = MODELS.get(endpoint)
    if model is None or not sent:
        return None
    text = sent.strip()
    if not text:
        # White space that no web server takes off, as a no-break space, lets Flask-RESTX look for a first character.
        return Refusal(500, CATCH_ALL).answer()
    try:
        fields = parse(text)
        _check(fields, model)
    except MaskError as error:
        return json_answer(json.dumps({"message": str(error)}).encode() + b"\n", 400)
    return fields


def parse(text: str) -> Fields:
    """Read a mask; characters that mean nothing in one are passed over, wherever they are.

    :raises MaskError: where its brackets or commas are wrong.
    """
    fields: dict[str, Fields | None] = {}
    outer: list[dict[str, Fields | None]] = []
    previous = ""
    for token in _TOKEN.findall(_unwrapped(text)):
        if token == "{":
            if previous not in fields:
                raise _unreadable("Unexpected opening bracket")
            within: dict[str, Fields | None] = {}
            outer.append(fields)
            fields[previous] = within
            fields = within
        elif token == "}":
            if not outer:
                raise _unreadable("Unexpected closing bracket")
            fields = outer.pop()
        elif token != ",":
            # Named again, a field is whole again, in its first place.
            fields[token] = None
        elif previous in ("", ",", "{"):
            raise _unreadable("Unexpected comma")
        previous = token
    if outer:
        raise _unreadable("Missing closing bracket")
    return fields


def _unwrapped(text: str) -> str:
    """What is within the brackets around the whole, which may be there or not."""
    if not text.startswith("{"):
        return text
    if not text.endswith("}"):
        raise _unreadable("Missing closing bracket")
    return text[1:-1]


def pick(body: bytes, fields: Fields) -> bytes:
    """Of an answer's body, what a mask names, in the order of the mask; what it does not have is left out."""
    return json.dumps(_pick(json.loads(body), fields)).encode() + b"\n"


def _check(fields: Fields, model: Model) -> None:
    for name, within in fields.items():
        if within is None or name not in model.fields:
            continue
        inner = model.fields[name].holds
        if isinstance(inner, Model):
            _check(within, inner)
        elif inner is not Kind.ANYTHING and (inner is not Kind.TEXTS or within):
            raise MaskError("Mask error: Mask is inconsistent with model")


def _pick(shown: object, fields: Fields) -> object:
    if isinstance(shown, list):
        return [_pick(item, fields) for item in shown]
    if not isinstance(shown, dict):
        return shown
    picked = {
        name: _pick(shown[name], within) if within else shown[name] for name, within in fields.items() if name in shown
    }
    if ALL_OTHERS in fields:
        for name, value in shown.items():
            picked.setdefault(name, value)
    return picked


def _unreadable(problem: str) -> MaskError:
    return MaskError(f"Mask parse error: {problem}")
