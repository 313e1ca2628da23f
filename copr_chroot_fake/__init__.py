"""A faithful fake of the ``build-chroot`` API of Fedora's Copr, to test against."""

from .answers import Answer
from .build import Build
from .chroot import BuildChroot
from .clock import Clock, SystemClock, VirtualClock
from .durations import LogNormal, Uniform
from .entries import Scenario
from .errors import CoprFakeError, InputError, MissingExtraError, ScenarioError
from .fake import FakeCopr
from .lifecycle import LIVES, Lifecycle, Stage
from .machine import EventError
from .model import Project, ProjectChroot
from .nevra import Nevra
from .progress import Progress
from .snapshot import Snapshot
from .states import State

__version__ = "0.1.0"

__all__ = [
    "LIVES",
    "Answer",
    "Build",
    "BuildChroot",
    "Clock",
    "CoprFakeError",
    "EventError",
    "FakeCopr",
    "InputError",
    "Lifecycle",
    "LogNormal",
    "MissingExtraError",
    "Nevra",
    "Progress",
    "Project",
    "ProjectChroot",
    "Scenario",
    "ScenarioError",
    "Snapshot",
    "Stage",
    "State",
    "SystemClock",
    "Uniform",
    "VirtualClock",
]
