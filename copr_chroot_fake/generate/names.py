"""What people, projects and directories are called; none of the names is meant to be somebody's."""

from __future__ import annotations

from random import Random

from .random_choice import Weighted, chance, pick, whole

_GIVEN = "adam alice anton beata carla dario elena emil fiona greta hugo ines ivan jana karl lena marek nora otto petra"
_FAMILY = "adler berg cerny dvorak ek fischer horak ito jansen kim lang moreau novak olsen pavlik rossi sato vega"
_FIRST = "amber arc atlas beacon cedar cinder comet delta ember flint fox harbor iris lantern maple nimbus onyx quartz"
_SECOND = "base bird box bridge cast craft deck field flow forge gate grid lens line mark mill path port stack works"
_TOPICS = "audio cloud containers desktop fonts games gnome-extras kernel neuro ocaml python rust science security"

GIVEN, FAMILY, FIRST, SECOND, TOPICS = (words.split() for words in (_GIVEN, _FAMILY, _FIRST, _SECOND, _TOPICS))

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
        # As a service makes one for each pull request.
        ("{first}-{second}-{number}", 3),
    )
)


def owner(random: Random) -> str:
    return _fill(random, _OWNERS.pick(random))


def group(random: Random) -> str:
    return _fill(random, _GROUPS.pick(random))


def owner_or_group(random: Random) -> str:
    return group(random) if chance(random, 0.3) else owner(random)


def project_name(random: Random) -> str:
    return _fill(random, _PROJECTS.pick(random))


def dirname(random: Random, projectname: str) -> str:
    """A directory of a project: mostly its own."""
    drawn = random.random()
    if drawn < 0.85:
        return projectname
    return f"{projectname}:pr:{whole(random, 1, 999)}" if drawn < 0.97 else f"{projectname}:custom:{word(random)}"


def word(random: Random) -> str:
    """What a project or a package could be called."""
    return pick(random, FIRST) + pick(random, SECOND)


def _fill(random: Random, pattern: str) -> str:
    return pattern.format(
        letter=pick(random, "abcdefghijklmnopqrstuvwxyz"),
        given=pick(random, GIVEN),
        family=pick(random, FAMILY),
        first=pick(random, FIRST),
        second=pick(random, SECOND),
        topic=pick(random, TOPICS),
        number=whole(random, 1, 999),
    )
