"""The login with which requests that write are sent."""

from __future__ import annotations

from base64 import b64encode
from configparser import ConfigParser, Error
from pathlib import Path
from typing import NamedTuple

from ..errors import CoprFakeError


class Login(NamedTuple):
    """The login in a configuration file of copr-cli."""

    url: str | None
    login: str
    token: str

    @property
    def header(self) -> tuple[str, str]:
        return "Authorization", "Basic " + b64encode(f"{self.login}:{self.token}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown."""
        return self.login, self.token, self.header[1].removeprefix("Basic ")


def read_login(file: Path) -> Login:
    """Read a configuration file.

    :raises CoprFakeError: if it has no login; without its content.
    """
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
        section = parser["copr-cli"]
        return Login(section.get("copr_url"), section["login"], section["token"])
    except (OSError, UnicodeError, Error, KeyError):
        raise CoprFakeError(f"{file}: no section copr-cli with login and token") from None
