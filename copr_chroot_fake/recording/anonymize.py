"""Replace the names in a scenario: owners, projects, packages, people and URLs.

A name is replaced by the same one everywhere, numbered in order of appearance, so the same scenario always gives the
same result. States, times, versions and the names of chroots stay.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..api.build_config import repo_id
from ..model.nevra import parse_package
from ..model.project import RESULTS_URL
from ..scenario.entries import Scenario
from ..scenario.spec import DEFAULT_OWNER, DEFAULT_PROJECT, ScenarioSpec
from ..validation.spec import parse

Entry = dict[str, object]

_KNOWN_DIRS = ("pr", "custom")
"""Parts of directory names that Copr generates."""

_OWN_REPOS = ("copr_base", "copr_base_devel", "copr_coprdir")
"""The ids of the repositories that Copr adds to each build configuration."""

_LISTS = ("additional_repos", "additional_packages", "with_opts", "without_opts")

_CONFIG_TYPES: Mapping[str, type] = {
    **dict.fromkeys((*_LISTS, "repos"), list),
    **dict.fromkeys(("enable_net", "is_background"), bool),
    **dict.fromkeys(("memory_limit", "timeout"), int),
    **dict.fromkeys(("bootstrap", "bootstrap_image"), str),
}
_REPO_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("baseurl", "id", "name"), str),
    **dict.fromkeys(("module_hotfixes", "repo_gpgcheck"), bool),
    "priority": int,
}
"""The known keys of build configurations and their repositories, and the types that Copr gives them."""

_VARIABLE = re.compile(r"\$(?:chroot|distname|releasever|basearch|arch)\b")


def anonymize(scenario: Scenario) -> Scenario:
    """Return a copy of a scenario with other names.

    :raises InputError: if the scenario is invalid.
    """
    parse(ScenarioSpec, "", scenario)
    document = dict(cast(Entry, scenario))
    if document.get("builds"):
        document["builds"] = [_with_whole_project(build) for build in cast("list[Entry]", document["builds"])]
    return cast(Scenario, _anonymize(_Names(_texts(document)), document))


def _texts(value: object) -> Iterator[str]:
    """Yield all texts in a document, except its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


class _Names:
    """The replacement of each name: its kind and a number.

    :param texts: all texts in the scenario, whose words are not used as replacements.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._used = frozenset(word for text in texts for word in re.findall(r"[A-Za-z0-9_.+-]+", text))
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
        owner, _, dirname = name.partition("/")
        return f"{self.owner(owner)}/{self.dirname(dirname)}"

    def dirname(self, name: str) -> str:
        """Replace a project, or one of its directories; the parts that Copr generates stay: ``:pr:1``."""
        project, *parts = name.split(":")
        replaced = [part if part in _KNOWN_DIRS or part.isdigit() else self.replace("dir", part) for part in parts]
        return ":".join([self.replace("project", project), *replaced])

    def result_dir(self, name: str) -> str:
        numbered = re.fullmatch("([0-9]+)(?:-(.+))?", name)
        if not name:
            return name
        if numbered is None:
            return self.replace("results", name)
        return numbered[1] if numbered[2] is None else f"{numbered[1]}-{self.package(numbered[2])}"

    def address(self, address: str) -> str:
        """Replace the address of a repository; its scheme, variables and priority stay."""
        try:
            parts = urlsplit(address)
        except ValueError:
            # Copr cannot parse it; the replacement cannot be parsed either.
            return f"http://[{self.replace('repo', address)}"
        priorities = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] == "priority"]
        query = f"?{urlencode(priorities)}" if priorities else ""
        if parts.scheme == "copr":
            return f"copr://{self._path(parts.netloc, parts.path)}{query}"
        variables = "".join(f"/{variable}" for variable in _VARIABLE.findall(f"{parts.netloc}{parts.path}"))
        repo = self.replace("repo", address.partition("?")[0])
        scheme = parts.scheme if parts.scheme in ("http", "https", "ftp", "file") else "https"
        return f"{scheme}://{repo}.example.com{variables}/{query}"

    def _path(self, owner: str, path: str) -> str:
        """Replace an owner, a project and the directories below it; any of them can be missing."""
        _, *parts = path.split("/")
        replaced = [self._below_owner(at, part) if part else "" for at, part in enumerate(parts)]
        return "/".join([self.owner(owner) if owner else "", *replaced])

    def _below_owner(self, at: int, part: str) -> str:
        if at == 0:
            return self.dirname(part)
        return part if part == "devel" else self.replace("dir", part)

    def results_url(self, url: str) -> str:
        """Replace a URL of results: each part by its kind, and the root unless it is Fedora's."""
        root = RESULTS_URL if url.startswith(f"{RESULTS_URL}/") else url.split("/results/")[0] + "/results"
        if not url.startswith(f"{root}/"):
            return f"https://{self.replace('server', url)}.example.com/"
        owner, *rest = url[len(root) + 1 :].split("/")
        known_root = root if root == RESULTS_URL else f"https://{self.replace('server', root)}.example.com/results"
        named = [self.owner(owner)] if owner else [""]
        for at, part in enumerate(rest):
            named.append(self.dirname(part) if at == 0 and part else part if at == 1 or not part else self._below(part))
        return "/".join([known_root, *named])

    def _below(self, part: str) -> str:
        # This expression takes linear time, however long the name is.
        version = re.search("(?<=.)-[0-9]", part) if part.endswith(".src.rpm") else None
        if version is not None:
            return f"{self.package(part[: version.start()])}{part[version.start() :]}"
        return part if part == "devel" else self.result_dir(part)

    def url(self, url: str) -> str:
        """Replace a URL of results, or any other."""
        return self.results_url(url) if "/results/" in url else self.address(url)

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
    "additional_repos": _Names.address,
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


