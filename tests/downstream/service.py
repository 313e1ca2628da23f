"""A served Copr in which users run copr-cli and the official client."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from copr.v3 import Client
from copr.v3.helpers import config_from_file

from ..chroots import F42, F43
from ..served import Server
from .processes import Forker

RAWHIDE, EPEL = "fedora-rawhide-x86_64", "epel-9-x86_64"

SCENARIO = {
    "chroots": [RAWHIDE, F43, F42, EPEL],
    "groups": [{"name": "@copr", "fas_name": "copr-team"}],
    "accounts": [
        {"name": "jdoe", "login": "jdoe-login", "token": "jdoe-token", "groups": ["@copr"]},
        {"name": "bob", "login": "bob-login", "token": "bob-token"},
        {"name": "admin", "login": "admin-login", "token": "admin-token", "admin": True},
    ],
    "projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": [F43, F42]}],
}
"""jdoe has a project, tools."""

_NUMBERS = count(1)


class Copr:
    """A world of a server: users run programs in it, and tests check its content afterwards."""

    def __init__(self, server: Server, forker: Forker, directory: Path, homes: Path) -> None:
        self.server = server
        self._forker = forker
        self._directory = directory
        self._homes = homes

    def config(self, user: str) -> Path:
        """Return the configuration file of a user, written on first use."""
        path = self._homes / user / ".config" / "copr"
        if not path.exists():
            path.parent.mkdir(parents=True)
            lines = [f"copr_url = {self.server.url}", f"username = {user}", f"login = {user}-login"]
            lines += [f"token = {user}-token", "encrypted = False"]
            path.write_text("\n".join(["[copr-cli]", *lines, "# expiration date: 2026-01-01", ""]))
        return path

    def run(self, *arguments: str, user: str = "jdoe", stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run copr-cli as a process."""
        home = self.config(user).parents[1]
        return self._forker.runner("copr-cli", self.server.url, self._directory, home)(*arguments, stdin=stdin)

    def output(self, *arguments: str, user: str = "jdoe", stdin: str = "") -> str:
        """Run copr-cli, which must succeed without a warning, and return its standard output."""
        done = self.run(*arguments, user=user, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def error(self, *arguments: str, user: str = "jdoe") -> tuple[int, str]:
        """Run copr-cli, which must fail, and return its exit status and error message."""
        done = self.run(*arguments, user=user)
        assert "Error: " in done.stderr
        return done.returncode, done.stderr.rpartition("Error: ")[2].strip()

    def client(self, user: str = "jdoe") -> Client:
        """Return the official client of a user."""
        return Client(config_from_file(str(self.config(user))))

    # Its content, from the control API.

    @property
    def projects(self) -> dict[str, Any]:
        """The projects by full name, as in a scenario."""
        projects = self.server.control("GET", "/scenario")["projects"]
        return {f"{project['ownername']}/{project['projectname']}": project for project in projects}

    @property
    def builds(self) -> dict[int, Any]:
        """The builds by id, as in a scenario."""
        return {build["id"]: build for build in self.server.control("GET", "/scenario")["builds"]}

    def packages(self, project: str = "jdoe/tools") -> dict[str, Any]:
        """Return the packages of a project by name, as in a scenario."""
        return {package["name"]: package for package in self.projects[project].get("packages", [])}

    def states(self, build_id: int) -> dict[str, str]:
        """Return the states of a build's chroots by name."""
        return {chroot["name"]: chroot["state"] for chroot in self.builds[build_id]["chroots"]}


@contextmanager
def new_world(server: Server, forker: Forker, directory: Path, homes: Path) -> Iterator[Copr]:
    """Add a world to a server, and delete it after the block.

    :param directory: where programs run.
    :param homes: where the users' configuration files are.
    """
    name = f"test-{next(_NUMBERS)}"
    server.control("PUT", f"/worlds/{name}")
    yield Copr(Server(f"{server.url}/@{name}"), forker, directory, homes)
    server.control("DELETE", f"/worlds/{name}")
