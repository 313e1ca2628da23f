"""Generated projects and packages: names, settings, versions, and the packages built from a source package.

Names are put together from word lists; they are not names of real people or projects.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from ..model.nevra import NevraEntry
from .choices import MOCK_CHROOTS, MockChroot, draw, sample

if TYPE_CHECKING:
    # Slow to import.
    from ..scenario.spec import ProjectChrootEntry, ProjectEntry

_WORD_LISTS = """\
given adam alice anton beata carla dario elena emil fiona greta hugo ines ivan jana karl lena marek nora otto petra
family adler berg cerny dvorak ek fischer horak ito jansen kim lang moreau novak olsen pavlik rossi sato vega
first amber arc atlas beacon cedar cinder comet delta ember flint fox harbor iris lantern maple nimbus onyx quartz
second base bird box bridge cast craft deck field flow forge gate grid lens line mark mill path port stack works
topic audio cloud containers desktop fonts games gnome-extras kernel neuro ocaml python rust science security
"""
_WORDS = {placeholder: words for placeholder, *words in map(str.split, _WORD_LISTS.splitlines())}

OWNERS = {"{letter}{family}": 5, "{given}{number}": 2, "{given}-{family}": 2, "{first}{second}": 2}
GROUPS = {"@{topic}-sig": 4, "@{topic}": 2, "@{topic}-devel": 2, "@{first}-team": 3}
PROJECTS = {
    "{first}{second}": 6,
    "{first}-{second}": 3,
    "{first}{second}-nightly": 2,
    "{first}{second}-testing": 2,
    "{topic}-backports": 1,
    "{topic}-packages": 1,
    # Some services create a project for each pull request.
    "{first}-{second}-{number}": 3,
}

_REPOSITORIES = (
    "https://packages.example.org/{name}/$distname/$basearch/",
    "https://packages.example.org/{name}/$chroot/?priority={number}",
    "https://mirror.example.net/{name}/fedora-$releasever/",
    "http://repos.example.com/{name}/$chroot/",
)
_REPOSITORY_COUNTS = {0: 80, 1: 12, 2: 6, 3: 2}
_WITH_OPTS = ("tests", "docs", "bootstrap")
_WITHOUT_OPTS = ("gui", "static", "ldap")
_BUILDROOT = ("gcc-c++", "git-core", "python3-devel", "rust-packaging", "selinux-policy-devel", "systemd-rpm-macros")
_BOOTSTRAPS = {"default": 90, "on": 3, "off": 4, "image": 3}


def owner_or_group(random: Random) -> str:
    """Return the name of a user or a group."""
    return fill(random, GROUPS if random.random() < 0.3 else OWNERS)


def random_word(random: Random) -> str:
    """Return a word that can be the name of a project or a package."""
    return random.choice(_WORDS["first"]) + random.choice(_WORDS["second"])


def fill(random: Random, patterns: Mapping[str, float]) -> str:
    """Return a name that follows one of the patterns: of a user, of a group with its ``@``, or of a project."""
    return draw(random, patterns).format(
        letter=random.choice("abcdefghijklmnopqrstuvwxyz"),
        **{placeholder: random.choice(words) for placeholder, words in _WORDS.items()},
        number=random.randint(1, 999),
    )


def dirname(random: Random, projectname: str) -> str:
    """Return a directory of a project: mostly the main one, else ``name:pr:12`` or ``name:custom:word``."""
    drawn = random.random()
    if drawn < 0.85:
        return projectname
    if drawn < 0.97:
        return f"{projectname}:pr:{random.randint(1, 999)}"
    return f"{projectname}:custom:{random_word(random)}"


def repository(random: Random, projects: Sequence[str] = ()) -> str:
    """Return the URL of a repository: of one of the given projects, of another project, or outside Copr."""
    if random.random() < 0.6:
        if projects and random.random() < 0.7:
            return f"copr://{random.choice(projects)}"
        return f"copr://{owner_or_group(random)}/{fill(random, PROJECTS)}"
    return random.choice(_REPOSITORIES).format(name=random_word(random), number=random.randint(1, 98))


def enabled_chroots(random: Random, average: int) -> list[MockChroot]:
    """Return the chroots of a project, between half and one and a half times as many as the average."""
    spread = min(average // 2, len(MOCK_CHROOTS) - average)
    return sample(random, MOCK_CHROOTS, random.randint(average - spread, average + spread))


def project_entry(
    random: Random,
    chroots: Iterable[MockChroot],
    excluded: Collection[str] = (),
    repository_projects: Sequence[str] = (),
) -> ProjectEntry:
    """Return a project.

    :param excluded: full names that are taken.
    :param repository_projects: full names of projects that can be additional repositories.
    """
    while True:
        ownername, name = owner_or_group(random), fill(random, PROJECTS)
        if f"{ownername}/{name}" not in excluded:
            break
    return {
        "ownername": ownername,
        "projectname": name,
        "additional_repos": [repository(random, repository_projects) for _ in range(draw(random, _REPOSITORY_COUNTS))],
        "devel_mode": random.random() < 0.03,
        "module_hotfixes": random.random() < 0.03,
        "repo_priority": random.randint(1, 99) if random.random() < 0.05 else None,
        "bootstrap": draw(random, _BOOTSTRAPS),
        "chroots": {chroot.name: _chroot_settings(random, chroot, repository_projects) for chroot in chroots},
    }


def _chroot_settings(random: Random, chroot: MockChroot, repository_projects: Sequence[str]) -> ProjectChrootEntry:
    """Return the settings of a project's chroot, mostly none."""
    settings: ProjectChrootEntry = {}
    if random.random() < 0.93:
        return settings
    if random.random() < 0.4:
        settings["additional_packages"] = _subset(random, _BUILDROOT)
    if random.random() < 0.3:
        settings["with_opts"] = _subset(random, _WITH_OPTS)
    if random.random() < 0.3:
        settings["without_opts"] = _subset(random, _WITHOUT_OPTS)
    if random.random() < 0.2:
        settings["additional_repos"] = [repository(random, repository_projects)]
    if random.random() < 0.1:
        settings["bootstrap"] = "custom_image"
        settings["bootstrap_image"] = f"registry.example.org/{chroot.name.rpartition('-')[0].replace('+', '-')}:latest"
    return settings


