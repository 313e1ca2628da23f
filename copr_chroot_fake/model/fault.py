"""A fault as data: which requests it hits, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, TypedDict, get_args

from ..errors import InputError, InputErrors, below
from ..validation import checks
from ..validation.checks import Amount, Positive, Text, WholeNumber
from ..validation.rule import Relation, Rule, Written, frozen
from ..validation.spec import dump, parse, validate
from ..wire.endpoint_name import EndpointName
from .durations import Duration, DurationValue, LogNormal

BodyName = Literal["json", "html", "empty", "cut", "malformed"]
BreakName = Literal["refused", "reset", "reset-within", "timeout"]
FaultName = Literal["gateway-timeout", "outage", "slow-list", "list-500", "html-200", "late-results"]
"""The names in :data:`FAULTS`, for type checkers."""

SECONDS_CLOSED = 1.0
"""How long a port refuses connections by default."""


Status = Annotated[int, checks.integers(200, 599, "the status of a response,")]
Probability = Annotated[float, checks.numbers(0, 1, "a probability")]


@frozen()
class Dribble:
    """A body that arrives in pieces of ``bytes`` bytes, one ``every`` this many seconds."""

    bytes: Positive
    every: Amount


_CHOICES = ("nth", "first", "every", "probability")
_EFFECTS = ("status", "error", "body", "delay", "dribble", "breaks")

_ALLOWED_WITHOUT_RESPONSE: Mapping[str, Sequence[str]] = {
    "refused": ("breaks",),
    "reset": ("breaks", "delay"),
    "timeout": ("breaks",),
}
"""The effects that are possible together with a connection that ends without a response."""

_WHOLE = "fault"
"""The location of an error that is about no single field."""


def _check_choice(fault: Fault) -> Iterable[tuple[str, str]]:
    given = [name for name in _CHOICES if getattr(fault, name) is not None]
    if len(given) > 1:
        yield given[1], f"cannot be combined with {given[0]}; expected one of them"


def _check_effects(fault: Fault) -> Iterable[tuple[str, str]]:
    given = [name for name in _EFFECTS if getattr(fault, name) is not None]
    if not given:
        yield _WHOLE, f"has no effect; expected at least one of {', '.join(_EFFECTS)}"
    for name in given:
        if name not in _ALLOWED_WITHOUT_RESPONSE.get(fault.breaks or "", given):
            yield name, f"cannot be combined with breaks {fault.breaks}, which sends no response; omit one"
    if fault.body == "json" and fault.status is None:
        yield "body", "json is the body of an error and needs its status; expected one"
    if fault.error is not None and (fault.status or 0) < 400:
        yield "error", "needs the status of an error, from 400; expected one"
    if fault.error is not None and fault.body == "html":
        yield "error", "cannot be combined with body html; omit one"
    if fault.seconds is not None and fault.breaks != "refused":
        yield "seconds", "only valid with breaks='refused'; to end another fault after a time, use lasts"


@frozen(kw_only=True)
class Fault:
    """A simulated failure of selected requests: by default, of all.

    Which requests. ``nth``, ``first``, ``every`` and ``probability`` choose among those for the endpoint, the build
    and the chroot; only one of the four can be given:

    :param endpoint: path of an endpoint without ``/api_3/``, such as ``build-chroot/list`` or ``build``;
        ``docs/endpoints.md`` lists them.
    :param lasts: seconds on the fake's clock from when the fault is added; later requests are not hit. By default, the
        fault lasts until it is removed.
    :param after: how many of these requests are let through before the others are counted.
    :param nth: only this one, counted from 1.
    :param first: the first N.
    :param every: every Nth: with 3 the third, the sixth, …
    :param probability: of each, from 0 to 1, drawn from the fake's seed.

    Effects, at least one of:

    :param status: the response instead of Copr's own: 502, 503 and 504 with the page of the web server in front of
        Copr, any other with Copr's JSON for an error.
    :param error: the message of Copr's own error with that status, in the form that the endpoint has.
    :param body: ``json`` or ``html`` for the other kind of body with a status; ``html`` alone is a page with 200. Or
        a change of Copr's own body: ``empty``, ``cut`` in the middle, or ``malformed`` JSON.
    :param delay: seconds until the response begins.
    :param dribble: the body arrives in pieces.
    :param breaks: the connection is ``refused``, is ``reset`` before the response or ``reset-within`` its body, or
        nothing ever arrives, until the client's ``timeout``.
    :param seconds: with ``refused``, seconds for which a server then closes its port; 1 by default.
    :raises InputErrors: for each invalid value, or two that cannot be combined.
    """

    endpoint: EndpointName | None = None
    build_id: Positive | None = None
    chrootname: Text | None = None
    lasts: Amount | None = None
    after: WholeNumber | None = None
    nth: Positive | None = None
    first: Positive | None = None
    every: Positive | None = None
    probability: Probability | None = None
    status: Status | None = None
    error: Text | None = None
    body: BodyName | None = None
    delay: DurationValue | None = None
    dribble: Dribble | None = None
    breaks: BreakName | None = None
    seconds: Amount | None = None
    _RELATIONS: ClassVar[tuple[object, ...]] = (
        Relation(_CHOICES, _check_choice, frozenset(_CHOICES)),
        Relation((*_EFFECTS, "seconds"), _check_effects),
    )

    def __post_init__(self) -> None:
        validate(self)

    @property
    def blocks_request(self) -> bool:
        """Whether a request that it hits never reaches Copr."""
        return self.status is not None or self.body in ("json", "html") or self.breaks in ("refused", "reset")

    @property
    def arrives(self) -> bool:
        """Whether the client can read Copr's response, late or not."""
        return not self.blocks_request and self.body is None and self.breaks is None

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in dump(self).items())


