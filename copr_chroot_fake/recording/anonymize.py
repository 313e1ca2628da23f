"""Replace the names in a scenario: owners, projects, packages, people and URLs.

A name is replaced by the same one everywhere, numbered in order of appearance,
so the same scenario always gives the same result. States, times, versions and
the names of chroots stay.
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
from ..scenario.spec import DEFAULT_OWNER, DEFAULT_PROJECT, ScenarioSpec
from ..validation.spec import parse

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
"""The replacements of each kind, followed by a number; the second and third are used if the scenario has the first."""

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
    document = cast(Entry, scenario)
    names = _Names(_texts(document))
    anonymous = dict(document)
    if "projects" in document:
        anonymous["projects"] = [_anonymize_project(names, entry) for entry in _entries(document, "projects")]
    if "builds" in document:
        anonymous["builds"] = [_anonymize_build(names, _in_full(entry)) for entry in _entries(document, "builds")]
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
    """The replacement of each name.

    :param texts: all texts in the scenario, whose words are not used as replacements.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._used = frozenset(word for text in texts for word in re.findall(r"[A-Za-z0-9_.+-]+", text))
        self._replacements: dict[tuple[str, str], str] = {}
        self._counts = {kind: count(1) for kind in STEMS}

    def replace(self, kind: str, name: str) -> str:
        """Return the replacement of a name, a word that is not in the scenario."""
        replacement = self._replacements.get((kind, name))
        while replacement is None:
            number = next(self._counts[kind])
            words = (f"{stem}{number}" for stem in STEMS[kind])
            replacement = next((word for word in words if word not in self._used), None)
        self._replacements[kind, name] = replacement
        return replacement

    def owner(self, name: str) -> str:
        return f"@{self.replace('group', name)}" if name.startswith("@") else self.replace("owner", name)

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
        repo = self.replace("repo", f"{parts.scheme}://{parts.netloc}{parts.path}")
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

    def package_or_group(self, name: str) -> str:
        return f"@{self.package(name[1:])}" if name.startswith("@") else self.package(name)

    def person(self, name: str) -> str:
        return self.replace("person", name)

    def image(self, name: str) -> str:
        """Replace the name of a container image."""
        return f"registry.example.com/{self.replace('image', name)}"


_METHODS: Mapping[str, Callable[[_Names, str], str]] = {
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
"""How to replace the texts of each key, in any entry; names are numbered in this order."""


def _replace_texts(names: _Names, entry: Entry) -> Entry:
    """Return an entry with replaced texts and lists of texts."""
    anonymous = dict(entry)
    for key, method in _METHODS.items():
        value = entry.get(key)
        if isinstance(value, str):
            anonymous[key] = method(names, value)
        elif isinstance(value, list):
            anonymous[key] = [method(names, item) if isinstance(item, str) else item for item in value]
    return anonymous


def _in_full(entry: Entry) -> Entry:
    """Return a build whose project is in three keys, and whose chroots are objects: the shapes that are anonymized."""
    full = {key: value for key, value in entry.items() if key != "project"}
    given = entry.get("project")
    owner, _, dirname = (given if isinstance(given, str) else f"{DEFAULT_OWNER}/{DEFAULT_PROJECT}").partition("/")
    if isinstance(given, str):
        full["project_dirname"] = dirname
    if any(full.get(key) for key in ("ownername", "projectname", "project_dirname")):
        full["ownername"] = full.get("ownername") or owner
        full["projectname"] = full.get("projectname") or dirname.partition(":")[0]
    chroots = entry.get("chroots")
    if isinstance(chroots, Mapping):
        full["chroots"] = [
            {"name": name, **({"state": settings} if isinstance(settings, str) else settings)}
            for name, settings in chroots.items()
        ]
    elif isinstance(chroots, list):
        full["chroots"] = [{"name": chroot} if isinstance(chroot, str) else chroot for chroot in chroots]
    return full


def _anonymize_project(names: _Names, entry: Entry) -> Entry:
    anonymous = _replace_texts(names, entry)
    chroots = entry.get("chroots")
    if isinstance(chroots, Mapping):
        anonymous["chroots"] = {name: _replace_texts(names, chroot or {}) for name, chroot in chroots.items()}
    return anonymous


def _anonymize_build(names: _Names, entry: Entry) -> Entry:
    anonymous = _replace_texts(names, entry)
    if entry.get("source_package"):
        anonymous["source_package"] = _replace_texts(names, cast(Entry, entry["source_package"]))
    if "chroots" in entry:
        anonymous["chroots"] = [_anonymize_chroot(names, chroot) for chroot in _entries(entry, "chroots")]
    return anonymous


def _anonymize_chroot(names: _Names, entry: Entry) -> Entry:
    anonymous = _replace_texts(names, entry)
    if entry.get("packages"):
        anonymous["packages"] = [_anonymize_nevra(names, package) for package in _entries(entry, "packages")]
    config = cast("Entry | None", entry.get("build_config"))
    if config is not None:
        anonymous["build_config"] = _anonymize_config(names, config, cast(str, entry["name"]))
    return anonymous


def _anonymize_nevra(names: _Names, package: object) -> object:
    nevra = parse_package("package", package)
    name = names.package(nevra.name)
    return f"{name}{package[len(nevra.name) :]}" if isinstance(package, str) else {**dump_package(nevra), "name": name}


def _anonymize_config(names: _Names, config: Entry, chrootname: str) -> Entry:
    """Replace the names in a build configuration; drop unknown keys and types, which may contain names."""
    known = _keep_known(config, _CONFIG_TYPES)
    for key in _LISTS:
        if known.get(key):
            known[key] = [item for item in cast("list[object]", known[key]) if isinstance(item, str)]
    anonymous = _replace_texts(names, known)
    if known.get("repos"):
        addresses = cast("list[str]", known.get("additional_repos") or [])
        by_id = {repo_id(address): address for address in addresses if address}
        repos = [_keep_known(repo, _REPO_TYPES) for repo in _entries(known, "repos") if isinstance(repo, dict)]
        anonymous["repos"] = [_anonymize_repo(names, repo, by_id, chrootname) for repo in repos]
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
        return _replace_texts(names, repo)
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
