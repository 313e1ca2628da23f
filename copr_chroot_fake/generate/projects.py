"""Projects: what they are called, which chroots they have enabled, and how they have set them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from random import Random

from ..scenario.entries import ProjectChrootEntry, ProjectEntry
from . import names as naming
from .mock_chroots import OFFERED, MockChroot
from .random_choice import Weighted, chance, pick, whole

_REPOSITORIES = (
    "https://packages.example.org/{name}/$distname/$basearch/",
    "https://packages.example.org/{name}/$chroot/?priority={number}",
    "https://mirror.example.net/{name}/fedora-$releasever/",
    "http://repos.example.com/{name}/$chroot/",
)
_NUMBERS_OF_REPOSITORIES = Weighted(((0, 80), (1, 12), (2, 6), (3, 2)))
_OPTIONS = ("tests", "docs", "bootstrap", "gui", "static", "ldap")
_BUILDROOT = ("gcc-c++", "git-core", "python3-devel", "rust-packaging", "selinux-policy-devel", "systemd-rpm-macros")
_BOOTSTRAPS = Weighted((("default", 90), ("on", 3), ("off", 4), ("image", 3)))


def repository(random: Random, known: Sequence[str] = ()) -> str:
    """The address of a repository: another project's, which may be one that is known, or somebody else's."""
    if chance(random, 0.6):
        if known and chance(random, 0.7):
            return f"copr://{pick(random, known)}"
        return f"copr://{naming.owner_or_group(random)}/{naming.project_name(random)}"
    return pick(random, _REPOSITORIES).format(name=naming.word(random), number=whole(random, 1, 98))


def project(
    random: Random, chroots: Iterable[MockChroot], taken: Collection[str], known: Sequence[str]
) -> ProjectEntry:
    """A project that is none of those ``taken``, and may use the repositories of those ``known``."""
    while True:
        owner, name = naming.owner_or_group(random), naming.project_name(random)
        if f"{owner}/{name}" not in taken:
            break
    return {
        "ownername": owner,
        "projectname": name,
        "additional_repos": [repository(random, known) for _ in range(_NUMBERS_OF_REPOSITORIES.pick(random))],
        "devel_mode": chance(random, 0.03),
        "module_hotfixes": chance(random, 0.03),
        "repo_priority": whole(random, 1, 99) if chance(random, 0.05) else None,
        "bootstrap": _BOOTSTRAPS.pick(random),
        "chroots": {chroot.name: _settings(random, chroot, known) for chroot in chroots},
    }


def enabled(random: Random, about: int) -> list[MockChroot]:
    """Chroots of a project, from half to one and a half of ``about``."""
    spread = min(about // 2, len(OFFERED.things) - about)
    return OFFERED.sample(random, whole(random, about - spread, about + spread))


def _settings(random: Random, chroot: MockChroot, known: Sequence[str]) -> ProjectChrootEntry:
    """Mostly none at all."""
    settings: ProjectChrootEntry = {}
    if chance(random, 0.93):
        return settings
    if chance(random, 0.4):
        settings["additional_packages"] = _some(random, _BUILDROOT)
    if chance(random, 0.3):
        settings["with_opts"] = _some(random, _OPTIONS[:3])
    if chance(random, 0.3):
        settings["without_opts"] = _some(random, _OPTIONS[3:])
    if chance(random, 0.2):
        settings["additional_repos"] = [repository(random, known)]
    if chance(random, 0.1):
        settings["bootstrap"] = "custom_image"
        settings["bootstrap_image"] = f"registry.example.org/{chroot.name.rpartition('-')[0].replace('+', '-')}:latest"
    return settings


def _some(random: Random, choices: Sequence[str]) -> list[str]:
    """One or more, in their own order."""
    certain = pick(random, choices)
    return [choice for choice in choices if choice == certain or chance(random, 0.2)]
