"""A fake of the API of Fedora's Copr, to test against.

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
    from .client.errors import BodyTooLargeError as BodyTooLargeError
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
    from .control import ControlError as ControlError
    from .control import CoprFakeControl as CoprFakeControl
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
    from .http_server.running import CoprProxy as CoprProxy
    from .http_server.running import TlsServer as TlsServer
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
    from .model.lifecycle import LIFECYCLES as LIFECYCLES
    from .model.lifecycle import Lifecycle as Lifecycle
    from .model.lifecycle import Stage as Stage
    from .model.nevra import Nevra as Nevra
    from .model.package import Package as Package
    from .model.progress import Progress as Progress
    from .model.project import Permissions as Permissions
    from .model.project import ProjectChroot as ProjectChroot
    from .model.project import ProjectSettings as ProjectSettings
    from .model.states import State as State
    from .options import FakeOptions as FakeOptions
    from .pytest_plugin.commands import CoprCli as CoprCli
    from .pytest_plugin.support import CoprServer as CoprServer
    from .pytest_plugin.support import MakeCoprFake as MakeCoprFake
    from .scenario.entries import Scenario as Scenario
    from .wire.answer import Answer as Answer

__version__ = "0.1.0"

_MODULES = {
    "Account": ".model.account",
    "ActiveFault": ".engine.faults",
    "Answer": ".wire.answer",
    "ArgumentError": ".errors",
    "AsgiApp": ".adapters.asgi",
    "AsyncCoprClient": ".client.clients",
    "BadRequestError": ".client.errors",
    "BodyTooLargeError": ".client.errors",
    "Build": ".engine.build",
    "BuildChroot": ".engine.chroot",
    "BuildConfig": ".client.results",
    "BuiltPackage": ".client.results",
    "ChrootPage": ".client.results",
    "ChrootStatus": ".client.results",
    "ClientError": ".client.errors",
    "Clock": ".engine.clock",
    "ConnectionFailedError": ".client.errors",
    "ControlError": ".control",
    "CoprCli": ".pytest_plugin.commands",
    "CoprClient": ".client.clients",
    "CoprFakeControl": ".control",
    "CoprFakeError": ".errors",
    "CoprProvider": ".generate.provider",
    "CoprProxy": ".http_server.running",
    "CoprServer": ".pytest_plugin.support",
    "Dribble": ".model.fault",
    "EventError": ".errors",
    "FAULTS": ".model.fault",
    "FakeCopr": ".fake",
    "FakeOptions": ".options",
    "Fault": ".model.fault",
    "Faults": ".engine.faults",
    "Group": ".model.account",
    "HttpxTransport": ".adapters.httpx",
    "InputError": ".errors",
    "InputErrors": ".errors",
    "LIFECYCLES": ".model.lifecycle",
    "Lifecycle": ".model.lifecycle",
    "LogNormal": ".model.durations",
    "MakeCoprFake": ".pytest_plugin.support",
    "Message": ".messages.message",
    "MessageBody": ".messages.message",
    "MissingExtraError": ".errors",
    "MissingKeyError": ".errors",
    "Nevra": ".model.nevra",
    "NotFoundError": ".client.errors",
    "NotJsonError": ".client.errors",
    "Package": ".model.package",
    "PagingError": ".client.errors",
    "Permissions": ".model.project",
    "PollLoopError": ".errors",
    "Progress": ".model.progress",
    "Project": ".engine.project",
    "ProjectChroot": ".model.project",
    "ProjectSettings": ".model.project",
    "Repo": ".client.results",
    "Request": ".journal.request",
    "RequestTimeoutError": ".client.errors",
    "Scenario": ".scenario.entries",
    "ScenarioError": ".errors",
    "ServerError": ".client.errors",
    "Snapshot": ".engine.snapshot",
    "SourceBuild": ".engine.source",
    "Stage": ".model.lifecycle",
    "State": ".model.states",
    "SubmissionRule": ".engine.submission_rules",
    "SubmissionRules": ".engine.submission_rules",
    "Subscription": ".messages.subscribers",
    "SystemClock": ".engine.clock",
    "TlsServer": ".http_server.running",
    "TooManyRequestsError": ".client.errors",
    "Uniform": ".model.durations",
    "UnmatchedRequests": ".journal.journal",
    "VirtualClock": ".engine.clock",
    "WaitTimeoutError": ".client.errors",
}
"""The module of each public name."""

# Not those that need an extra.
__all__ = [
    "FAULTS",
    "LIFECYCLES",
    "Account",
    "ActiveFault",
    "Answer",
    "ArgumentError",
    "AsgiApp",
    "AsyncCoprClient",
    "BadRequestError",
    "BodyTooLargeError",
    "Build",
    "BuildChroot",
    "BuildConfig",
    "BuiltPackage",
    "ChrootPage",
    "ChrootStatus",
    "ClientError",
    "Clock",
    "ConnectionFailedError",
    "ControlError",
    "CoprClient",
    "CoprFakeControl",
    "CoprFakeError",
    "CoprProxy",
    "Dribble",
    "EventError",
    "FakeCopr",
    "FakeOptions",
    "Fault",
    "Faults",
    "Group",
    "HttpxTransport",
    "InputError",
    "InputErrors",
    "Lifecycle",
    "LogNormal",
    "Message",
    "MessageBody",
    "MissingExtraError",
    "MissingKeyError",
    "Nevra",
    "NotFoundError",
    "NotJsonError",
    "Package",
    "PagingError",
    "Permissions",
    "PollLoopError",
    "Progress",
    "Project",
    "ProjectChroot",
    "ProjectSettings",
    "Repo",
    "Request",
    "RequestTimeoutError",
    "Scenario",
    "ScenarioError",
    "ServerError",
    "Snapshot",
    "SourceBuild",
    "Stage",
    "State",
    "SubmissionRule",
    "SubmissionRules",
    "Subscription",
    "SystemClock",
    "TlsServer",
    "TooManyRequestsError",
    "Uniform",
    "UnmatchedRequests",
    "VirtualClock",
    "WaitTimeoutError",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
