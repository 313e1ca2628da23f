"""A fake of Fedora Copr's API, to test against.

Names are imported when they are first used: pytest imports this package, for its plugin, in every run in an environment
that has it. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .adapters.asgi import AsgiApp as AsgiApp
    from .adapters.httpx import HttpxTransport as HttpxTransport
    from .client.clients import AsyncCoprClient as AsyncCoprClient
    from .client.clients import CoprClient as CoprClient
    from .client.errors import BadRequestError as BadRequestError
    from .client.errors import ClientError as ClientError
    from .client.errors import ConnectionFailedError as ConnectionFailedError
    from .client.errors import NotFoundError as NotFoundError
    from .client.errors import NotJsonError as NotJsonError
    from .client.errors import PagingError as PagingError
    from .client.errors import RequestTimeoutError as RequestTimeoutError
    from .client.errors import ServerError as ServerError
    from .client.errors import TooManyRequestsError as TooManyRequestsError
    from .client.errors import WaitTimeoutError as WaitTimeoutError
    from .client.results import BuildConfig as BuildConfig
    from .client.results import BuiltPackage as BuiltPackage
    from .client.results import ChrootPage as ChrootPage
    from .client.results import ChrootStatus as ChrootStatus
    from .client.results import Repo as Repo
    from .control.client import ControlError as ControlError
    from .control.client import CoprFakeControl as CoprFakeControl
    from .engine.actors import Actor as Actor
    from .engine.build import Build as Build
    from .engine.chroot import BuildChroot as BuildChroot
    from .engine.clock import Clock as Clock
    from .engine.clock import SystemClock as SystemClock
    from .engine.clock import VirtualClock as VirtualClock
    from .engine.faults import ActiveFault as ActiveFault
    from .engine.faults import Faults as Faults
    from .engine.project import Project as Project
    from .engine.snapshot import Snapshot as Snapshot
    from .engine.source import SourceBuild as SourceBuild
    from .engine.submission_rules import SubmissionRule as SubmissionRule
    from .engine.submission_rules import SubmissionRules as SubmissionRules
    from .errors import ArgumentError as ArgumentError
    from .errors import CoprFakeError as CoprFakeError
    from .errors import EventError as EventError
    from .errors import InputError as InputError
    from .errors import InputErrors as InputErrors
    from .errors import MissingExtraError as MissingExtraError
    from .errors import MissingKeyError as MissingKeyError
    from .errors import PollLoopError as PollLoopError
    from .errors import ScenarioError as ScenarioError
    from .fake import FakeCopr as FakeCopr
    from .generate.provider import CoprProvider as CoprProvider
    from .journal.journal import UnmatchedRequests as UnmatchedRequests
    from .journal.request import Request as Request
    from .messages.message import Message as Message
    from .messages.message import MessageBody as MessageBody
    from .messages.subscribers import Subscription as Subscription
    from .model.account import Account as Account
    from .model.account import Group as Group
    from .model.durations import LogNormal as LogNormal
    from .model.durations import Uniform as Uniform
    from .model.fault import FAULTS as FAULTS
    from .model.fault import Dribble as Dribble
    from .model.fault import Fault as Fault
    from .model.fault import FaultName as FaultName
    from .model.lifecycle import LIFECYCLES as LIFECYCLES
    from .model.lifecycle import Lifecycle as Lifecycle
    from .model.lifecycle import LifecycleName as LifecycleName
    from .model.lifecycle import Stage as Stage
    from .model.nevra import Nevra as Nevra
    from .model.package import Package as Package
    from .model.progress import Progress as Progress
    from .model.project import Permissions as Permissions
    from .model.project import ProjectChroot as ProjectChroot
    from .model.project import ProjectSettings as ProjectSettings
    from .model.states import State as State
    from .model.states import StateName as StateName
    from .options import FakeOptions as FakeOptions
    from .pytest_plugin.commands import CoprCli as CoprCli
    from .pytest_plugin.support import CoprServer as CoprServer
    from .pytest_plugin.support import MakeCoprFake as MakeCoprFake
    from .scenario.spec import Scenario as Scenario
    from .server.addresses import CoprProxy as CoprProxy
    from .server.addresses import TlsServer as TlsServer
    from .version import __version__ as __version__
    from .wire.answer import Answer as Answer

_NAMES = {
    ".adapters.asgi": "AsgiApp",
    ".adapters.httpx": "HttpxTransport",
    ".client.clients": "AsyncCoprClient CoprClient",
    ".client.errors": (
        "BadRequestError ClientError ConnectionFailedError NotFoundError NotJsonError "
        "PagingError RequestTimeoutError ServerError TooManyRequestsError WaitTimeoutError"
    ),
    ".client.results": "BuildConfig BuiltPackage ChrootPage ChrootStatus Repo",
    ".control.client": "ControlError CoprFakeControl",
    ".engine.build": "Build",
    ".engine.chroot": "BuildChroot",
    ".engine.clock": "Clock SystemClock VirtualClock",
    ".engine.actors": "Actor",
    ".engine.faults": "ActiveFault Faults",
    ".engine.project": "Project",
    ".engine.snapshot": "Snapshot",
    ".engine.source": "SourceBuild",
    ".engine.submission_rules": "SubmissionRule SubmissionRules",
    ".errors": (
        "ArgumentError CoprFakeError EventError InputError InputErrors MissingExtraError MissingKeyError "
        "PollLoopError ScenarioError"
    ),
    ".fake": "FakeCopr",
    ".generate.provider": "CoprProvider",
    ".server.addresses": "CoprProxy TlsServer",
    ".journal.journal": "UnmatchedRequests",
    ".journal.request": "Request",
    ".messages.message": "Message MessageBody",
    ".messages.subscribers": "Subscription",
    ".model.account": "Account Group",
    ".model.durations": "LogNormal Uniform",
    ".model.fault": "Dribble FAULTS Fault FaultName",
    ".model.lifecycle": "LIFECYCLES Lifecycle LifecycleName Stage",
    ".model.nevra": "Nevra",
    ".model.package": "Package",
    ".model.progress": "Progress",
    ".model.project": "Permissions ProjectChroot ProjectSettings",
    ".model.states": "State StateName",
    ".options": "FakeOptions",
    ".pytest_plugin.commands": "CoprCli",
    ".pytest_plugin.support": "CoprServer MakeCoprFake",
    ".scenario.spec": "Scenario",
    ".version": "__version__",
    ".wire.answer": "Answer",
}
"""The public names in each module."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

_WITH_EXTRAS = ("CoprCli", "CoprProvider", "CoprServer", "MakeCoprFake")
"""The names that need an extra, which ``from copr_chroot_fake import *`` leaves out."""

__all__ = [name for name in _MODULES if name not in (*_WITH_EXTRAS, "__version__")]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*_MODULES]
