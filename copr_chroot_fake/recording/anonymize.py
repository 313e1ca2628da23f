"""Replace the names in a recorded scenario: owners, projects, packages, people and URLs.

A name is replaced by the same one everywhere, numbered in order of appearance, so the same scenario always gives the
same result. States, times, versions and the names of chroots stay.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count, repeat
from typing import cast

from ..model.nevra import parse_package
from ..model.project import RESULTS_URL
from ..scenario.spec import Scenario

_KNOWN_DIRS = ("pr", "custom")
"""Parts of directory names that Copr generates."""

_OWN_REPOS = ("copr_base", "copr_base_devel", "copr_coprdir")
"""The ids of the repositories that Copr adds to each build configuration."""

_VARIABLE = re.compile(r"\$(?:chroot|distname|releasever|basearch|arch)\b")


def anonymize(scenario: Scenario) -> Scenario:
    """Return a copy of a recorded scenario with other names."""
    return cast(Scenario, _anonymize(_Names(scenario), scenario))


class _Names:
    """The replacement of each name: its kind and a number.

    :param document: the scenario; replacements are words that it does not contain.
    """

    def __init__(self, document: object) -> None:
        self._used = frozenset(re.findall(r"[A-Za-z0-9_.+-]+", repr(document)))
        self._replacements: dict[tuple[str, str], str] = {}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))

    def replace(self, kind: str, name: str) -> str:
        """Return the replacement of a name."""
        if (kind, name) not in self._replacements:
            words = (f"{kind}{number}" for number in self._numbers[kind])
            self._replacements[kind, name] = next(word for word in words if word not in self._used)
        return self._replacements[kind, name]

    def owner(self, name: str) -> str:
        return f"@{self.replace('group', name)}" if name.startswith("@") else self.replace("owner", name)

    def full_name(self, name: str) -> str:
        return self._path(name, self.owner, self.dirname)

    def dirname(self, name: str) -> str:
        """Replace a project, or one of its directories; the parts that Copr generates stay: ``:pr:1``."""
        project, *parts = name.split(":")
        replaced = [part if part in _KNOWN_DIRS or part.isdigit() else self.replace("dir", part) for part in parts]
        return ":".join([self.replace("project", project), *replaced])

    def result_dir(self, name: str) -> str:
        """Replace the package in a directory or file of results; the build's id and the version stay."""
        if name in ("", "devel") or name.isdigit():
            return name
        match = re.fullmatch(r"([0-9]+-|)(.+?)(-[0-9].*\.src\.rpm|)", name, re.DOTALL)
        return f"{match[1]}{self.package(match[2])}{match[3]}" if match else self.package(name)

    def _path(self, path: str, *replace: Callable[[str], str]) -> str:
        """Replace each part of a path by its function, and all further ones as directories of results."""
        replacing = zip(path.split("/"), chain(replace, repeat(self.result_dir)), strict=False)
        return "/".join(function(part) if part else "" for part, function in replacing)

    def url(self, url: str) -> str:
        """Replace a URL; one of results or of a Copr repository keeps its form, others their variables and priority."""
        address, _, arguments = url.partition("?")
        priority = re.search("priority=[^&]*", arguments)
        query = f"?{priority[0]}" if priority else ""
        if address.startswith("copr://"):
            return f"copr://{self._path(address.removeprefix('copr://'), self.owner, self.dirname)}{query}"
        root, results, path = address.partition("/results/")
        if results:
            if f"{root}/results" != RESULTS_URL:
                root = f"https://{self.replace('server', root)}.example.com"
            return f"{root}/results/{self._path(path, self.owner, self.dirname, str)}"
        variables = "".join(f"/{variable}" for variable in _VARIABLE.findall(address))
        return f"https://{self.replace('repo', address)}.example.com{variables}/{query}"

    def repo(self, repo: Mapping[str, object]) -> dict[str, object]:
        """Return the id and the name of a repository that the project adds to a build configuration."""
        if repo.get("id") in (None, *_OWN_REPOS):
            return {}
        new_id = self.replace("repo", str(repo["id"]))
        return {"id": new_id, "name": f"Additional repo {new_id}"}

    def package(self, name: str) -> str:
        return self.replace("package", name)

    def nevra(self, text: str) -> str:
        name = parse_package("packages", text).name
        return f"{self.package(name)}{text[len(name) :]}"

    def package_or_group(self, name: str) -> str:
        return f"@{self.package(name[1:])}" if name.startswith("@") else self.package(name)

    def person(self, name: str) -> str:
        return self.replace("person", name)

    def image(self, name: str) -> str:
        """Replace the name of a container image."""
        return f"registry.example.com/{self.replace('image', name)}"


_METHODS: Mapping[str, Callable[[_Names, str], str]] = {
    "project": _Names.full_name,
    "ownername": _Names.owner,
    "projectname": _Names.dirname,
    "project_dirname": _Names.dirname,
    "additional_repos": _Names.url,
    "additional_packages": _Names.package_or_group,
    "bootstrap_image": _Names.image,
    "package": _Names.package,
    "packages": _Names.nevra,
    "submitter": _Names.person,
    "source_result_dir": _Names.result_dir,
    "result_dir": _Names.result_dir,
    "result_url": _Names.url,
    "url": _Names.url,
    "baseurl": _Names.url,
}
"""How to replace a text, or each text of a list, by its key."""


def _anonymize(names: _Names, value: object, key: str = "") -> object:
    """Return a value with other names.

    :param key: the key of the value, or of the list that contains it.
    """
    if isinstance(value, list):
        return [_anonymize(names, item, key) for item in value]
    if isinstance(value, Mapping):
        anonymous = {name: _anonymize(names, inner, name) for name, inner in value.items()}
        if key == "packages":
            return anonymous | {"name": names.package(str(value["name"]))}
        return anonymous | names.repo(value) if key == "repos" else anonymous
    method = _METHODS.get(key)
    return method(names, value) if method is not None and isinstance(value, str) else value
