"""A scenario without the names that are in it: owners, projects, packages, people and addresses.

The same name of one kind becomes the same other one wherever it is, in the
order in which names come: the same scenario always becomes the same. States,
times, versions and the names of chroots stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..api.build_config import repo_id
from ..model.nevra import dump_package, parse_package
from ..model.project import RESULTS_URL
from ..scenario.entries import Scenario
from ..scenario.spec import ScenarioSpec
from ..validation.spec import parse
from .build_config import OWN_REPOS

Entry = dict[str, object]

STEMS = {
    "owner": ("owner", "user", "maker"),
    "group": ("group", "team", "crew"),
    "project": ("project", "space", "place"),
    "dir": ("dir", "branch", "part"),
    "package": ("package", "rpm", "thing"),
    "person": ("person", "human", "being"),
    "repo": ("repo", "mirror", "source"),
    "image": ("image", "picture", "disk"),
    "results": ("results", "outcome", "files"),
    "server": ("server", "host", "box"),
}
"""What names of each kind become, with a number; others where a name is already like that."""

_KNOWN_DIRS = ("pr", "custom")
"""What is in the names of directories that Copr itself makes."""

_LISTS = ("additional_repos", "additional_packages", "with_opts", "without_opts")

_CONFIG: Mapping[str, type] = {
    **dict.fromkeys((*_LISTS, "repos"), list),
    **dict.fromkeys(("enable_net", "is_background"), bool),
    **dict.fromkeys(("memory_limit", "timeout"), int),
    **dict.fromkeys(("bootstrap", "bootstrap_image"), str),
}
_REPO: Mapping[str, type] = {
    **dict.fromkeys(("baseurl", "id", "name"), str),
    **dict.fromkeys(("module_hotfixes", "repo_gpgcheck"), bool),
    "priority": int,
}
"""What the kit knows of configurations and of their repositories, and the types that Copr gives it."""

_VARIABLE = re.compile(r"\$(?:chroot|distname|releasever|basearch|arch)\b")


def anonymize(scenario: Scenario) -> Scenario:
    """The same scenario, as if it were somebody else's.

    :raises InputError: if it is no scenario.
    """
    parse(ScenarioSpec, "", scenario)
    document = cast(Entry, scenario)
    names = _Names(_texts(document))
    anonymous = dict(document)
    if "projects" in document:
        anonymous["projects"] = [_project(names, entry) for entry in _entries(document, "projects")]
    if "builds" in document:
        anonymous["builds"] = [_build(names, entry) for entry in _entries(document, "builds")]
    return cast(Scenario, anonymous)


def _entries(document: Mapping[str, object], key: str) -> list[Entry]:
    return cast("list[Entry]", document.get(key) or [])


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


class _Names:
    """What each name becomes."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = frozenset(word for text in taken for word in re.findall(r"[A-Za-z0-9_.+-]+", text))
        self._made: dict[tuple[str, str], str] = {}
        self._counts = {kind: count(1) for kind in STEMS}

    def of(self, kind: str, name: str) -> str:
        """A name of its own, which nothing in the scenario has."""
        made = self._made.get((kind, name))
        while made is None:
            number = next(self._counts[kind])
            made = next((f"{stem}{number}" for stem in STEMS[kind] if f"{stem}{number}" not in self._taken), None)
        self._made[kind, name] = made
        return made

    def owner(self, name: str) -> str:
        return f"@{self.of('group', name)}" if name.startswith("@") else self.of("owner", name)

    def dirname(self, name: str) -> str:
        """A project, or a directory of it, of which what is known to everybody stays: ``:pr:1``."""
        project, *parts = name.split(":")
        kept = [part if part in _KNOWN_DIRS or part.isdigit() else self.of("dir", part) for part in parts]
        return ":".join([self.of("project", project), *kept])

    def result_dir(self, name: str) -> str:
        numbered = re.fullmatch("([0-9]+)(?:-(.+))?", name)
        if not name:
            return name
        if numbered is None:
            return self.of("results", name)
        return numbered[1] if numbered[2] is None else f"{numbered[1]}-{self.package(numbered[2])}"

    def address(self, address: str) -> str:
        """An address of a repository, of which the scheme, the variables and the priority stay."""
        try:
            parts = urlsplit(address)
        except ValueError:
            # One that the service cannot take apart; nor can it take this apart.
            return f"http://[{self.of('repo', address)}"
        priorities = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] == "priority"]
        query = f"?{urlencode(priorities)}" if priorities else ""
        if parts.scheme == "copr":
            return f"copr://{self._path(parts.netloc, parts.path)}{query}"
        variables = "".join(f"/{variable}" for variable in _VARIABLE.findall(f"{parts.netloc}{parts.path}"))
        repo = self.of("repo", f"{parts.scheme}://{parts.netloc}{parts.path}")
        scheme = parts.scheme if parts.scheme in ("http", "https", "ftp", "file") else "https"
        return f"{scheme}://{repo}.example.com{variables}/{query}"

    def _path(self, owner: str, path: str) -> str:
        """Owner, project, and what is below it; any of them may be missing."""
        _, *parts = path.split("/")
        named = [self._below_owner(at, part) if part else "" for at, part in enumerate(parts)]
        return "/".join([self.owner(owner) if owner else "", *named])

    def _below_owner(self, at: int, part: str) -> str:
        if at == 0:
            return self.dirname(part)
        return part if part == "devel" else self.of("dir", part)

    def results_url(self, url: str) -> str:
        """Where results are: the root of another service's becomes another, and what is below it goes by its names."""
        root = RESULTS_URL if url.startswith(f"{RESULTS_URL}/") else url.split("/results/")[0] + "/results"
        if not url.startswith(f"{root}/"):
            return f"https://{self.of('server', url)}.example.com/"
        owner, *rest = url[len(root) + 1 :].split("/")
        known_root = root if root == RESULTS_URL else f"https://{self.of('server', root)}.example.com/results"
        named = [self.owner(owner)] if owner else [""]
        for at, part in enumerate(rest):
            named.append(self.dirname(part) if at == 0 and part else part if at == 1 or not part else self._below(part))
        return "/".join([known_root, *named])

    def _below(self, part: str) -> str:
        # In linear time, however long it is.
        version = re.search("(?<=.)-[0-9]", part) if part.endswith(".src.rpm") else None
        if version is not None:
            return f"{self.package(part[: version.start()])}{part[version.start() :]}"
        return part if part == "devel" else self.result_dir(part)

    def url(self, url: str) -> str:
        """Any address, below the results or elsewhere."""
        return self.results_url(url) if "/results/" in url else self.address(url)

    def package(self, name: str) -> str:
        return self.of("package", name)

    def package_or_group(self, name: str) -> str:
        return f"@{self.package(name[1:])}" if name.startswith("@") else self.package(name)

    def person(self, name: str) -> str:
        return self.of("person", name)

    def image(self, name: str) -> str:
        """The name of a container's image."""
        return f"registry.example.com/{self.of('image', name)}"


