"""A faithful fake of the ``build-chroot`` API of Fedora's Copr, to test against.

Names are imported when they are used, since the pytest plugin imports this
package in every run of whoever has it installed. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client.clients import AsyncCoprClient as AsyncCoprClient
    from .client.clients import CoprClient as CoprClient
    from .engine.build import Build as Build
    from .engine.chroot import BuildChroot as BuildChroot
    from .engine.clock import Clock as Clock
    from .engine.clock import SystemClock as SystemClock
    from .engine.clock import VirtualClock as VirtualClock
    from .engine.faults import ActiveFault as ActiveFault
    from .engine.faults import Faults as Faults
    from .engine.snapshot import Snapshot as Snapshot
    from .errors import CoprFakeError as CoprFakeError
    from .errors import EventError as EventError
    from .errors import InputError as InputError
    from .errors import MissingExtraError as MissingExtraError
    from .errors import ScenarioError as ScenarioError
    from .fake import FakeCopr as FakeCopr
    from .generate.provider import CoprProvider as CoprProvider
    from .journal.journal import UnmatchedRequests as UnmatchedRequests
    from .journal.request import Request as Request
    from .model.account import Account as Account
    from .model.durations import LogNormal as LogNormal
    from .model.durations import Uniform as Uniform
    from .model.fault import FAULTS as FAULTS
    from .model.fault import Dribble as Dribble
    from .model.fault import Fault as Fault
    from .model.lifecycle import LIVES as LIVES
    from .model.lifecycle import Lifecycle as Lifecycle
    from .model.lifecycle import Stage as Stage
    from .model.nevra import Nevra as Nevra
    from .model.progress import Progress as Progress
    from .model.project import Project as Project
    from .model.project import ProjectChroot as ProjectChroot
    from .model.states import State as State
    from .options import FakeOptions as FakeOptions
    from .scenario.entries import Scenario as Scenario
    from .wire.answer import Answer as Answer

__version__ = "0.1.0"

_WHERE = {
    "Account": ".model.account",
    "ActiveFault": ".engine.faults",
    "Answer": ".wire.answer",
    "AsyncCoprClient": ".client.clients",
    "Build": ".engine.build",
    "BuildChroot": ".engine.chroot",
    "Clock": ".engine.clock",
    "CoprClient": ".client.clients",
    "CoprFakeError": ".errors",
    "CoprProvider": ".generate.provider",
    "Dribble": ".model.fault",
    "EventError": ".errors",
    "FAULTS": ".model.fault",
    "FakeCopr": ".fake",
    "FakeOptions": ".options",
    "Fault": ".model.fault",
    "Faults": ".engine.faults",
    "InputError": ".errors",
    "LIVES": ".model.lifecycle",
    "Lifecycle": ".model.lifecycle",
    "LogNormal": ".model.durations",
    "MissingExtraError": ".errors",
    "Nevra": ".model.nevra",
    "Progress": ".model.progress",
    "Project": ".model.project",
    "ProjectChroot": ".model.project",
    "Request": ".journal.request",
    "Scenario": ".scenario.entries",
    "ScenarioError": ".errors",
    "Snapshot": ".engine.snapshot",
    "Stage": ".model.lifecycle",
    "State": ".model.states",
    "SystemClock": ".engine.clock",
    "Uniform": ".model.durations",
    "UnmatchedRequests": ".journal.journal",
    "VirtualClock": ".engine.clock",
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
    "FakeOptions",
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
