"""Values to draw; there are few names, ids and numbers, so that they collide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import hypothesis.strategies as st

from .tables import LIFECYCLES, NUMBERS

T = TypeVar("T")

LIMIT = 2
IDS = [1, 2, 3]
NAMES = ["fedora-41-x86_64", "epel-9-s390x", "fedora-rawhide-aarch64"]
PROJECTS = ["@copr/tools", "frostyx/tools", "frostyx/tools:pr:1"]
PACKAGES = ["hello", "nano"]
PROGRESS = [("poll", 1), ("poll", 2), ("clock", 1), ("manual", 1), ("immediate", 1)]
FIXED = [f"={state}" for state in NUMBERS]
UNREADABLE = "name{"
USERS = [None, ("abc", "right"), ("abc", "wrong"), ("def", "right")]
ACCOUNTS = [("frostyx", "abc", "right", []), ("praiskup", "def", "right", ["@copr"])]

ids, names = st.sampled_from(IDS), st.sampled_from(NAMES)
courses = st.one_of(st.sampled_from([*LIFECYCLES]), st.sampled_from(FIXED))
slashes = st.sampled_from(["", "", "/"])
methods = st.sampled_from([*["GET"] * 8, "HEAD", "OPTIONS", "PUT", "POST"])
masks = st.sampled_from([*[None] * 8, "state,name", UNREADABLE])


def mostly(likely: Sequence[T], odd: Sequence[T]) -> st.SearchStrategy[T]:
    """Draw mostly a valid value, and sometimes an unusual one."""
    return st.sampled_from([*[*likely] * (3 * len(odd)), *[*odd] * len(likely)])


builds_sent = mostly([*map(str, IDS)], [" 1 ", "+02", "9", "x", "", "99999999999", "-1", None])
names_sent = mostly(NAMES, ["epel-8-x86_64", "fedora", "", None])
ids_sent = mostly(IDS, [9])
pages = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.sampled_from(["1", "2", "", "0", "-1", " 3 ", "x", "99999999999999999999"]),
        "offset": st.sampled_from(["0", "1", "2", "", "-1", "x"]),
        "order": st.sampled_from(["id", "name", "status", "started_on", "ended_on", "result_dir", "mock_chroot_id"])
        | st.sampled_from(["copr_chroot_id", "git_hash", "submitted_on", "state", "nothing", ""]),
        "order_type": st.sampled_from(["ASC", "DESC", "", " ", "asc"]),
    },
)
projects_sent = mostly(
    [("@copr", "tools"), ("frostyx", "tools")],
    [("frostyx", "none"), ("@none", "tools"), (None, "tools"), ("frostyx", None)],
)
