"""What one request asks, and what every endpoint takes out of it in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..engine.build import Build
from ..engine.store import Store
from ..wire.answer import CATCH_ALL, Refusal
from ..wire.headers import RawHeaders
from ..wire.target import Question


class Asking(NamedTuple):
    """A request that leads to an endpoint.

    :param counts: whether somebody sees the answer, which makes it a poll.
    """

    store: Store
    default_limit: int | None
    method: str
    question: Question
    headers: RawHeaders
    counts: bool


class Shown(NamedTuple):
    """A body, the build chroots that it is about, each as the API shows it, and headers beside the usual ones."""

    body: bytes
    chroots: Sequence[bytes] = ()
    headers: tuple[tuple[str, str], ...] = ()


def require(name: str, sent: str | int | None) -> str | int:
    """An argument that has to be there."""
    if sent is None:
        raise Refusal(400, f"Missing argument {name}")
    return sent


def build_asked(asking: Asking) -> tuple[str | int, Build | None]:
    """What was sent for a build, and the build, if there is one."""
    question = asking.question
    sent = require("build_id", question.build_sent)
    return sent, None if question.build_id is None else asking.store.find_build(question.build_id)


def no_such_build(sent: str | int) -> Refusal:
    return impossible_text(sent) or Refusal(404, f"Build {sent} does not exist.")


def impossible_text(sent: str | int) -> Refusal | None:
    """The database's driver takes no text with a NUL in it, which the service does not expect."""
    return Refusal(500, CATCH_ALL) if "\0" in str(sent) else None
