"""A fault as data: which requests it hits, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, TypedDict, cast, get_args

from ..errors import InputError
from ..scenario.schema import DurationEntry
from ..validation import checks
from ..validation.checks import Amount, Positive, Text, WholeNumber
from ..validation.fields import Fields, Form
from ..validation.schema import Keywords, Written
from ..wire.routes import EndpointName
from .durations import Duration, LogNormal, read_duration, write_duration

BodyName = Literal["json", "html", "empty", "cut", "malformed"]
BreakName = Literal["refused", "reset", "reset-within", "timeout"]

SECONDS_CLOSED = 1.0
"""For how many seconds a port refuses connections by default."""


class Dribble(NamedTuple):
    """A body in pieces of so many bytes, so many seconds apart."""

    bytes: int
    every: float


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, and with which requests: by default with all.

    Which requests. ``nth``, ``first``, ``every`` and ``probability`` choose among
    those for the endpoint, the build and the chroot; only one of the four can be given:

    :param endpoint: path of an endpoint without ``/api_3/``, such as ``build-chroot/list`` or ``build``;
        ``docs/endpoints.md`` lists them.
    :param after: so many are let through first, and the others counted from there.
    :param nth: only this one, counted from 1.
    :param first: so many from the first one on.
    :param every: every so many: with 3 the third, the sixth, …
    :param probability: of each, from 0 to 1, drawn from the fake's seed.

    What goes wrong, at least one of:

    :param status: the answer instead of Copr's own: 502, 503 and 504 with the page of the web server in front of
        Copr, any other with Copr's JSON for an error.
    :param body: ``json`` or ``html`` for the other kind of body with a status; ``html`` alone is a page with 200. Or
        what is done to Copr's own body: ``empty``, ``cut`` in the middle, or ``malformed`` JSON.
    :param delay: seconds until the answer begins.
    :param dribble: the body comes in pieces.
    :param breaks: the connection is ``refused``, is ``reset`` before the answer or ``reset-within`` its body, or
        nothing ever comes, until the client's ``timeout``.
    :param seconds: how long a served fake refuses connections from then on; 1 by default.
    :raises InputError: for an impossible value, or two that do not go together.
    """

    endpoint: EndpointName | None = None
    build_id: int | None = None
    chrootname: str | None = None
    after: int | None = None
    nth: int | None = None
    first: int | None = None
    every: int | None = None
    probability: float | None = None
    status: int | None = None
    body: BodyName | None = None
    delay: Duration | None = None
    dribble: Dribble | None = None
    breaks: BreakName | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check(name, value))
        _check_choice(self)
        _check_effect(self)

    @property
    def asks_nothing(self) -> bool:
        """Whether it may hit any request, whatever that asks for."""
        return (self.endpoint, self.build_id, self.chrootname) == (None, None, None)

    @property
    def keeps_from_copr(self) -> bool:
        """Whether a request that it hits never gets to Copr, so that Copr does not answer it."""
        return self.status is not None or self.body in ("json", "html") or self.breaks in ("refused", "reset")

    @property
    def arrives(self) -> bool:
        """Whether a client reads what Copr has answered, early or late."""
        return not self.keeps_from_copr and self.body is None and self.breaks is None

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in write_fault(self).items())


_CHOICES = ("nth", "first", "every", "probability")
_EFFECTS = ("status", "body", "delay", "dribble", "breaks")

_GO_WITH_NO_ANSWER: Mapping[str, Sequence[str]] = {
    "refused": ("breaks",),
    "reset": ("breaks", "delay"),
    "timeout": ("breaks",),
}
"""What goes with an end without an answer."""


def _check_choice(fault: Fault) -> None:
    said = [name for name in _CHOICES if getattr(fault, name) is not None]
    if len(said) > 1:
        raise InputError(said[1], f"does not go with {said[0]}; expected one of them")


def _check_effect(fault: Fault) -> None:
    said = [name for name in _EFFECTS if getattr(fault, name) is not None]
    if not said:
        raise InputError(_WHOLE, f"nothing goes wrong; expected one of {', '.join(_EFFECTS)}")
    may_be_said = _GO_WITH_NO_ANSWER.get(fault.breaks or "", said)
    for name in said:
        if name not in may_be_said:
            raise InputError(name, f"does not go with breaks {fault.breaks}, with which no answer comes; leave out one")
    if fault.body == "json" and fault.status is None:
        raise InputError("body", "json does not go without a status, whose error it is; expected one")
    if fault.seconds is not None and fault.breaks != "refused":
        raise InputError("seconds", "is how long connections are refused; expected breaks to be refused too")


_WHOLE = "fault"
"""The field of an error that is about no single field."""


Status = Annotated[int, Keywords(minimum=200, maximum=599)]


def _status(field: str, value: object) -> int:
    status = checks.plain_integer(value)
    if status is None or not 200 <= status <= 599:
        raise InputError(field, f"expected the status of an answer, from 200 to 599, got {checks.shown(value)}")
    return status


