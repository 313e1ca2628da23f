"""A faithful fake of the ``build-chroot`` API of Fedora's Copr, to test against."""

from .answers import Answer
from .errors import CoprFakeError, InputError, MissingExtraError, ScenarioError
from .fake import FakeCopr
from .model import Build, BuildChroot, Nevra, Project, ProjectChroot
from .states import State

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Build",
    "BuildChroot",
    "CoprFakeError",
    "FakeCopr",
    "InputError",
    "MissingExtraError",
    "Nevra",
    "Project",
    "ProjectChroot",
    "ScenarioError",
    "State",
]
