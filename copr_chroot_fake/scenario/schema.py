"""How a scenario is written, as a JSON Schema: for editors, and for whoever makes scenarios up.

What Python has as an object (a lifecycle, a duration, a package) has its written form here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict

from ..model.lifecycle import ABSENT, DELETED, LIVES, QUIRKS, LifecycleLike
from ..model.nevra import PackageLike
from ..model.progress import How, ProgressLike
from ..model.states import State, StateName
from ..validation.checks import Amount, Positive, Text, WholeNumber
from ..validation.schema import Keywords, Schema, Schemas, Written, whole


class UniformEntry(TypedDict):
    """Any duration from the first to the second number of seconds, all alike."""

    uniform: Annotated[list[Amount], Keywords(minItems=2, maxItems=2)]


class LogNormalBounds(TypedDict):
    """Seconds, and ``sigma``, the standard deviation of their logarithm."""

    median: Annotated[Amount, Keywords(exclusiveMinimum=0)]
    sigma: Amount
    least: Amount
    most: Amount


class LogNormalEntry(TypedDict):
    """Mostly near ``median`` seconds, now and then far longer."""

    lognormal: LogNormalBounds


DurationEntry = Amount | UniformEntry | LogNormalEntry

Ending = Annotated[str, Keywords(enum=[*(state.value for state in State), DELETED])]
StageName = Annotated[str, Keywords(enum=[*(state.value for state in State), ABSENT, DELETED])]
Quirk = Annotated[str, Keywords(enum=[stamp.value for stamp in QUIRKS])]


class _StageRequired(TypedDict):
    state: StageName


class StageEntry(_StageRequired, total=False):
    """A state, how many seconds it lasts, and how it ends where that is not simply the next stage."""

    lasts: DurationEntry
    ends: Ending | Mapping[Ending, Amount]
    canceled: bool
    without: list[Quirk]


class LifecycleEntry(TypedDict):
    """The stages that a build chroot goes through, one after the other."""

    stages: Annotated[list[StageEntry], Keywords(minItems=1)]


class PollsEntry(TypedDict):
    """After how many answers that show a state the next one shows what follows."""

    poll: Positive | Mapping[StateName | Literal["other"], Positive]


class _PackageRequired(TypedDict):
    name: Text
    version: Text
    release: Text
    arch: Text


class PackageEntry(_PackageRequired, total=False):
    """A built package."""

    epoch: WholeNumber


LifeName = Annotated[str, Keywords(enum=[*LIVES])]
NevraText = Annotated[str, whole(r"[^\n]+-(?:[0-9]{1,9}:)?[^-:]+-[^-]+\.[^.-]+")]

_Lifecycle = LifeName | LifecycleEntry
_Progress = How | PollsEntry
_Package = NevraText | PackageEntry

WrittenLifecycle = Annotated[LifecycleLike, Written(_Lifecycle)]
WrittenProgress = Annotated[ProgressLike, Written(_Progress)]
WrittenPackage = Annotated[PackageLike, Written(_Package)]


def scenario_schema() -> dict[str, object]:
    """The JSON Schema of a scenario, complete in itself."""
    # Imported here, as it imports the forms above.
    from .entries import Scenario

    schemas = Schemas("#/$defs/", nulls=True)
    schemas.ref(Scenario)
    scenario: Schema = schemas.definitions.pop(Scenario.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of copr-chroot-fake",
        **scenario,
        "$defs": schemas.definitions,
    }
