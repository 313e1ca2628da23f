"""The pages of a list: reading the paging arguments, ordering, and cutting the page out.

The rules are the service's, as its recordings show them; each says what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.states import STATUS_NUMBERS
from ..wire.answer import CATCH_ALL, Refusal

LARGEST_BIGINT = 2**63 - 1

Column = Callable[[BuildChroot], int | str | None]


class Paging(NamedTuple):
    """Which part of a list is asked for, as the answer's ``meta`` shows it."""

    limit: int | None
    offset: int
    order: str
    order_type: str


def _mock_chroot_id(store: Store, build: Build) -> Column:
    positions = {name: at for at, name in enumerate(store.mock_chroots)}
    return lambda chroot: positions[chroot.name]


def _copr_chroot_id(store: Store, build: Build) -> Column:
    """Where each chroot stands among its project's; none if the project no longer has it."""
    positions = {name: at for at, name in enumerate(build.project.chroots)}
    return lambda chroot: positions.get(chroot.name)


COLUMNS: dict[str, Callable[[Store, Build], Column]] = {
    "build_id": lambda store, build: lambda chroot: build.id,
    "mock_chroot_id": _mock_chroot_id,
    "copr_chroot_id": _copr_chroot_id,
    "status": lambda store, build: lambda chroot: STATUS_NUMBERS[chroot.state],
    "started_on": lambda store, build: lambda chroot: chroot.started_on,
    "ended_on": lambda store, build: lambda chroot: chroot.ended_on,
    "result_dir": lambda store, build: lambda chroot: chroot.result_dir,
    "git_hash": lambda store, build: lambda chroot: None,
    "status_reason": lambda store, build: lambda chroot: None,
    "build_requires": lambda store, build: lambda chroot: None,
}
"""The columns of the service's table, beside ``id``, in whose order a build keeps its chroots."""

ATTRIBUTES = frozenset(
    {
        *dir(type),
        "__abstract__",
        "__fsa__",
        "__mapper__",
        "__table_args__",
        "__tablename__",
        "_compressed_log_variant",
        "_sa_class_manager",
        "_sa_registry",
        "build",
        "copr_chroot",
        "dist_git_url",
        "distgit_clone_url",
        "fedora_review",
        "finished",
        "metadata",
        "mock_chroot",
        "query",
        "query_class",
        "registry",
        "result_dir_url",
        "results",
        "results_dict",
        "rpm_backend_log_url",
        "rpm_fedora_review_url",
        "rpm_live_log_url",
        "rpm_live_logs",
        "serializable_attributes",
        "state",
        "task_id",
        "to_dict",
    }
)
"""What the service's model of a build chroot has beside its columns, which is refused in another way.

It is a Python class like any other, of which a client can name every attribute.
"""


def read_paging(arguments: Mapping[str, str], default_limit: int | None) -> Paging:
    """The paging that a request asks for.

    :raises Refusal: 500, naming every argument that is not valid in the order of
        the service's form.
    """
    mistakes: dict[str, list[str]] = {}
    limit = _read_integer("limit", arguments, mistakes)
    offset = _read_integer("offset", arguments, mistakes)
    order_type = arguments.get("order_type", "ASC")
    if order_type.strip() and order_type not in ("ASC", "DESC"):
        mistakes["order_type"] = ["Not a valid choice."]
    if mistakes:
        raise Refusal(500, str(mistakes))
    order = arguments.get("order") or "id"
    if order == "name":
        # Old clients order by name; the service has taken that for id ever since.
        order = "id"
    if not order_type and order == "id":
        order_type = "DESC"
    return Paging(limit or default_limit, offset or 0, order, order_type)


def _read_integer(name: str, arguments: Mapping[str, str], mistakes: dict[str, list[str]]) -> int | None:
    value = arguments.get(name, "")
    if not value.strip():
        return None
    try:
        return int(value)
    except ValueError:
        mistakes[name] = ["Not a valid integer value."]
        return None


class Table(NamedTuple):
    """What the service can order by: a table's columns, and what its Python class has beside them."""

    name: str
    columns: Collection[str]
    attributes: Collection[str]


BUILD_CHROOT = Table("build_chroot", COLUMNS.keys(), ATTRIBUTES)


def check_order(order: str, table: Table) -> None:
    """Refuse to order by what is no column."""
    if order == "id" or order in table.columns:
        return
    if order in table.attributes:
        raise Refusal(500, f"Cannot order by {order}")
    raise Refusal(500, f"Cannot order by {order}, {table.name} doesn't have such property")


def check_range(paging: Paging) -> None:
    """Refuse numbers that the database does not take, which it only says when it runs the query."""
    for number in (paging.limit or 0, paging.offset):
        if not 0 <= number <= LARGEST_BIGINT:
            raise Refusal(500, CATCH_ALL, compact=True)


def cut_page(chroots: Sequence[BuildChroot], paging: Paging, store: Store) -> Sequence[BuildChroot]:
    """The chroots of one page, from all of a build in the order of their ids."""
    descending = paging.order_type == "DESC"
    count = len(chroots)
    start = min(paging.offset, count)
    stop = count if paging.limit is None else min(start + paging.limit, count)
    if paging.order != "id":
        return put_in_order(chroots, paging, store)[start:stop]
    if descending:
        # The page from the other end, so that a page costs the same wherever it is.
        return chroots[count - stop : count - start][::-1]
    return chroots[start:stop]


def put_in_order(chroots: Sequence[BuildChroot], paging: Paging, store: Store) -> Sequence[BuildChroot]:
    """Chroots of one build in the order of a column; as in PostgreSQL, nulls count as larger than anything."""
    if paging.order == "id" or not chroots:
        return chroots
    column = COLUMNS[paging.order](store, chroots[0].build)

    def key(chroot: BuildChroot) -> tuple[bool, int | str]:
        value = column(chroot)
        return (True, 0) if value is None else (False, value)

    return sorted(chroots, key=key, reverse=paging.order_type == "DESC")