_CHANGES: Mapping[str, Callable[[_Names, str], str]] = {
    "ownername": _Names.owner,
    "projectname": _Names.dirname,
    "project_dirname": _Names.dirname,
    "additional_repos": _Names.address,
    "additional_packages": _Names.package_or_group,
    "bootstrap_image": _Names.image,
    "package": _Names.package,
    "submitter": _Names.person,
    "source_result_dir": _Names.result_dir,
    "result_dir": _Names.result_dir,
    "result_url": _Names.url,
    "url": _Names.url,
    "baseurl": _Names.url,
}
"""How the texts under each key become others, whatever entry it is in; in this order, as names are numbered."""


def _changed(names: _Names, entry: Entry) -> Entry:
    """An entry with other texts, where it has any, or lists of them."""
    anonymous = dict(entry)
    for key, change in _CHANGES.items():
        value = entry.get(key)
        if isinstance(value, str):
            anonymous[key] = change(names, value)
        elif isinstance(value, list):
            anonymous[key] = [change(names, item) if isinstance(item, str) else item for item in value]
    return anonymous


def _project(names: _Names, entry: Entry) -> Entry:
    anonymous = _changed(names, entry)
    if entry.get("chroots"):
        chroots = cast("Mapping[str, Entry]", entry["chroots"])
        anonymous["chroots"] = {name: _changed(names, chroot) for name, chroot in chroots.items()}
    return anonymous


def _build(names: _Names, entry: Entry) -> Entry:
    anonymous = _changed(names, entry)
    if entry.get("source_package"):
        anonymous["source_package"] = _changed(names, cast(Entry, entry["source_package"]))
    if "chroots" in entry:
        anonymous["chroots"] = [_chroot(names, chroot) for chroot in _entries(entry, "chroots")]
    return anonymous


def _chroot(names: _Names, entry: Entry) -> Entry:
    anonymous = _changed(names, entry)
    if entry.get("packages"):
        anonymous["packages"] = [_nevra(names, package) for package in cast("list[object]", entry["packages"])]
    if entry.get("build_config") is not None:
        anonymous["build_config"] = _config(names, cast(Entry, entry["build_config"]), cast(str, entry["name"]))
    return anonymous


def _nevra(names: _Names, package: object) -> object:
    nevra = parse_package("package", package)
    name = names.package(nevra.name)
    return f"{name}{package[len(nevra.name) :]}" if isinstance(package, str) else {**dump_package(nevra), "name": name}


def _config(names: _Names, config: Entry, chrootname: str) -> Entry:
    """A configuration as it was given; what the kit does not know of it may have names in it, and goes."""
    known = _of_types(config, _CONFIG)
    for key in _LISTS:
        if known.get(key):
            known[key] = [item for item in cast("list[object]", known[key]) if isinstance(item, str)]
    anonymous = _changed(names, known)
    if known.get("repos"):
        addresses = cast("list[str]", known.get("additional_repos") or [])
        by_id = {repo_id(address): address for address in addresses if address}
        repos = [_of_types(repo, _REPO) for repo in _entries(known, "repos") if isinstance(repo, dict)]
        anonymous["repos"] = [_repo(names, repo, by_id, chrootname) for repo in repos]
    return anonymous


def _of_types(document: Entry, types: Mapping[str, type]) -> Entry:
    """What is known of a document, and null or of its type."""
    return {
        key: value
        for key, value in document.items()
        if key in types and (value is None or isinstance(value, types[key]))
    }


def _repo(names: _Names, repo: Entry, by_id: Mapping[str, str], chrootname: str) -> Entry:
    baseurl, name = repo.get("baseurl"), repo.get("id")
    if name in OWN_REPOS:
        return _changed(names, repo)
    anonymous = dict(repo)
    address = names.address(by_id.get(str(name), str(baseurl)))
    if baseurl is not None:
        filled = names.url(str(baseurl)) if address.startswith("copr://") else address.partition("?")[0]
        anonymous["baseurl"] = filled.replace("$chroot", chrootname).replace("$distname", chrootname.rsplit("-", 2)[0])
    if name is not None:
        anonymous["id"] = repo_id(address)
    if "name" in repo:
        anonymous["name"] = f"Additional repo {repo_id(address)}"
    return anonymous