Probability = Annotated[float, Keywords(minimum=0, maximum=1)]


def _probability(field: str, value: object) -> float:
    probability = checks.plain_number(value)
    if probability is None or not 0 <= probability <= 1:
        raise InputError(field, f"expected a probability from 0 to 1, got {checks.shown(value)}")
    return probability


_DRIBBLE = Form(Dribble._fields)


def _dribble(field: str, value: object) -> Dribble:
    if not (checks.is_kind(value, Dribble) or checks.is_mapping(value)):
        raise InputError(field, f"expected an object with bytes and every, got {checks.shown(value)}")
    said = Fields(field, value._asdict() if checks.is_kind(value, Dribble) else value, _DRIBBLE)
    return Dribble(said.require("bytes", checks.positive, 1), said.require("every", checks.amount, 1.0))


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "endpoint": checks.one_of(get_args(EndpointName)),
    "build_id": checks.positive,
    "chrootname": checks.text,
    "after": checks.whole_number,
    "nth": checks.positive,
    "first": checks.positive,
    "every": checks.positive,
    "probability": _probability,
    "status": _status,
    "body": checks.one_of(get_args(BodyName)),
    "delay": read_duration,
    "dribble": _dribble,
    "breaks": checks.one_of(get_args(BreakName)),
    "seconds": checks.amount,
}


WrittenDuration = Annotated[float | Mapping[str, object], Written(DurationEntry)]


class DribbleEntry(TypedDict):
    """A body in pieces of so many ``bytes``, so many seconds apart."""

    bytes: Positive
    every: Amount


FaultName = Literal["gateway-timeout", "outage", "slow-list", "list-500", "html-200", "late-results"]


class FaultEntry(TypedDict, total=False):
    """A fault as it is written; with a ``name``, that one, of which the other fields change what they say.

    ``id`` is the one that it had, and ``seen`` how many requests for what it is
    about there have been.
    """

    name: FaultName
    id: Positive
    seen: WholeNumber
    endpoint: EndpointName
    build_id: Positive
    chrootname: Text
    after: WholeNumber
    nth: Positive
    first: Positive
    every: Positive
    probability: Probability
    status: Status
    body: BodyName
    delay: WrittenDuration
    dribble: DribbleEntry
    breaks: BreakName
    seconds: Amount


_FAULT = Form.of(FaultEntry)


class WrittenFault(NamedTuple):
    """What an entry says: a fault, its id if it has one, and how many requests it has seen."""

    fault: Fault
    id: int | None = None
    seen: int = 0


def read_fault(place: str, value: object) -> WrittenFault:
    """A fault, its name, or an entry.

    :raises InputError: naming what cannot be, and what would do.
    """
    if checks.is_kind(value, Fault):
        return WrittenFault(value)
    if checks.plain_text(value) is not None:
        return WrittenFault(_named(place, value))
    if not checks.is_mapping(value):
        raise InputError(place, f"expected a fault, the name of one, or an object, got {checks.shown(value)}")
    entry = Fields(place, value, _FAULT)
    named = entry.read("name", _named, None)
    said = {key: entry.read(key, check, None) for key, check in _CHECKS.items()}
    given = {key: value for key, value in said.items() if value is not None}
    own_id, seen = entry.read("id", checks.positive, None), entry.read("seen", checks.whole_number, 0)
    try:
        fault = Fault(**given) if named is None else _changed(named, given)  # type: ignore[arg-type]  # checked
    except InputError as error:
        field = place if error.field == _WHOLE else checks.dotted(place, error.field)
        raise InputError(field, error.problem) from None
    return WrittenFault(fault, own_id, seen)


def _named(place: str, value: object) -> Fault:
    return FAULTS[cast(FaultName, checks.one_of(FAULTS)(place, value))]


def _changed(fault: Fault, given: Mapping[str, object]) -> Fault:
    """Another choice among the requests takes the place of the named fault's own."""
    own = dict.fromkeys(_CHOICES) if any(name in given for name in _CHOICES) else {}
    return replace(fault, **{**own, **given})  # type: ignore[arg-type]  # checked


def write_fault(fault: Fault) -> FaultEntry:
    """What reads back to the same fault."""
    written = {field.name: getattr(fault, field.name) for field in fields(fault)}
    if fault.delay is not None:
        written["delay"] = write_duration(fault.delay)
    if fault.dribble is not None:
        written["dribble"] = fault.dribble._asdict()
    return cast(FaultEntry, {key: value for key, value in written.items() if value is not None})


FAULTS: Mapping[FaultName, Fault] = MappingProxyType(
    {
        "gateway-timeout": Fault(status=504, first=1),
        "outage": Fault(status=503, first=5),
        "slow-list": Fault(endpoint="build-chroot/list", delay=LogNormal(median=8, sigma=0.8, least=2, most=60)),
        "list-500": Fault(endpoint="build-chroot/list", status=500),
        "html-200": Fault(body="html"),
        "late-results": Fault(endpoint="results", status=404, body="html", first=3),
    }
)
"""What users of Copr have met, by name."""
