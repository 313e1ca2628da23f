"""Pages of lists: paging arguments, order, and the slice of a page.

The rules are Copr's, taken from recordings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple, TypeVar

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..model.states import STATUS_NUMBERS
from ..wire.answer import ApiError

_MAX_BIGINT = 2**63 - 1

T = TypeVar("T")

Column = Callable[[T], int | str | None]


class Paging(NamedTuple):
    """The page of a list, with the fields of the response's ``meta``."""

    limit: int | None
    offset: int
    order: str
    order_type: str


_POSITIONS: Mapping[str, Callable[[Build], Iterable[str]]] = {
    "mock_chroot_id": lambda build: build.store.mock_chroots,
    # Null for a chroot that the project no longer has.
    "copr_chroot_id": lambda build: build.project.chroots,
}
"""The chroots whose order a list of build chroots can have."""

_CHROOT_COLUMNS: Mapping[str, Column[BuildChroot]] = {
    **{name: attrgetter(name) for name in ("started_on", "ended_on", "result_dir")},
    "status": lambda chroot: STATUS_NUMBERS[chroot.state],
    # Copr orders by the condition that joins these tables, which all chroots of a build fulfil; the others are null.
    **dict.fromkeys(("build", "mock_chroot", "build_id"), lambda chroot: None),
    **dict.fromkeys(("git_hash", "status_reason", "build_requires", "tags_raw"), lambda chroot: None),
}
"""The other columns of a list of build chroots, except ``id``, which is their order in the build."""


def parse_paging(arguments: Mapping[str, str], default_limit: int | None, *, name_is_id: bool = False) -> Paging:
    """Return the page that a request selects.

    :param name_is_id: whether ``name`` orders by ``id``, for the sake of old clients.
    :raises ApiError: 500, with all invalid arguments in the order of Copr's form.
    """
    if arguments.keys().isdisjoint(Paging._fields):
        return Paging(default_limit, 0, "id", "ASC")
    errors: dict[str, list[str]] = {}
    limit = _parse_integer("limit", arguments, errors)
    offset = _parse_integer("offset", arguments, errors)
    order_type = arguments.get("order_type", "ASC")
    if order_type.strip() and order_type not in ("ASC", "DESC"):
        errors["order_type"] = ["Not a valid choice."]
    if errors:
        raise ApiError(500, str(errors))
    order = arguments.get("order") or "id"
    if name_is_id and order == "name":
        order = "id"
    return Paging(limit or default_limit, offset or 0, order, order_type or _DEFAULT_ORDER_TYPES.get(order, ""))


_DEFAULT_ORDER_TYPES = {"id": "DESC", "name": "ASC"}
"""The order type that replaces an empty one."""


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
    """A table of Copr's database, and the SQLAlchemy model of it.

    :param columns: what a list can be ordered by besides ``id``.
    :param relations: relations to tables that the query does not join; PostgreSQL rejects an order by one of them.
    :param attributes: other attributes of the model, except those with a false value, such as an empty tuple.
    """

    name: str
    columns: Collection[str]
    relations: Collection[str]
    attributes: Collection[str]


_MODEL_ATTRIBUTES = "_sa_class_manager _sa_registry metadata query query_class registry serializable_attributes to_dict"
"""The attributes of every model, without those of every Python class."""