def _subset(random: Random, choices: Sequence[str]) -> list[str]:
    """Return at least one of the choices, in their order."""
    first = random.choice(choices)
    return [choice for choice in choices if choice == first or random.random() < 0.2]


CODE, FILES, NOARCH = "code", "files", "noarch"
"""Contents of a package: compiled code, which has debuginfo; other files that depend on the architecture; neither."""

_SIMPLE = (("{name}", CODE),)


class _Kind(NamedTuple):
    """A kind of source package: prefix and suffix of its name, and its binary packages with their contents."""

    prefix: str
    suffix: str
    binaries: tuple[tuple[str, str], ...]


class Source(NamedTuple):
    """A source package; ``release`` has no dist tag."""

    name: str
    epoch: int
    version: str
    release: int
    binaries: tuple[tuple[str, str], ...]


_KINDS = {
    _Kind("", "", _SIMPLE): 22,
    _Kind("", "", (*_SIMPLE, ("{name}-doc", NOARCH))): 6,
    _Kind("", "", (*_SIMPLE, ("{name}-devel", FILES))): 12,
    _Kind("", "", (*_SIMPLE, ("{name}-selinux", NOARCH))): 3,
    _Kind("", "", (*_SIMPLE, ("{name}-libs", CODE), ("{name}-devel", FILES), ("{name}-doc", NOARCH))): 10,
    _Kind("", "", (*_SIMPLE, ("{name}-devel", FILES), ("python3-{name}", CODE))): 5,
    _Kind("", "", (("{name}", NOARCH),)): 8,
    _Kind("python-", "", (("python3-{stem}", NOARCH),)): 14,
    _Kind("python-", "", (("python3-{stem}", CODE),)): 4,
    _Kind("python-", "", (("python3-{stem}", NOARCH), ("python-{stem}-doc", NOARCH))): 2,
    _Kind("rust-", "", (("{stem}", CODE), ("rust-{stem}-devel", NOARCH))): 4,
    _Kind("golang-", "", (("golang-{stem}-devel", NOARCH),)): 3,
    _Kind("rubygem-", "", (("rubygem-{stem}", NOARCH), ("rubygem-{stem}-doc", NOARCH))): 2,
    _Kind("", "-fonts", (("{name}", NOARCH),)): 2,
}

