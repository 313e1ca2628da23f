"""Recording what to compare: builds with their projects, as a scenario that gives Copr's responses about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import quote

from ..client.errors import ClientError, ConnectionFailedError, RequestTimeoutError
from ..engine.project import DROPPED_DAYS
from ..errors import CoprFakeError
from ..fake import FakeCopr
from ..model.project import ProjectChroot, ProjectSettings
from ..recording.recorder import Recorder
from ..recording.to_scenario import to_scenario
from ..scenario.spec import Scenario
from ..validation.spec import fields_of
from .sending import Copr

REPOSITORIES = "the repositories of {}"

_SECONDS_PER_DAY = 24 * 3600

MAX_LISTED = 100
"""The maximum number of builds or packages of a project that are recorded."""

Object = Mapping[str, str]
"""What requests are about: values of arguments by name, such as the ids of a build and one of its chroots."""


class World(NamedTuple):
    """What was recorded.

    :param results_url: where that Copr publishes results.
    :param objects: what requests can be about.
    :param incomplete: the projects with builds or packages that are not recorded, the owners of such projects,
        and repositories with chroots or dependencies that are not recorded.
    :param omissions: a line for each part of the responses that the scenario does not have.
    """

    scenario: Scenario
    results_url: str | None
    objects: tuple[Object, ...]
    incomplete: frozenset[str]
    omissions: tuple[str, ...]

    def fake(self) -> FakeCopr:
        """Return a fake with the scenario, as Copr is deployed."""
        return FakeCopr.from_scenario(
            self.scenario, default_limit=None, results_url=self.results_url, progress="manual"
        )


def latest_builds(copr: Copr, number: int) -> list[int]:
    """Return the ids of the latest builds of the newest projects."""
    listed = _list(copr, "project/list", order="id", order_type="DESC", limit=number)
    builds = (project_builds(copr, project["ownername"], project["name"], number) for project in listed)
    return sorted(chain.from_iterable(builds))[-number:]


def project_builds(copr: Copr, ownername: str, projectname: str, number: int = MAX_LISTED) -> list[int]:
    """Return the ids of the latest builds of a project."""
    listed = _list(copr, "build/list", ownername=ownername, projectname=projectname, limit=number)
    return [build["id"] for build in listed if "id" in build]


def record_world(copr: Copr, build_ids: Sequence[int], report: Callable[[str], object]) -> World:
    """Record builds and their projects.

    Builds of which only some chroots can be recorded are left out, with a line in the omissions for each chroot.

    :raises CoprFakeError: if none of the builds can be recorded.
    """
    recorder = Recorder(copr.client, build_ids, None, report)
    recorder.run(lambda: None)
    missing = tuple(recorder.missing())
    if not recorder.has_observations:
        raise CoprFakeError(f"{copr.url}: {'; '.join(missing)}")
    conversion = to_scenario(recorder.observations)
    scenario: dict[str, Any] = dict(conversion.scenario)
    scenario["builds"] = [
        build
        for build in scenario["builds"]
        if len(build["chroots"]) == len(recorder.observations.builds[build["id"]].chroots)
    ]
    if not scenario["builds"]:
        raise CoprFakeError(f"{copr.url}: {'; '.join((*missing, *conversion.omissions))}")
    for build in scenario["builds"]:
        _add_source(copr, build, recorder.observations.builds[build["id"]].build["state"])
    incomplete = {_full_name(project) for project in scenario["projects"] if _add_settings(copr, project, scenario)}
    lacking = [project for project in scenario["projects"] if _add_repositories(copr, project)]
    incomplete |= {REPOSITORIES.format(_full_name(project)) for project in lacking}
    owners = {project["ownername"] for project in scenario["projects"]}
    incomplete |= {owner for owner in owners if _has_more_projects(copr, owner, scenario)}
    scenario["accounts"] = [
        {"name": owner, "login": f"{owner}-login", "token": "unused"} for owner in sorted(owners) if owner[0] != "@"
    ] or [{"name": "nobody", "login": "nobody-login", "token": "unused"}]
    first = next(iter(recorder.observations.builds.values()))
    root = str(first.build.get("repo_url", "")).removesuffix(f"/{first.project}")
    return World(
        scenario, root or None, tuple(_objects(scenario)), frozenset(incomplete), (*missing, *conversion.omissions)
    )


def _full_name(entry: Mapping[str, Any]) -> str:
    return f"{entry['ownername']}/{entry['projectname']}"


def _read(copr: Copr, path: str, **arguments: int | str) -> dict[str, Any]:
    """Return a document; empty if Copr has none, or an unexpected one, as the comparison then shows."""
    try:
        return dict(copr.client.get_document(path, **arguments))
    except (ConnectionFailedError, RequestTimeoutError):
        raise
    except ClientError:
        return {}


def _list(copr: Copr, path: str, **arguments: int | str) -> list[dict[str, Any]]:
    return list(_read(copr, path, **arguments).get("items", ()))


def _add_source(copr: Copr, build: dict[str, Any], state: object) -> None:
    """Add to a build where its source comes from, and the state of the source build if the build has it as its own."""
    if state in ("running", "failed") and state not in [chroot["state"] for chroot in build["chroots"]]:
        build.setdefault("source_state", state)
    config = _read(copr, f"build/source-build-config/{build['id']}")
    names = {"source_type": "type", "source_dict": "config"}
    build["source"] = {**build.get("source", {}), **{names[key]: config[key] for key in names if key in config}}
    build |= {key: config[key] for key in ("memory_limit", "timeout") if key in config}


def _add_settings(copr: Copr, project: dict[str, Any], scenario: Mapping[str, Any]) -> bool:
    """Add to a project its settings and packages; return whether it has more builds or packages than recorded."""
    named = {key: project[key] for key in ("ownername", "projectname")}
    document = _read(copr, "project", **named)
    project |= {key: document[key] for key in (*fields_of(ProjectSettings), "id") if document.get(key) is not None}
    if project.get("bootstrap") == "default":
        # Copr's word for a project that has no such setting.
        del project["bootstrap"]
    enabled = document.get("chroot_repos", project["chroots"])
    project["chroots"] = {
        name: _chroot_settings(copr, name, named, None if name in enabled else scenario["now"]) or settings
        for name, settings in project["chroots"].items()
    }
    packages = _list(copr, "package/list", limit=MAX_LISTED + 1, **named)
    project["packages"] = [_package(package) for package in packages[:MAX_LISTED]]
    recorded = {build["id"] for build in scenario["builds"] if _full_name(build) == _full_name(project)}
    listed = project_builds(copr, **named, number=len(recorded) + 1)
    return not document or len(packages) > MAX_LISTED or not recorded.issuperset(listed)


def _add_repositories(copr: Copr, project: dict[str, Any]) -> bool:
    """Add to a project what only its repositories show; return whether they have more chroots, or dependencies."""
    document = _read(copr, f"rpmrepo/{quote(_full_name(project))}/fedora-rawhide")
    repos: Mapping[str, Any] = document.get("repos", {})
    arches = [(f"{release}-{name}", arch) for release, repo in repos.items() for name, arch in repo["arch"].items()]
    if any("multilib" in arch for _, arch in arches):
        project["multilib"] = True
    if "delete_after_days" in document:
        project["delete_after_days"] = document["delete_after_days"]
    project["directories"] = [name for name in document.get("directories", ()) if name != project["projectname"]]
    is_dropping = any("delete_after_days" in arch for _, arch in arches)
    return is_dropping or {name for name, _ in arches} != {*project["chroots"]} or bool(document.get("dependencies"))


def _chroot_settings(copr: Copr, chrootname: str, project: Mapping[str, str], dropped: int | None) -> dict[str, Any]:
    """Return the settings of a project's chroot.

    :param dropped: the Unix time of the recording if the project has dropped the chroot.
    """
    document = _read(copr, "project-chroot", chrootname=chrootname, **project)
    settings = {key: document[key] for key in fields_of(ProjectChroot) if document.get(key) is not None}
    if document and dropped is not None:
        # Copr shows full days; half a day more, so that the fake shows the same ones during the comparison.
        left = document.get("delete_after_days") or 0
        settings["dropped_on"] = dropped - int((DROPPED_DAYS - left - 0.5) * _SECONDS_PER_DAY)
    return settings


def _package(package: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "id", "name": "name", "source_type": "source_type", "source_dict": "source_dict"}
    names["auto_rebuild"] = "webhook_rebuild"
    return {names[key]: package[key] for key in names if key in package}


def _has_more_projects(copr: Copr, owner: str, scenario: Mapping[str, Any]) -> bool:
    recorded = {project["projectname"] for project in scenario["projects"] if project["ownername"] == owner}
    listed = _list(copr, "project/list", ownername=owner, limit=len(recorded) + 1)
    return not recorded.issuperset(project.get("name") for project in listed)


def _objects(scenario: Mapping[str, Any]) -> Iterator[Object]:
    """Yield what requests can be about: each chroot of each build, with its project and package."""
    projects = {_full_name(project): project for project in scenario["projects"]}
    for build in scenario["builds"]:
        names = [chroot["name"] for chroot in build["chroots"]]
        enabled = [name for name in projects[_full_name(build)]["chroots"] if name not in names]
        common = {key: build[key] for key in ("ownername", "projectname")}
        common |= {"build_id": str(build["id"]), "dirname": build.get("project_dirname", build["projectname"])}
        if build["ownername"][0] != "@":
            common["who"] = build["ownername"]
        if build.get("package") is not None:
            common["packagename"] = build["package"]
        for name in [*names, *enabled] or [None]:
            distribution = {} if name is None else {"chrootname": name, "name_release": name.rpartition("-")[0]}
            yield {**common, **distribution}
