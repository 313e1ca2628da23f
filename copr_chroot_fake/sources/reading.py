"""Reading an uploaded source: what it tells about its package, or why it tells nothing."""

from __future__ import annotations

from typing import NamedTuple

from .facts import Facts, HostileError, UnreadableError


class Reading(NamedTuple):
    """The result of reading a source: facts, or the problem, with which Copr's source build would fail if so."""

    facts: Facts | None = None
    problem: str = ""
    fails: bool = False


NOT_UPLOADED = Reading()
"""That of all other sources, which the fake does not fetch."""


def read_source(name: str, content: bytes) -> Reading:
    """Read an uploaded source package or spec, in bounded time and memory."""
    try:
        if name.lower().endswith(".spec"):
            from .spec_file import read_spec

            return Reading(read_spec(content))
        from .source_package import read_package

        return Reading(read_package(content))
    except ImportError:
        return Reading(problem="it is not read without the packages of pip install 'copr-chroot-fake[rpm]'")
    except UnreadableError as error:
        return Reading(problem=str(error))
    except HostileError as error:
        return Reading(problem=str(error), fails=True)
