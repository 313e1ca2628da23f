"""A faithful fake of the ``build-chroot`` API of Fedora's Copr, to test against."""

from .builds.build import Build
from .builds.chroot import BuildChroot
from .builds.nevra import Nevra
from .builds.projects import Project, ProjectChroot
from .builds.snapshot import Snapshot
from .errors import CoprFakeError, EventError, InputError, MissingExtraError, ScenarioError
from .fake import FakeCopr
from .lives.clock import Clock, SystemClock, VirtualClock
from .lives.durations import LogNormal, Uniform
from .lives.lifecycle import LIVES, Lifecycle, Stage
from .lives.progress import Progress
from .scenarios.entries import Scenario
from .service.answers import Answer
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
