"""Pages of lists: paging arguments, order, and the slice of a page.

The rules are Copr's, taken from recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..engine.store import Store
from ..model.states import STATUS_NUMBERS
from ..wire.answer import CATCH_ALL, ApiError

_MAX_BIGINT = 2**63 - 1

Column = Callable[[BuildChroot], int | str | None]


class Paging(NamedTuple):
    """The page of a list, with the fields of the response's ``meta``."""

    limit: int | None
    offset: int
    order: str
    order_type: str


def _mock_chroot_id(store: Store, build: Build) -> Column:
    positions = {name: index for index, name in enumerate(store.mock_chroots)}
    return lambda chroot: positions[chroot.name]


def _copr_chroot_id(store: Store, build: Build) -> Column:
    """The chroot's position in its project; null if the project no longer has the chroot."""
    positions = {name: index for index, name in enumerate(build.project.chroots)}
    return lambda chroot: positions.get(chroot.name)


_CHROOT_COLUMNS: dict[str, Callable[[Store, Build], Column]] = {
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
"""The columns of Copr's table besides ``id``, which is the order in which a build has its chroots."""

_ATTRIBUTES = frozenset(
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
"""Attributes of Copr's SQLAlchemy models besides columns; ordering by one of them is another error."""


def parse_paging(arguments: Mapping[str, str], default_limit: int | None) -> Paging:
    """Return the page that a request selects.

    :raises ApiError: 500, with all invalid arguments in the order of Copr's form.
    """
    errors: dict[str, list[str]] = {}
    limit = _parse_integer("limit", arguments, errors)
    offset = _parse_integer("offset", arguments, errors)
    order_type = arguments.get("order_type", "ASC")
    if order_type.strip() and order_type not in ("ASC", "DESC"):
        errors["order_type"] = ["Not a valid choice."]
    if errors:
        raise ApiError(500, str(errors))
    order = arguments.get("order") or "id"
    if not order_type and order == "id":
        order_type = "DESC"
    return Paging(limit or default_limit, offset or 0, order, order_type)


def _parse_integer(name: str, arguments: Mapping[str, str], errors: dict[str, list[str]]) -> int | None:
    value = arguments.get(name, "")
    if not value.strip():
        return None
    try:
        return int(value)
    except ValueError:
        errors[name] = ["Not a valid integer value."]
        return None


class Table(NamedTuple):
    """A table of Copr's database: columns to order by besides ``id``, and other attributes of its model."""

    name: str
    columns: Collection[str]
    attributes: Collection[str]


BUILD_CHROOT = Table("build_chroot", _CHROOT_COLUMNS.keys(), _ATTRIBUTES)

BUILD = Table(
    "build",
    frozenset(
        {
            "batch_id",
            "bootstrap",
            "canceled",
            "copr_dir_id",
            "copr_id",
            "enable_net",
            "is_background",
            "package_id",
            "pkg_version",
            "result_dir",
            "source_status",
            "submitted_on",
            "timeout",
            "user_id",
        }
    ),
    _ATTRIBUTES,
)
"""Copr accepts these orders for a list of builds, but always lists the newest build first."""


def check_order(order: str, table: Table) -> None:
    """Reject an order that is no column.

    :raises ApiError: 500.
    """
    if order == "id" or order in table.columns:
        return
    if order in table.attributes:
        raise ApiError(500, f"Cannot order by {order}")
    raise ApiError(500, f"Cannot order by {order}, {table.name} doesn't have such property")


def check_range(paging: Paging) -> None:
    """Reject limits and offsets that PostgreSQL rejects when it runs the query.

    :raises ApiError: 500.
    """
    for number in (paging.limit or 0, paging.offset):
        if not 0 <= number <= _MAX_BIGINT:
            raise ApiError(500, CATCH_ALL, compact=True)


def slice_page(chroots: Sequence[BuildChroot], paging: Paging, store: Store) -> Sequence[BuildChroot]:
    """Return the chroots of a page.

    :param chroots: chroots of one build, in the order of their ids.
    """
    descending = paging.order_type == "DESC"
    count = len(chroots)
    start = min(paging.offset, count)
    stop = count if paging.limit is None else min(start + paging.limit, count)
    if paging.order != "id":
        return sort_chroots(chroots, paging, store)[start:stop]
    if descending:
        # Count from the end, so that the cost does not depend on the offset.
        return chroots[count - stop : count - start][::-1]
    return chroots[start:stop]


def sort_chroots(chroots: Sequence[BuildChroot], paging: Paging, store: Store) -> Sequence[BuildChroot]:
    """Return chroots of one build in the order of a column; as in PostgreSQL, nulls are the largest values."""
    if paging.order == "id" or not chroots:
        return chroots
    column = _CHROOT_COLUMNS[paging.order](store, chroots[0].build)

    def key(chroot: BuildChroot) -> tuple[bool, int | str]:
        value = column(chroot)
        return (True, 0) if value is None else (False, value)

    return sorted(chroots, key=key, reverse=paging.order_type == "DESC")


COPR = Table("copr", frozenset({"name"}), frozenset())
PACKAGE = Table("package", frozenset({"name"}), frozenset())


def sort_rows(rows, paging, table):
    if paging.order in ("id", "name"):
        key = (lambda r: r.id) if paging.order == "id" else (lambda r: getattr(r, "projectname", None) or r.name)
        return sorted(rows, key=key, reverse=paging.order_type == "DESC")
    return rows
