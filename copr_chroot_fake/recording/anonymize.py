"""Replace the names in a scenario: owners, projects, packages, people and URLs.

A name is replaced by the same one everywhere, numbered in order of appearance, so the same scenario always gives the
same result. States, times, versions and the names of chroots stay.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count, repeat
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..model.nevra import parse_package
from ..model.project import RESULTS_URL
from ..scenario.spec import DEFAULT_OWNER, DEFAULT_PROJECT, Scenario, ScenarioSpec
from ..validation.spec import parse

Entry = dict[str, object]

_KNOWN_DIRS = ("pr", "custom")
"""Parts of directory names that Copr generates."""

_OWN_REPOS = ("copr_base", "copr_base_devel", "copr_coprdir")
"""The ids of the repositories that Copr adds to each build configuration."""

_CONFIG_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("additional_repos", "additional_packages", "with_opts", "without_opts", "repos"), list),
    **dict.fromkeys(("enable_net", "is_background", "module_hotfixes", "repo_gpgcheck"), bool),
    **dict.fromkeys(("memory_limit", "timeout", "priority"), int),
    **dict.fromkeys(("bootstrap", "bootstrap_image", "baseurl", "id", "name"), str),
}
"""The known keys of build configurations and of their repositories, and the types that Copr gives them."""

_VARIABLE = re.compile(r"\$(?:chroot|distname|releasever|basearch|arch)\b")


def anonymize(scenario: Scenario) -> Scenario:
    """Return a copy of a scenario with other names.

    :raises InputError: if the scenario is invalid.
    """
    parse(ScenarioSpec, "", scenario)
    document = dict(cast(Entry, scenario))
    if document.get("builds"):
        document["builds"] = [_with_whole_project(build) for build in cast("list[Entry]", document["builds"])]
    return cast(Scenario, _anonymize(_Names(document), document))


def _with_whole_project(build: Entry) -> Entry:
    """Return a build that has both an owner and a project if it has a part of these; the other part has a default."""
    if not any(build.get(key) for key in ("ownername", "projectname", "project_dirname")):
        return build
    defaults = {"ownername": DEFAULT_OWNER, "projectname": DEFAULT_PROJECT}
    return {**build, **{key: build.get(key) or default for key, default in defaults.items()}}


class _Names:
    """The replacement of each name: its kind and a number.

    :param document: the scenario, whose words are not used as replacements.
    """

    def __init__(self, document: object) -> None:
        self._used = frozenset(re.findall(r"[A-Za-z0-9_.+-]+", repr(document)))
        self._replacements: dict[tuple[str, str], str] = {}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))

    def replace(self, kind: str, name: str) -> str:
        """Return the replacement of a name, a word that is not in the scenario."""
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
        """Replace a directory or file of results; the build's id, and the version of a source package, stay."""
        numbered = re.fullmatch("([0-9]+)(?:-(.+))?", name)
        if name in ("", "devel"):
            return name
        source = re.fullmatch(r"(.+?)(-[0-9].*\.src\.rpm)", name)
        if source is not None:
            return f"{self.package(source[1])}{source[2]}"
        if numbered is None:
            return self.replace("results", name)
        return numbered[1] if numbered[2] is None else f"{numbered[1]}-{self.package(numbered[2])}"

    def _path(self, path: str, *replace: Callable[[str], str]) -> str:
        """Replace each part of a path by its function, and all further ones as directories of results."""
        replacing = zip(path.split("/"), chain(replace, repeat(self.result_dir)), strict=False)
        return "/".join(function(part) if part else "" for part, function in replacing)

    def url(self, url: str) -> str:
        """Replace a URL; that of results keeps its form, any other its scheme, variables and priority."""
        try:
            parts = urlsplit(url)
        except ValueError:
            # Copr cannot parse it; the replacement cannot be parsed either.
            return f"http://[{self.replace('repo', url)}"
        address, _, _ = url.partition("?")
        priorities = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] == "priority"]
        query = f"?{urlencode(priorities)}" if priorities else ""
        if parts.scheme == "copr":
            return f"copr://{self._path(address.removeprefix('copr://'), self.owner, self.dirname)}{query}"
        root, results, path = address.partition("/results/")
        if results:
            if f"{root}/results" != RESULTS_URL:
                root = f"https://{self.replace('server', root)}.example.com"
            return f"{root}/results/{self._path(path, self.owner, self.dirname, str)}"
        variables = "".join(f"/{variable}" for variable in _VARIABLE.findall(address))
        scheme = parts.scheme if parts.scheme in ("http", "https", "ftp", "file") else "https"
        return f"{scheme}://{self.replace('repo', address)}.example.com{variables}/{query}"

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
"""How to replace the text, or the list of texts, that has a key."""


def _anonymize(names: _Names, value: object, key: str = "") -> object:
    """Return a value with other names.

    :param key: the key of the value, or of the list that contains it.
    """
    if isinstance(value, list):
        return [_anonymize(names, item, key) for item in value]
    if key == "build_config" and isinstance(value, Mapping):
        return _anonymize_config(names, value)
    if isinstance(value, Mapping):
        anonymous = {name: _anonymize(names, inner, name) for name, inner in value.items()}
        return anonymous | {"name": names.package(cast(str, value["name"]))} if key == "packages" else anonymous
    method = _METHODS.get(key)
    return method(names, value) if method is not None and isinstance(value, str) else value


def _anonymize_config(names: _Names, config: Mapping[str, object]) -> Entry:
    """Replace the names in a build configuration or a repository.

    Drop unknown keys, and values of other types than Copr's, which may contain names.
    """
    known = {
        key: value
        for key, value in config.items()
        if key in _CONFIG_TYPES and (value is None or isinstance(value, _CONFIG_TYPES[key]))
    }
    anonymous: Entry = {}
    for key, value in known.items():
        if key == "repos" and isinstance(value, list):
            anonymous[key] = [_anonymize_config(names, repo) for repo in value if isinstance(repo, dict)]
        elif isinstance(value, list):
            anonymous[key] = [_anonymize(names, item, key) for item in value if isinstance(item, str)]
        else:
            anonymous[key] = _anonymize(names, value, key)
    if isinstance(known.get("id"), str) and known["id"] not in _OWN_REPOS:
        anonymous["id"] = names.replace("repo", str(known["id"]))
        anonymous["name"] = f"Additional repo {anonymous['id']}"
    return anonymous