def _names(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


CHROOT_TABLE = Table(
    "build_chroot",
    {*_POSITIONS, *_CHROOT_COLUMNS},
    _names("copr_chroot results"),
    _names(
        _MODEL_ATTRIBUTES,
        "_compile_extra_buildchroot_tags _compressed_log_variant backend_enqueue dist_git_url",
        "distgit_clone_url fedora_review finished name result_dir_url results_dict rpm_backend_log_url",
        "rpm_fedora_review_url rpm_live_log_url rpm_live_logs set_tags state tags task_id",
    ),
)

BUILD_TABLE = Table(
    "build",
    _names(
        "batch_id bootstrap built_packages canceled copr_dir_id copr_id enable_net fail_type is_background isolation",
        "memory_reqs module_id package_id pkg_version pkgs repos result_dir resubmitted_from_id scm_object_id",
        "scm_object_type scm_object_url source_json source_status source_type srpm_url ssh_public_keys submitted_by",
        "submitted_on timeout update_callback user_id webhook_history_id",
    ),
    _names("batch build_chroots copr copr_dir module package user webhook_history"),
    _names(
        _MODEL_ATTRIBUTES,
        "SCM_COMMIT SCM_PULL_REQUEST _compressed_log_variant appstream backend_enqueue_buildchroots",
        "batching_user_error blocked bootstrap_set cancelable chroot_states chroots chroots_dict_by_name",
        "chroots_ended_on chroots_started_on chroots_still_active copr_dirname copr_full_dirname copr_name ended_on",
        "fail_type_text finished finished_early get_chroots_by_status get_source_log_urls group_name",
        "import_log_url_distgit isolation_set max_ended_on min_started_on package_name persistent repeatable",
        "repos_list result_dir_url results_dict resubmitted_from sandbox source_backend_log_url source_is_uploaded",
        "source_json_dict source_live_log_url source_state source_type_text started_on state status submitter task_id",
    ),
)
"""Copr accepts these orders for a list of builds, but always lists the newest build first."""

PACKAGE_TABLE = Table(
    "package",
    _names(
        "chroot_denylist_raw copr_id enable_net max_builds name source_json source_type timeout webhook_rebuild",
    ),
    _names("builds copr"),
    _names(
        _MODEL_ATTRIBUTES,
        "chroot_denylist chroots dist_git_clone_url dist_git_repo dist_git_url",
        "get_search_related_copr_id has_source_type_set last_build main_pkg matched_chroot source_json_dict",
        "source_type_text validate_max_builds validate_timeout",
    ),
)

PROJECT_TABLE = Table(
    "copr",
    _names(
        "appstream auto_createrepo auto_prune bootstrap build_enable_net contact created_on delete_after deleted",
        "description fedora_review follow_fedora_branching forked_from_id group_id homepage instructions isolation",
        "latest_indexed_data_update module_hotfixes multilib name packit_forge_projects_allowed persistent playground",
        "repo_priority repos runtime_dependencies scm_api_auth_json scm_api_type scm_repo_url storage unlisted_on_hp",
        "user_id webhook_secret",
    ),
    _names(
        "actions all_forks builds copr_chroots copr_permissions dirs forked_from group legal_flags modules packages",
        "user",
    ),
    _names(
        _MODEL_ATTRIBUTES,
        "active_chroots active_chroots_grouped active_chroots_sorted active_copr_chroots active_multilib_chroots",
        "admin_mails build_count delete_after_days delete_after_msg devel_mode disable_createrepo downvotes enable_net",
        "enable_permissible_chroots enable_permissible_copr_chroots forks full_name get_search_related_copr_id",
        "is_a_group_project is_release_arch_modified main_dir mock_chroots modified_chroots modules_url",
        "new_webhook_secret outdated_chroots owner owner_name packit_forge_projects_allowed_list repo_id repo_name",
        "repo_url repos_list runtime_deps scm_api_auth score still_forking upvotes votes",
    ),
)
"""Projects."""


def check_order(order: str, table: Table) -> None:
    """Reject an order that is neither a column nor a relation.

    :raises ApiError: 500.
    """
    if order == "id" or order in table.columns or order in table.relations:
        return
    if order == "__table__":
        # Copr tests whether the attribute is true, which SQLAlchemy does not allow.
        raise ApiError(500)
    if order in table.attributes or (order.startswith("__") and order.endswith("__")):
        raise ApiError(500, f"Cannot order by {order}")
    raise ApiError(500, f"Cannot order by {order}, {table.name} doesn't have such property")


def check_query(paging: Paging, table: Table, joined: Collection[str] = ()) -> None:
    """Reject relations, limits and offsets that PostgreSQL rejects when it runs the query.

    :param joined: relations whose tables this query joins; ordering by them is valid, but has no effect.
    :raises ApiError: 500.
    """
    is_in_range = 0 <= (paging.limit or 0) <= _MAX_BIGINT and 0 <= paging.offset <= _MAX_BIGINT
    if not is_in_range or (paging.order in table.relations and paging.order not in joined):
        raise ApiError(500, compact=True)


def slice_page(chroots: Sequence[BuildChroot], paging: Paging) -> Sequence[BuildChroot]:
    """Return the chroots of a page.

    :param chroots: chroots of one build, in the order of their ids.
    """
    if paging.order != "id":
        return slice_rows(sort_chroots(chroots, paging), paging)
    return slice_rows(chroots[::-1] if paging.order_type == "DESC" else chroots, paging)


def sort_chroots(chroots: Sequence[BuildChroot], paging: Paging) -> Sequence[BuildChroot]:
    """Return chroots of one build in the order of a column."""
    if paging.order == "id" or not chroots:
        return chroots
    if paging.order in _POSITIONS:
        positions = {name: position for position, name in enumerate(_POSITIONS[paging.order](chroots[0].build))}
        return sort_rows(chroots, lambda chroot: positions.get(chroot.name), paging)
    return sort_rows(chroots, _CHROOT_COLUMNS[paging.order], paging)


def sort_rows(rows: Iterable[T], column: Column[T], paging: Paging) -> list[T]:
    """Return rows in the order of a column; as in PostgreSQL, nulls are the largest values."""

    def key(row: T) -> tuple[bool, int | str]:
        value = column(row)
        return (True, 0) if value is None else (False, value)

    return sorted(rows, key=key, reverse=paging.order_type == "DESC")


def slice_rows(rows: Sequence[T], paging: Paging) -> Sequence[T]:
    """Return the rows of a page."""
    return rows[paging.offset : None if paging.limit is None else paging.offset + paging.limit]


def render_page(items: Iterable[bytes], paging: Paging) -> bytes:
    """Return a page of a list, whose items are JSON already."""
    return render_list(items, _render_meta(paging))


def render_list(items: Iterable[bytes], meta: bytes) -> bytes:
    """Return a list, whose items and ``meta`` are JSON already."""
    return b"".join((b'{"items": [', b", ".join(items), b'], "meta": ', meta, b"}\n"))


@lru_cache(maxsize=256)
def _render_meta(paging: Paging) -> bytes:
    return json.dumps(paging._asdict()).encode()