@frozen(kw_only=True)
class FaultSpec:
    """A fault to add; ``id``, ``seen`` and ``hits``, the numbers of requests so far, are those of a saved fault."""

    fault: Fault
    id: int | None = None
    seen: int = 0
    hits: int = 0


_NAMED: Mapping[FaultName, Mapping[str, object]] = {
    "gateway-timeout": {"status": 504, "first": 1},
    "outage": {"status": 503, "first": 5},
    "slow-list": {"endpoint": "build-chroot/list", "delay": LogNormal(8, 0.8, 2, 60)},
    "list-500": {"endpoint": "build-chroot/list", "status": 500},
    "html-200": {"body": "html"},
    "late-results": {"endpoint": "results", "status": 404, "body": "html", "first": 3},
}


FAULTS: Mapping[FaultName, Fault] = MappingProxyType({name: parse(Fault, "", entry) for name, entry in _NAMED.items()})
"""Failures that users of Copr have met, by name."""


@frozen(kw_only=True)
class FaultObject(Fault):
    """A fault; with a ``name``, that one with some of its fields changed.

    ``id`` is the one that it had, ``seen`` how many matching requests there have been, and ``hits`` how many of them it
    has affected.
    """

    name: FaultName | None = None
    id: Positive | None = None
    seen: WholeNumber = 0
    hits: WholeNumber = 0
    _RELATIONS: ClassVar[tuple[object, ...]] = ()

    def __post_init__(self) -> None:
        """Its fields are validated as those of the fault that it describes."""


def parse_fault(location: str, value: object) -> FaultSpec:
    """Return the fault of a name, an object or a Fault.

    :raises InputErrors: naming each invalid field.
    """
    if checks.is_kind(value, Fault):
        return FaultSpec(fault=value)
    if checks.plain_text(value) is not None:
        return FaultSpec(fault=_named(location, checks.plain_text(value)))
    if not checks.is_mapping(value):
        raise InputError(location, f"expected a fault, the name of one, or an object, got {checks.excerpt(value)}")
    described = parse(FaultObject, location, value)
    given = {field.name: getattr(described, field.name) for field in fields(Fault)}
    changes = {name: item for name, item in given.items() if item is not None}
    try:
        fault = Fault(**changes) if described.name is None else _changed(FAULTS[described.name], changes)
    except InputError as error:
        raise InputErrors([_located(location, nested) for nested in error.errors]) from None
    return FaultSpec(fault=fault, id=described.id, seen=described.seen, hits=described.hits)


def _located(location: str, error: InputError) -> InputError:
    return InputError(location, error.problem) if error.location == _WHOLE else below(error, location)


def _named(location: str, value: str | None) -> Fault:
    if value in get_args(BreakName):
        raise InputError(
            location,
            f"{value!r} is how a connection breaks, not a fault; expected Fault(breaks={value!r}), or as an object "
            f'{{"breaks": "{value}"}}',
        )
    return checks.named(FAULTS)(location, value)


def _changed(fault: Fault, changes: Mapping[str, Any]) -> Fault:
    """Return a fault with changes, which also override as a whole which requests it matches."""
    own = dict.fromkeys(_CHOICES) if any(name in changes for name in _CHOICES) else {}
    return replace(fault, **{**own, **changes})


def dump_fault(spec: FaultSpec) -> dict[str, object]:
    """Return what parses back to the same fault."""
    own = {} if spec.id is None else {"id": spec.id, "seen": spec.seen, "hits": spec.hits}
    return {**own, **dump(spec.fault)}


FaultValue = Annotated[FaultSpec, Rule(parse_fault, dump_fault), Written(FaultObject | FaultName)]


class FaultFields(TypedDict, total=False):
    """The fields of a :class:`FaultObject`, for type checkers."""

    endpoint: EndpointName | None
    build_id: int | None
    chrootname: str | None
    lasts: float | None
    after: int | None
    nth: int | None
    first: int | None
    every: int | None
    probability: float | None
    status: int | None
    error: str | None
    body: BodyName | None
    delay: Duration | Mapping[str, object] | None
    dribble: Dribble | Mapping[str, float] | None
    breaks: BreakName | None
    seconds: float | None
    name: FaultName | None
    id: int | None
    seen: int
    hits: int


FaultLike = Fault | FaultName | FaultFields
"""A fault, the name of one, or an object with its fields."""
