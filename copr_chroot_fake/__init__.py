"""A faithful fake of the ``build-chroot`` API of Fedora's Copr, to test against.

Names are imported when they are used, since the pytest plugin imports this
package in every run of whoever has it installed. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .believable.provider import CoprProvider as CoprProvider
    from .builds.accounts import Account as Account
    from .builds.build import Build as Build
    from .builds.chroot import BuildChroot as BuildChroot
    from .builds.nevra import Nevra as Nevra
    from .builds.projects import Project as Project
    from .builds.projects import ProjectChroot as ProjectChroot
    from .builds.snapshot import Snapshot as Snapshot
    from .client.clients import AsyncCoprClient as AsyncCoprClient
    from .client.clients import CoprClient as CoprClient
    from .errors import CoprFakeError as CoprFakeError
    from .errors import EventError as EventError
    from .errors import InputError as InputError
    from .errors import MissingExtraError as MissingExtraError
    from .errors import ScenarioError as ScenarioError
    from .fake import FakeCopr as FakeCopr
    from .faults.active import ActiveFault as ActiveFault
    from .faults.active import Faults as Faults
    from .faults.fault import FAULTS as FAULTS
    from .faults.fault import Dribble as Dribble
    from .faults.fault import Fault as Fault
    from .journal import UnmatchedRequests as UnmatchedRequests
    from .lives.clock import Clock as Clock
    from .lives.clock import SystemClock as SystemClock
    from .lives.clock import VirtualClock as VirtualClock
    from .lives.durations import LogNormal as LogNormal
    from .lives.durations import Uniform as Uniform
    from .lives.lifecycle import LIVES as LIVES
    from .lives.lifecycle import Lifecycle as Lifecycle
    from .lives.lifecycle import Stage as Stage
    from .lives.progress import Progress as Progress
    from .request import Request as Request
    from .scenarios.entries import Scenario as Scenario
    from .service.answers import Answer as Answer
    from .states import State as State

__version__ = "0.1.0"

_WHERE = {
    "Account": ".builds.accounts",
    "ActiveFault": ".faults.active",
    "Answer": ".service.answers",
    "AsyncCoprClient": ".client.clients",
    "Build": ".builds.build",
    "BuildChroot": ".builds.chroot",
    "Clock": ".lives.clock",
    "CoprClient": ".client.clients",
    "CoprFakeError": ".errors",
    "CoprProvider": ".believable.provider",
    "Dribble": ".faults.fault",
    "EventError": ".errors",
    "FAULTS": ".faults.fault",
    "FakeCopr": ".fake",
    "Fault": ".faults.fault",
    "Faults": ".faults.active",
    "InputError": ".errors",
    "LIVES": ".lives.lifecycle",
    "Lifecycle": ".lives.lifecycle",
    "LogNormal": ".lives.durations",
    "MissingExtraError": ".errors",
    "Nevra": ".builds.nevra",
    "Progress": ".lives.progress",
    "Project": ".builds.projects",
    "ProjectChroot": ".builds.projects",
    "Request": ".request",
    "Scenario": ".scenarios.entries",
    "ScenarioError": ".errors",
    "Snapshot": ".builds.snapshot",
    "Stage": ".lives.lifecycle",
    "State": ".states",
    "SystemClock": ".lives.clock",
    "Uniform": ".lives.durations",
    "UnmatchedRequests": ".journal",
    "VirtualClock": ".lives.clock",
}

__all__ = [
    "FAULTS",
    "LIVES",
    "Account",
    "ActiveFault",
    "Answer",
    "AsyncCoprClient",
    "Build",
    "BuildChroot",
    "Clock",
    "CoprClient",
    "CoprFakeError",
    "Dribble",
    "EventError",
    "FakeCopr",
    "Fault",
    "Faults",
    "InputError",
    "Lifecycle",
    "LogNormal",
    "MissingExtraError",
    "Nevra",
    "Progress",
    "Project",
    "ProjectChroot",
    "Request",
    "Scenario",
    "ScenarioError",
    "Snapshot",
    "Stage",
    "State",
    "SystemClock",
    "Uniform",
    "UnmatchedRequests",
    "VirtualClock",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_WHERE[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_WHERE]
