"""All public names of the kit, one per line; ``make names`` writes them to public_names.txt.

Signatures have names and defaults; typed_api.py tests the types.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from importlib.metadata import distribution
from tempfile import TemporaryDirectory
from typing import is_typeddict

import click

import copr_chroot_fake
from copr_chroot_fake.cli import main
from copr_chroot_fake.control.operations import OPERATIONS
from copr_chroot_fake.model.account import Account, Group
from copr_chroot_fake.model.fault import Dribble, FaultObject
from copr_chroot_fake.model.project import Permissions, ProjectChroot, SourcePackage
from copr_chroot_fake.scenario import spec
from copr_chroot_fake.validation.spec import fields_of

KIT = copr_chroot_fake.__name__

SCENARIO = (
    *(spec.ScenarioSpec, spec.ProjectSpec, ProjectChroot, SourcePackage),
    *(spec.BuildSpec, spec.SourceSpec, spec.OutcomeSpec, spec.BatchSpec, spec.ChrootSpec),
    *(spec.SubmissionRuleSpec, FaultObject, Dribble),
    *(spec.PackageSpec, Permissions, spec.MockChroot, spec.LastIds, Account, Group),
)
"""The types of the objects in a scenario."""

OF_WHAT_THE_KIT_MAKES = {
    "ActiveFault": "fault hits id seen",
    "Build": (
        "add_chroot bootstrap cancel delete enable_net ended_at ended_on get id is_background is_canceled is_finished "
        "isolation items keys memory_limit package project project_dirname report_import report_source source "
        "source_state started_at started_on state submitted_on submitter timeout values"
    ),
    "BuildChroot": (
        "add_result advance build build_config ended_at ended_on held_in hold is_absent name packages release report "
        "result_dir result_url results set_state started_at started_on state"
    ),
    "Faults": "add clear remove",
    "Package": "chroot_denylist config id max_builds name source_type webhook_rebuild",
    "Project": (
        "chroots created_on creator directories disable enable full_name group id ownername packages permissions "
        "projectname settings webhook_secret"
    ),
    "SubmissionRule": "hits id rule seen when",
    "SubmissionRules": "clear remove",
    "SourceBuild": "add_result config content ended_on result_dir results started_on state type url version",
    "AsgiApp": "",
    "CoprCli": "",
    "CoprServer": "fake url",
    "HttpxTransport": "",
    "MakeCoprFake": "",
    "Snapshot": "",
    "UnmatchedRequests": "count last method near_miss target",
}
"""Classes of which only some members are public, and not the constructor."""


def public_names() -> str:
    lines = [*_python(), *_scenario(), *_pytest(), *_commands(), *_control(), *_packaging()]
    return "".join(f"{line}\n" for line in lines)


def _python() -> Iterator[str]:
    # Those that need an extra are not among the names that * imports.
    for name in sorted([*copr_chroot_fake.__all__, "CoprCli", "CoprProvider", "CoprServer", "MakeCoprFake"]):
        path, value = f"{KIT}.{name}", getattr(copr_chroot_fake, name)
        if name in OF_WHAT_THE_KIT_MAKES:
            members = sorted(_attributes(value) & {*OF_WHAT_THE_KIT_MAKES[name].split()})
            yield from (path, *(f"{path}.{member}{_called(value, member)}" for member in members))
        else:
            yield from _named(path, value)


def _named(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, type) or is_typeddict(value):
        yield path
    elif issubclass(value, Enum):
        yield path
        yield from (f"{path}.{member.name} = {member.value!r}" for member in value)
        yield from (f"{path}.{name}" for name in sorted(_attributes(value) - {member.name for member in value}))
    else:
        makes = {"__init__", "__new__"} & {name for cls in _kit_classes(value) for name in vars(cls)}
        yield f"{path}{_signature(value) if makes else ''}"
        yield from (f"{path}.{name}{_called(value, name)}" for name in sorted(_attributes(value)))


def _kit_classes(owner: type) -> list[type]:
    """Return the kit's classes among the bases."""
    return [cls for cls in owner.__mro__ if cls.__module__.startswith(KIT)]


def _attributes(owner: type) -> set[str]:
    """Return the annotated attributes of the kit's classes."""
    names = {name for cls in _kit_classes(owner) for name in (*vars(cls), *inspect.get_annotations(cls))}
    return {name for name in names if not name.startswith("_")}


def _called(owner: type, name: str) -> str:
    value = inspect.getattr_static(owner, name, None)
    is_called = inspect.isfunction(value) or isinstance(value, (classmethod, staticmethod))
    return _signature(getattr(owner, name)) if is_called else ""


def _signature(called: Callable[..., object]) -> str:
    parameters = [
        _plain(parameter) for name, parameter in inspect.signature(called).parameters.items() if name != "self"
    ]
    return str(inspect.Signature(parameters))


class _Some:
    def __repr__(self) -> str:
        return "…"


def _plain(parameter: inspect.Parameter) -> inspect.Parameter:
    """Format a parameter without its type, and with its default if that is the same in every run."""
    default = parameter.default
    is_plain = default is parameter.empty or type(default) in (bool, int, float, str, tuple, type(None))
    return parameter.replace(annotation=parameter.empty, default=default if is_plain else _Some())


def _scenario() -> Iterator[str]:
    for entry in SCENARIO:
        fields = [field.key for field in fields_of(entry).values()]
        yield from (f"scenario {entry.__name__.lstrip('_')}: {field}" for field in sorted(fields))


def _pytest() -> Iterator[str]:
    with TemporaryDirectory() as empty:
        # In no project, wherever temporary directories are.
        command = [sys.executable, "-m", "pytest", "--rootdir", empty, "-c", os.devnull, "--color=no"]
        # Only the kit's plugin, to save time.
        command += ["-p", "no:cacheprovider", "-p", "copr_chroot_fake.pytest_plugin"]
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        for option, kind, pattern in (
            ("--fixtures", "fixture", r"^((?:make_)?copr_\w+)"),
            ("--help", "ini", r"^  (copr_fake_\w+) \("),
            ("--markers", "marker", r"^@pytest\.mark\.(copr_fake\(.*?\))"),
        ):
            output = subprocess.run(
                [*command, option], cwd=empty, env=alone, capture_output=True, text=True, timeout=60, check=False
            ).stdout
            yield from (f"pytest {kind} {name}" for name in sorted(re.findall(pattern, output, flags=re.MULTILINE)))


def _commands() -> Iterator[str]:
    return _command("copr-chroot-fake", main)


def _command(path: str, command: click.Command) -> Iterator[str]:
    taken = command.params
    arguments = [param.human_readable_name for param in taken if isinstance(param, click.Argument)]
    yield " ".join(["command", path, *arguments])
    for option in taken:
        if isinstance(option, click.Option):
            yield f"command {path} {'/'.join([*option.opts, *option.secondary_opts])}"
    if isinstance(command, click.Group):
        for name in command.list_commands(context := click.Context(command)):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(f"{path} {name}", inner)


def _control() -> Iterator[str]:
    return (f"control {operation.method} {operation.path}" for operation in OPERATIONS)


def _packaging() -> Iterator[str]:
    kit = distribution("copr-chroot-fake")
    yield from (f"extra {name}" for name in sorted(kit.metadata.get_all("Provides-Extra") or []))
    yield from sorted(f"entry point {point.group}: {point.name} = {point.value}" for point in kit.entry_points)


if __name__ == "__main__":
    sys.stdout.write(public_names())
