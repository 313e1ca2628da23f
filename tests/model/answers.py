"""The responses of the model: the service's rules for arguments, pages and errors.

Every response is a status and a body, or an :class:`Error`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from .rendering import RESULTS, build_fields, chroot_fields, line, packages, source_package
from .service import Build, Chroot, Impossible, Model
from .tables import NUMBERS, UNIMPORTED

BUG = "Request wasn't successful, there is probably a bug in the Copr code."
UNKNOWN = "Login invalid/expired. Please visit https://copr.fedorainfracloud.org/api to get or renew your API token."
COLUMNS = (
    *("build_id", "mock_chroot_id", "copr_chroot_id", "status", "started_on", "ended_on", "result_dir"),
    *("git_hash", "status_reason", "build_requires"),
)


class Error(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, *, compact: bool = False, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = json.dumps({**more, "error": message}, separators=(",", ":") if compact else None) + "\n"


class Responder:
    """Responds to one request; chroots in the response are polled."""

    def __init__(
        self,
        model: Model,
        method: str,
        arguments: Mapping[str, str],
        user: tuple[str, str] | None = None,
        is_readable: bool = True,
        is_in_path: bool = False,
    ) -> None:
        self.model = model
        self.method = method
        self.arguments = arguments
        self.user = user
        self.is_in_path = is_in_path
        """Whether the path contains the build id, which can then have any size."""
        self.counts = method == "GET" and is_readable

    # The endpoints of build chroots.

    def get(self) -> str:
        return line(chroot_fields(*self._find_chroot(self.counts)))

    def build_config(self) -> str:
        build, chroot = self._find_chroot(False)
        full_name = f"{build.owner}/{build.project}"
        root = f"{RESULTS}/{full_name}/{chroot.name}/"
        repos = [("copr_base", "Copr repository", root)]
        if build.dirname != build.project:
            repos.append(
                ("copr_coprdir", "Coprdir repository", f"{RESULTS}/{build.owner}/{build.dirname}/{chroot.name}/")
            )
        return line(
            {
                "additional_repos": [f"copr://{full_name}"],
                **{key: list[str]() for key in ("additional_packages", "with_opts", "without_opts")},
                "enable_net": False,
                "is_background": False,
                "memory_limit": 2048,
                "timeout": 18000,
                "repos": [
                    {
                        "baseurl": baseurl,
                        "module_hotfixes": None,
                        "priority": None,
                        "repo_gpgcheck": False,
                        "id": repo,
                        "name": name,
                    }
                    for repo, name, baseurl in repos
                ],
            }
        )

    def built_packages(self) -> str:
        build, chroot = self._find_chroot(self.counts)
        keys = ("arch", "epoch", "release", "version", "name")
        return line({"packages": [{key: nevra[key] for key in keys} for nevra in packages(build, chroot)]})

    def list(self) -> str:
        limit, offset, order, order_type = self._paging(name_is_id=True)
        sent = self._required("build_id")
        check_order(order, COLUMNS, "build_chroot", ("state", "finished"))
        build_id = int(sent) if self.is_in_path else cast(sent)
        if build_id is None:
            raise Error(500, BUG, compact=True)
        check_range(limit, offset)
        build = self.model.builds.get(build_id)
        items: Sequence[str] = ()
        if build is not None:
            key = self._key(order, build)
            absent = [chroot for chroot in build.chroots if chroot.is_absent]
            for chroot in absent:
                self._poll(build, chroot)
            ordered = in_order(build.present_chroots, key, order, order_type)
            page = ordered[offset:][:limit] if limit is not None else ordered[offset:]
            for chroot in page:
                if chroot not in absent:
                    self._poll(build, chroot)
            if order != "id":
                page = in_order([chroot for chroot in build.chroots if chroot in page], key, order, order_type)
            items = [json.dumps(chroot_fields(build, chroot)) for chroot in page if build.id in self.model.builds]
        return self._page(items, limit, offset, order, order_type)

    # Other endpoints.

    def build(self, build_id: int) -> str:
        return line(build_fields(self._find_build(build_id)))

    def build_packages(self, build_id: int) -> str:
        build = self._find_build(build_id)
        keys = ("name", "arch", "version", "release", "epoch")
        return line(
            {
                chroot.name: {"packages": [{key: nevra[key] for key in keys} for nevra in packages(build, chroot)]}
                for chroot in build.present_chroots
            }
        )

    def source_chroot(self, build_id: int) -> str:
        build = self._known(build_id)
        for chroot in build.chroots:
            if chroot.is_absent or chroot.state in UNIMPORTED:
                self._poll(build, chroot)
        build = self._known(build_id)
        if build.source in ("waiting", "pending", "starting", "forked"):
            raise Error(500, BUG)
        results = f"{RESULTS}/{build.owner}/{build.dirname}/srpm-builds/{build.id:08d}"
        return line({"state": build.source, "result_url": results})

    def builds(self) -> str:
        limit, offset, order, order_type = self._paging()
        full_name = self._find_project()
        attributes = ("status", "state", "finished", "started_on", "ended_on")
        check_order(order, ("submitted_on", "result_dir"), "build", attributes)
        package, status = self.arguments.get("packagename"), self.arguments.get("status")
        # A list with a status is cut after the query.
        check_range(None if status else limit, offset)
        builds = [
            build
            for build in sorted(self.model.builds.values(), key=lambda build: -build.id)
            if f"{build.owner}/{build.project}" == full_name and package in (None, "", build.name)
        ][offset:]
        if status:
            builds = [build for build in builds if build.state == status]
            sent = self.arguments.get("limit", "")
            limit = int(sent) if sent.strip() else limit
        items = []
        for build in builds if limit is None else builds[:limit]:
            self._poll_all(build)
            if build.id in self.model.builds and (not status or build.state == status):
                items.append(json.dumps(build_fields(build)))
        return self._page(items, limit, offset, order, order_type)

    def project(self) -> str:
        full_name = self._find_project()
        owner, name = full_name.split("/")
        return line(
            {
                "name": name,
                "persistent": False,
                "additional_repos": [],
                "storage": "backend",
                **dict.fromkeys(("homepage", "contact", "description", "instructions")),
                "devel_mode": False,
                "unlisted_on_hp": False,
                "auto_prune": True,
                "enable_net": True,
                "bootstrap": "default",
                "isolation": "default",
                "module_hotfixes": False,
                "appstream": True,
                "packit_forge_projects_allowed": [],
                "follow_fedora_branching": True,
                "repo_priority": None,
                "id": [*self.model.projects].index(full_name) + 1,
                "ownername": owner,
                "full_name": full_name,
                "chroot_repos": {
                    chroot: f"{RESULTS}/{full_name}/{chroot}/" for chroot in self.model.projects[full_name]
                },
            }
        )

    def mock_chroots(self) -> str:
        return line(dict.fromkeys(self.model.known, ""))

    def monitor(self) -> str:
        full_name = self._find_project()
        own = full_name.split("/")[1]
        dirname = self.arguments.get("project_dirname") or own
        if dirname != own and (full_name, dirname) not in self.model.directories:
            raise Error(404, f"Dirname '{dirname}' doesn't exist in '{full_name}' copr")
        latest: dict[str, dict[str, tuple[Build, Chroot]]] = {}
        for build in sorted(self.model.builds.values(), key=lambda build: -build.id):
            if f"{build.owner}/{build.project}" == full_name and build.dirname == dirname:
                for chroot in build.present_chroots:
                    if chroot.name in self.model.projects[full_name]:
                        latest.setdefault(build.package, {}).setdefault(chroot.name, (build, chroot))
        for package in sorted(latest):
            for build, chroot in latest[package].values():
                self._poll(build, chroot)
        rendering = [
            {
                "name": package,
                "chroots": {
                    name: {
                        "state": chroot.state,
                        "status": NUMBERS[chroot.state],
                        "build_id": build.id,
                        "pkg_version": source_package(build)["version"],
                    }
                    for name, (build, chroot) in latest[package].items()
                },
            }
            for package in sorted(latest)
        ]
        start = '{"output": "ok","message": "Project monitor request successful","packages": [\n'
        return start + ",\n".join(map(json.dumps, rendering)) + "]}"

    def auth_check(self) -> str:
        name = self._log_in()
        names = [account for _, account, _ in self.model.accounts.values()]
        return line({"name": name, "id": names.index(name) + 1})

    def cancel(self, build_id: int) -> str:
        name = self._log_in()
        build = self._known(build_id)
        may = [
            build.owner in (account, *groups) for _, account, groups in self.model.accounts.values() if account == name
        ]
        if self.model.accounts and not any(may):
            raise Error(403, "You are not allowed to cancel this build.")
        try:
            self.model.cancel(build)
        except Impossible:
            raise Error(409, f"Cannot cancel build {build_id}") from None
        return line(build_fields(build))

    # Shared rules.

    def _required(self, name: str) -> str:
        if name not in self.arguments:
            raise Error(400, f"Missing argument {name}")
        return self.arguments[name]

    def _poll(self, build: Build, chroot: Chroot) -> None:
        if self.counts and build.id in self.model.builds:
            self.model.poll(build, chroot)
            self.model.catch_up()

    def _poll_all(self, build: Build) -> None:
        for chroot in build.chroots:
            self._poll(build, chroot)

    def _find_chroot(self, counts: bool) -> tuple[Build, Chroot]:
        sent, name = self._required("build_id"), self._required("chrootname")
        build = self.model.builds.get(cast(sent) or 0)
        if build is None:
            raise Error(404, f"Build {sent} does not exist.")
        chroot = next((chroot for chroot in build.chroots if chroot.name == name), None)
        if chroot is not None and counts:
            self._poll(build, chroot)
        if build.id not in self.model.builds:
            raise Error(404, f"Build {sent} does not exist.")
        if chroot is None or chroot.is_absent:
            if name.count("-") < 2:
                raise Error(500, "Chroot identification is not valid")
            if name not in self.model.known:
                raise Error(404, f"Chroot {name} does not exist")
            raise Error(404, f"Build {sent} was not submitted to {name} chroot.")
        return build, chroot

    def _known(self, build_id: int) -> Build:
        if build_id not in self.model.builds:
            raise Error(404, f"Build {build_id} does not exist.")
        return self.model.builds[build_id]

    def _find_build(self, build_id: int) -> Build:
        self._poll_all(self._known(build_id))
        return self._known(build_id)

    def _find_project(self) -> str:
        owner, name = self._required("ownername"), self._required("projectname")
        if f"{owner}/{name}" not in self.model.projects:
            if owner.startswith("@") and not any(known.startswith(f"{owner}/") for known in self.model.projects):
                raise Error(404, f"Group {owner[1:]} does not exist.")
            raise Error(404, f"Project {owner}/{name} does not exist.")
        return f"{owner}/{name}"

    def _log_in(self) -> str:
        login, token = self.user or ("", "")
        if not self.model.accounts and login:
            return login
        if login not in self.model.accounts or self.model.accounts[login][0] != token:
            raise Error(401, UNKNOWN, output="notok")
        return self.model.accounts[login][1]

    def _paging(self, name_is_id: bool = False) -> tuple[int | None, int, str, str]:
        errors = {}
        numbers: dict[str, int | None] = {}
        for name in ("limit", "offset"):
            sent = self.arguments.get(name, "")
            try:
                numbers[name] = int(sent) if sent.strip() else None
            except ValueError:
                errors[name] = ["Not a valid integer value."]
        order_type = self.arguments.get("order_type", "ASC")
        if order_type.strip() and order_type not in ("ASC", "DESC"):
            errors["order_type"] = ["Not a valid choice."]
        if errors:
            raise Error(500, str(errors))
        order = self.arguments.get("order") or "id"
        order = "id" if name_is_id and order == "name" else order
        if not order_type:
            order_type = {"id": "DESC", "name": "ASC"}.get(order, "")
        return numbers["limit"] or self.model.default_limit, numbers["offset"] or 0, order, order_type

    def _page(self, items: Sequence[str], limit: int | None, offset: int, order: str, order_type: str) -> str:
        meta = json.dumps({"limit": limit, "offset": offset, "order": order, "order_type": order_type})
        return f'{{"items": [{", ".join(items)}], "meta": {meta}}}\n'

    def _key(self, order: str, build: Build) -> Callable[[Chroot], object]:
        enabled = self.model.projects[f"{build.owner}/{build.project}"]
        columns: Mapping[str, Callable[[Chroot], object]] = {
            "build_id": lambda chroot: build.id,
            "mock_chroot_id": lambda chroot: self.model.known.index(chroot.name),
            "copr_chroot_id": lambda chroot: enabled.index(chroot.name) if chroot.name in enabled else None,
            "status": lambda chroot: NUMBERS[chroot.state],
            "started_on": lambda chroot: chroot.started_on,
            "ended_on": lambda chroot: chroot.ended_on,
            "result_dir": lambda chroot: chroot.result_dir,
        }
        return columns.get(order, lambda chroot: None)


def in_order(
    chroots: Sequence[Chroot], key: Callable[[Chroot], object], order: str, order_type: str
) -> Sequence[Chroot]:
    """Sort chroots; those without a key are last, or first in descending order."""
    descending = order_type == "DESC"
    if order == "id":
        return chroots[::-1] if descending else chroots
    having = sorted((c for c in chroots if key(c) is not None), key=key, reverse=descending)  # type: ignore[arg-type]  # none of the keys is None
    without = [chroot for chroot in chroots if key(chroot) is None]
    return [*without, *having] if descending else [*having, *without]


def check_order(order: str, columns: Sequence[str], table: str, attributes: Sequence[str]) -> None:
    if order in attributes:
        raise Error(500, f"Cannot order by {order}")
    if order != "id" and order not in columns:
        raise Error(500, f"Cannot order by {order}, {table} doesn't have such property")


def check_range(limit: int | None, offset: int) -> None:
    if min(limit or 0, offset) < 0 or max(limit or 0, offset) >= 2**63:
        raise Error(500, BUG, compact=True)


def cast(sent: str) -> int | None:
    """Convert a build id as PostgreSQL does."""
    if not re.fullmatch(r"[ \t\n\v\f\r]*[+-]?[0-9]+[ \t\n\v\f\r]*", sent, re.ASCII):
        return None
    return int(sent) if -(2**31) <= int(sent) < 2**31 else None