_VERSIONS = {"{a}.{b}.{c}": 60, "{a}.{b}": 18, "{d}": 5, "{year}.{month}.{c}": 5, "0.{b}.{c}": 12}
EPOCHS = {0: 92, 1: 6, 2: 2}


def package_name(random: Random) -> str:
    """Return the name of a source package."""
    kind = draw(random, _KINDS)
    return f"{kind.prefix}{random_word(random)}{kind.suffix}"


def version(random: Random) -> str:
    """Return a version; some are release candidates or snapshots."""
    number = draw(random, _VERSIONS).format(
        a=random.randint(0, 9),
        b=random.randint(0, 29),
        c=random.randint(0, 19),
        d=random.randint(20, 299),
        year=random.randint(2022, 2025),
        month=random.randint(1, 12),
    )
    drawn = random.random()
    if drawn < 0.9:
        return number
    return f"{number}~rc{random.randint(1, 4)}" if drawn < 0.94 else f"{number}^{_snapshot(random)}"


def _snapshot(random: Random) -> str:
    """Return the suffix of a snapshot's version: date and commit."""
    date = f"2026{random.randint(1, 9):02d}{random.randint(1, 28):02d}"
    return f"{date}git{''.join(random.choice('0123456789abcdef') for _ in range(7))}"


def release_number(random: Random) -> int:
    """Return a release without its dist tag."""
    return 1 if random.random() < 0.6 else random.randint(2, 12)


def source_package(random: Random, name: str) -> Source:
    """Return a source package with the given name and matching subpackages: ``python-x`` builds ``python3-x``."""
    matching = [kind for kind in _KINDS if name.startswith(kind.prefix) and name.endswith(kind.suffix)]
    specific = [kind for kind in matching if kind.prefix or kind.suffix]
    kind = draw(random, {kind: _KINDS[kind] for kind in specific or matching})
    stem = name.removeprefix(kind.prefix) or name
    binaries = tuple((pattern.format(name=name, stem=stem), contents) for pattern, contents in kind.binaries)
    return Source(name, draw(random, EPOCHS), version(random), release_number(random), binaries)


def next_source_package(random: Random, source: Source) -> Source:
    """Return the next submission of a source package: a rebuild or a new version."""
    if random.random() < 0.5:
        return source._replace(release=source.release + 1)
    numbers = re.split(r"[~^]", source.version)[0].split(".")
    return source._replace(version=".".join([*numbers[:-1], str(int(numbers[-1]) + 1)]), release=1)


def built_packages(source: Source, chroot: MockChroot) -> list[NevraEntry]:
    """Return the packages built from a source package in a chroot, the source package first."""
    names = [(source.name, "src")]
    names += [(name, "noarch" if contents == NOARCH else chroot.arch) for name, contents in source.binaries]
    with_debuginfo = [name for name, contents in source.binaries if contents == CODE]
    if with_debuginfo and chroot.dist == ".el7":
        # The rpm of that time did not split debuginfo by package.
        names.append((f"{source.name}-debuginfo", chroot.arch))
    elif with_debuginfo:
        names += [(f"{name}-debuginfo", chroot.arch) for name in with_debuginfo]
        names.append((f"{source.name}-debugsource", chroot.arch))
    release = f"{source.release}{chroot.dist}"
    return [
        {"name": name, "epoch": source.epoch, "version": source.version, "release": release, "arch": arch}
        for name, arch in names
    ]