def _with_whole_project(build: Entry) -> Entry:
    """Return a build that has both an owner and a project if it has a part of these; the other part has a default."""
    if not any(build.get(key) for key in ("ownername", "projectname", "project_dirname")):
        return build
    defaults = {"ownername": DEFAULT_OWNER, "projectname": DEFAULT_PROJECT}
    return {**build, **{key: build.get(key) or default for key, default in defaults.items()}}


def _anonymize(names: _Names, value: object, key: str = "") -> object:
    """Return a value with other names.

    :param key: the key of the value, or of the list that contains it.
    """
    if isinstance(value, list):
        return [_anonymize(names, item, key) for item in value]
    if isinstance(value, Mapping):
        return _anonymize_entry(names, value, key)
    method = _METHODS.get(key)
    return method(names, value) if method is not None and isinstance(value, str) else value


def _anonymize_entry(names: _Names, entry: Mapping[str, object], key: str) -> Entry:
    config = cast("Entry | None", entry.get("build_config"))
    anonymous = {name: _anonymize(names, value, name) for name, value in entry.items() if name != "build_config"}
    if key == "packages":
        anonymous["name"] = names.package(cast(str, entry["name"]))
    if config is not None:
        # Chroots are a list of objects with names, or an object whose keys are the names.
        anonymous["build_config"] = _anonymize_config(names, config, cast(str, entry.get("name", key)))
    return anonymous


def _anonymize_config(names: _Names, config: Entry, chrootname: str) -> Entry:
    """Replace the names in a build configuration; drop unknown keys and types, which may contain names."""
    known = _keep_known(config, _CONFIG_TYPES)
    for key in _LISTS:
        if known.get(key):
            known[key] = [item for item in cast("list[object]", known[key]) if isinstance(item, str)]
    anonymous = {key: value if key == "repos" else _anonymize(names, value, key) for key, value in known.items()}
    repos = known.get("repos")
    if isinstance(repos, list):
        addresses = cast("list[str]", known.get("additional_repos") or [])
        by_id = {repo_id(address): address for address in addresses if address}
        known_repos = [_keep_known(repo, _REPO_TYPES) for repo in repos if isinstance(repo, dict)]
        anonymous["repos"] = [_anonymize_repo(names, repo, by_id, chrootname) for repo in known_repos]
    return anonymous


def _keep_known(document: Entry, types: Mapping[str, type]) -> Entry:
    """Return the entries of a document that are known, and null or of the known type."""
    return {
        key: value
        for key, value in document.items()
        if key in types and (value is None or isinstance(value, types[key]))
    }


def _anonymize_repo(names: _Names, repo: Entry, by_id: Mapping[str, str], chrootname: str) -> Entry:
    baseurl, name = repo.get("baseurl"), repo.get("id")
    if name in _OWN_REPOS:
        return _anonymize_entry(names, repo, "repos")
    anonymous = dict(repo)
    address = names.address(by_id.get(str(name), str(baseurl)))
    if baseurl is not None:
        url = names.url(str(baseurl)) if address.startswith("copr://") else address.partition("?")[0]
        anonymous["baseurl"] = url.replace("$chroot", chrootname).replace("$distname", chrootname.rsplit("-", 2)[0])
    if name is not None:
        anonymous["id"] = repo_id(address)
    if "name" in repo:
        anonymous["name"] = f"Additional repo {repo_id(address)}"
    return anonymous
