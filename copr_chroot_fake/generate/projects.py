"""Generated projects: owners, names, directories, enabled chroots and settings.

Names are put together from word lists; they are not names of real people or projects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from random import Random

from ..scenario.entries import ProjectChrootEntry, ProjectEntry
from .mock_chroots import ACTIVE_CHROOTS, MockChroot
from .random_choice import Weighted, chance, pick, random_integer

_WORD_LISTS = """\
given adam alice anton beata carla dario elena emil fiona greta hugo ines ivan jana karl lena marek nora otto petra
family adler berg cerny dvorak ek fischer horak ito jansen kim lang moreau novak olsen pavlik rossi sato vega
first amber arc atlas beacon cedar cinder comet delta ember flint fox harbor iris lantern maple nimbus onyx quartz
second base bird box bridge cast craft deck field flow forge gate grid lens line mark mill path port stack works
topic audio cloud containers desktop fonts games gnome-extras kernel neuro ocaml python rust science security
"""
_WORDS = {placeholder: words for placeholder, *words in map(str.split, _WORD_LISTS.splitlines())}

_OWNERS = Weighted((("{letter}{family}", 5), ("{given}{number}", 2), ("{given}-{family}", 2), ("{first}{second}", 2)))
_GROUPS = Weighted((("@{topic}-sig", 4), ("@{topic}", 2), ("@{topic}-devel", 2), ("@{first}-team", 3)))
_PROJECTS = Weighted(
    (
        ("{first}{second}", 6),
        ("{first}-{second}", 3),
        ("{first}{second}-nightly", 2),
        ("{first}{second}-testing", 2),
        ("{topic}-backports", 1),
        ("{topic}-packages", 1),
        # Some services create a project for each pull request.
        ("{first}-{second}-{number}", 3),
    )
)

_REPOSITORIES = (
    "https://packages.example.org/{name}/$distname/$basearch/",
    "https://packages.example.org/{name}/$chroot/?priority={number}",
    "https://mirror.example.net/{name}/fedora-$releasever/",
    "http://repos.example.com/{name}/$chroot/",
)
_REPOSITORY_COUNTS = Weighted(((0, 80), (1, 12), (2, 6), (3, 2)))
_WITH_OPTS = ("tests", "docs", "bootstrap")
_WITHOUT_OPTS = ("gui", "static", "ldap")
_BUILDROOT = ("gcc-c++", "git-core", "python3-devel", "rust-packaging", "selinux-policy-devel", "systemd-rpm-macros")
_BOOTSTRAPS = Weighted((("default", 90), ("on", 3), ("off", 4), ("image", 3)))


def owner(random: Random) -> str:
    """Return the name of a user."""
    return _fill(random, _OWNERS)


def group(random: Random) -> str:
    """Return the name of a group, with its ``@``."""
    return _fill(random, _GROUPS)


def owner_or_group(random: Random) -> str:
    """Return the name of a user or a group."""
    return group(random) if chance(random, 0.3) else owner(random)


def project_name(random: Random) -> str:
    """Return the name of a project, without its owner."""
    return _fill(random, _PROJECTS)


def random_word(random: Random) -> str:
    """Return a word that can be the name of a project or a package."""
    return pick(random, _WORDS["first"]) + pick(random, _WORDS["second"])


def _fill(random: Random, patterns: Weighted[str]) -> str:
    return patterns.pick(random).format(
        letter=pick(random, "abcdefghijklmnopqrstuvwxyz"),
        **{placeholder: pick(random, words) for placeholder, words in _WORDS.items()},
        number=random_integer(random, 1, 999),
    )


def dirname(random: Random, projectname: str) -> str:
    """Return a directory of a project: mostly the main one, else ``name:pr:12`` or ``name:custom:word``."""
    drawn = random.random()
    if drawn < 0.85:
        return projectname
    if drawn < 0.97:
        return f"{projectname}:pr:{random_integer(random, 1, 999)}"
    return f"{projectname}:custom:{random_word(random)}"


def repository(random: Random, projects: Sequence[str] = ()) -> str:
    """Return the URL of a repository: of one of the given projects, of another project, or outside Copr."""
    if chance(random, 0.6):
        if projects and chance(random, 0.7):
            return f"copr://{pick(random, projects)}"
        return f"copr://{owner_or_group(random)}/{project_name(random)}"
    return pick(random, _REPOSITORIES).format(name=random_word(random), number=random_integer(random, 1, 98))


def enabled_chroots(random: Random, average: int) -> list[MockChroot]:
    """Return the chroots of a project, between half and one and a half times as many as the average."""
    spread = min(average // 2, len(ACTIVE_CHROOTS.items) - average)
    return ACTIVE_CHROOTS.sample(random, random_integer(random, average - spread, average + spread))


def project_entry(
    random: Random,
    chroots: Iterable[MockChroot],
    excluded: Collection[str] = (),
    repository_projects: Sequence[str] = (),
) -> ProjectEntry:
    """Return a project.

    :param excluded: full names that the project must not have.
    :param repository_projects: full names of projects whose repositories it may use.
    """
    while True:
        ownername, name = owner_or_group(random), project_name(random)
        if f"{ownername}/{name}" not in excluded:
            break
    return {
        "ownername": ownername,
        "projectname": name,
        "additional_repos": [repository(random, repository_projects) for _ in range(_REPOSITORY_COUNTS.pick(random))],
        "devel_mode": chance(random, 0.03),
        "module_hotfixes": chance(random, 0.03),
        "repo_priority": random_integer(random, 1, 99) if chance(random, 0.05) else None,
        "bootstrap": _BOOTSTRAPS.pick(random),
        "chroots": {chroot.name: _chroot_settings(random, chroot, repository_projects) for chroot in chroots},
    }


def _chroot_settings(random: Random, chroot: MockChroot, repository_projects: Sequence[str]) -> ProjectChrootEntry:
    """Return the settings of a project's chroot, mostly none."""
    settings: ProjectChrootEntry = {}
    if chance(random, 0.93):
        return settings
    if chance(random, 0.4):
        settings["additional_packages"] = _subset(random, _BUILDROOT)
    if chance(random, 0.3):
        settings["with_opts"] = _subset(random, _WITH_OPTS)
    if chance(random, 0.3):
        settings["without_opts"] = _subset(random, _WITHOUT_OPTS)
    if chance(random, 0.2):
        settings["additional_repos"] = [repository(random, repository_projects)]
    if chance(random, 0.1):
        settings["bootstrap"] = "custom_image"
        settings["bootstrap_image"] = f"registry.example.org/{chroot.name.rpartition('-')[0].replace('+', '-')}:latest"
    return settings


def _subset(random: Random, choices: Sequence[str]) -> list[str]:
    """Return at least one of the choices, in their order."""
    first = pick(random, choices)
    return [choice for choice in choices if choice == first or chance(random, 0.2)]
