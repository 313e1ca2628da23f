"""A machine that sends requests of users and reports of the backend in any order, and checks the fake after each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from copr_chroot_fake import Build, CoprFakeError, FakeCopr, Snapshot, VirtualClock

from .drawn import CHROOTS, WORLD, DrawnRequest, write, writes

places = st.integers(0, 30)
states = st.sampled_from(["starting", "running", "succeeded", "succeeded", "failed", "pending", "canceled"])
given_source = st.fixed_dictionaries(
    {},
    optional={
        "package": st.sampled_from(["hello", "0ad"]),
        "version": st.just("1:2.0-3"),
        "url": st.just("https://x.example/a-2.0-3.src.rpm"),
        "skip": st.lists(st.sampled_from(CHROOTS), max_size=2),
    },
)


class Taken(NamedTuple):
    """A snapshot, and what it has to restore."""

    snapshot: Snapshot
    written: object
    responses: Mapping[str, object]


class WritesMachine(RuleBasedStateMachine):
    """A fake, and its twin, which was loaded from what the fake wrote, and takes everything like it since."""

    @initialize(progress=st.sampled_from(["manual", "clock", "immediate", "poll"]))
    def begin(self, progress: str) -> None:
        self.progress = progress
        self.taken: list[Taken] = []
        self.deleted: set[int] = set()
        self.fake, self.twin = self._load(WORLD), self._load(WORLD)

    def _load(self, scenario: Mapping[str, object]) -> FakeCopr:
        return FakeCopr.from_scenario(
            json.loads(json.dumps(scenario, allow_nan=False)),
            progress=self.progress,  # type: ignore[arg-type]  # one of those that are drawn
            default_limit=None,
            seed=5,
        )

    def _both(self, do: Callable[[FakeCopr], object]) -> object:
        """Do it to the fake and to its twin, with the same outcome."""
        outcome = _outcome(do, self.fake)
        assert _outcome(do, self.twin) == outcome
        return outcome

    # What users and the backend do.

    @rule(request=writes())
    def send(self, request: DrawnRequest) -> None:
        before = {*self.fake.builds}
        written = self.fake.to_scenario()
        status = cast(Any, self._both(lambda fake: fake.answer(*request))).status
        self.deleted |= before - {*self.fake.builds}
        is_rejected = status != 200 and not (status == 500 and "/package/add/" in request.target)
        if is_rejected:
            assert self.fake.to_scenario() == written

    @rule(build=st.integers(1, 8), chroots=st.sampled_from([[], CHROOTS[:2]]), after=st.sampled_from([None, 1, 4, 5]))
    def submit(self, build: int, chroots: list[str], after: int | None) -> None:
        """More likely to succeed than any request; ``build`` numbers the file."""
        url = f"https://x.example/hello-{build}-1.src.rpm"
        fields = {"ownername": "jdoe", "projectname": "p1", "pkgs": url, "chroots": chroots, "after_build_id": after}
        self._both(lambda fake: fake.answer(*write("POST", "/api_3/build/create/url", fields)))

    @precondition(lambda self: self.fake.builds)
    @rule(at=places, state=states, given=given_source)
    def report_source(self, at: int, state: str, given: Mapping[str, Any]) -> None:
        build = _pick(self.fake, at).id
        self._both(lambda fake: fake.builds[build].report_source(state, **given))  # type: ignore[arg-type]  # a state

    @precondition(lambda self: self.fake.builds)
    @rule(at=places, failed_for=st.sampled_from([[], [], ["fedora-42"], ["epel-9", "fedora-43"]]))
    def report_import(self, at: int, failed_for: list[str]) -> None:
        build = _pick(self.fake, at).id
        self._both(lambda fake: fake.builds[build].report_import(failed_for))

    @precondition(lambda self: self.fake.builds)
    @rule(at=places, which=places, state=states)
    def report_chroot(self, at: int, which: int, state: str) -> None:
        build = _pick(self.fake, at)
        if build.names:
            name = build.names[which % len(build.names)]
            self._both(lambda fake: fake.builds[build.id][name].report(state))  # type: ignore[arg-type]  # a state

    @precondition(lambda self: self.fake.builds)
    @rule(at=places, steps=st.integers(1, 4))
    def let_live(self, at: int, steps: int) -> None:
        """Report what a build goes through, so that it gets further than by chance."""
        build = _pick(self.fake, at).id
        for report in (
            *(lambda fake, state=state: fake.builds[build].report_source(state) for state in _SOURCE_STATES),
            lambda fake: fake.builds[build].report_import(),
        )[:steps]:
            self._both(report)

    @rule(seconds=st.sampled_from([0, 1, 10, 30, 60, 400, 10_000]))
    def tick(self, seconds: int) -> None:
        self._both(lambda fake: cast(VirtualClock, fake.clock).tick(seconds))

    @precondition(lambda self: self.fake.builds)
    @rule(at=places, times=st.integers(1, 4))
    def poll(self, at: int, times: int) -> None:
        build = _pick(self.fake, at).id
        for _ in range(times):
            self._both(lambda fake: fake.answer("GET", f"/api_3/build/{build}"))

    @rule()
    def reload_twin(self) -> None:
        self.twin = self._load(self.fake.to_scenario())

    @precondition(lambda self: self.taken)
    @rule(at=places)
    def restore(self, at: int) -> None:
        """Restoring a snapshot undoes everything since, and everything before if it is an older one."""
        taken = self.taken[at % len(self.taken)]
        self.fake.restore(taken.snapshot)
        assert self.fake.to_scenario() == taken.written
        _check_same(_responses(self.fake), taken.responses)
        self.deleted -= {*self.fake.builds}
        self.twin = self._load(self.fake.to_scenario())

    # What holds after every step.

    @invariant()
    def everything_agrees(self) -> None:
        written = self.fake.to_scenario()
        assert self.twin.to_scenario() == written
        copy = self._load(written)
        assert copy.to_scenario() == written
        responses = _responses(self.fake)
        _check_same(_responses(copy), responses)
        self.taken.append(Taken(self.fake.snapshot(), written, responses))
        if self.progress != "poll":
            # Otherwise each response shows the next state.
            check_agreement(self.fake, self.deleted)


_SOURCE_STATES = ("starting", "running", "succeeded")


def _pick(fake: FakeCopr, at: int) -> Build:
    builds = [*fake.builds.values()]
    return builds[at % len(builds)]


def _outcome(do: Callable[[FakeCopr], object], fake: FakeCopr) -> object:
    try:
        return do(fake)
    except CoprFakeError as error:
        return f"{type(error).__name__}: {error}"


def _targets(fake: FakeCopr) -> Iterator[str]:
    """Yield what clients can read of everything."""
    yield "/api_3/project/list"
    for build in fake.builds.values():
        for form in ("", "source-chroot/", "source-build-config/", "built-packages/"):
            yield f"/api_3/build/{form}{build.id}"
        yield f"/api_3/build-chroot/list/{build.id}"
        for name in build:
            yield f"/api_3/build-chroot/build-config/{build.id}/{name}"
    for project in fake.projects.values():
        query = f"ownername={project.ownername}&projectname={project.projectname}"
        yield from (f"/api_3/{form}?{query}" for form in ("project", "build/list", "monitor"))
        yield f"/api_3/package/list?{query}&with_latest_build=True&with_latest_succeeded_build=True"
        yield f"/api_3/rpmrepo/{project.ownername}/{project.projectname}/fedora-43"
        for name in project.known_chroots:
            yield f"/api_3/project-chroot?{query}&chrootname={name}"
            yield f"/api_3/project-chroot/build-config?{query}&chrootname={name}"


def _responses(fake: FakeCopr) -> Mapping[str, object]:
    """Return all responses; afterwards, none of them has been sent."""
    with fake.snapshot():
        permissions = (f"/api_3/project/permissions/get/{project}/" for project in fake.projects)
        return {
            **{target: fake.answer(*write("GET", target, {})) for target in permissions},
            **{target: fake.answer("GET", target) for target in _targets(fake)},
        }


def _check_same(actual: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Compare responses one by one, so that a failure shows the one that differs."""
    for target, answer in expected.items():
        assert actual[target] == answer, target
    assert actual.keys() == expected.keys()


def check_agreement(fake: FakeCopr, deleted: set[int]) -> None:
    """Check that builds, lists, the monitor and packages say the same of each build, and nothing of deleted ones."""
    for build_id in deleted:
        for form in ("", "source-chroot/", "source-build-config/", "built-packages/"):
            assert fake.answer("GET", f"/api_3/build/{form}{build_id}").status == 404
        assert _get(fake, f"build-chroot/list/{build_id}")["items"] == []
    single = {build_id: _get(fake, f"build/{build_id}") for build_id in fake.builds}
    chroots = {build_id: _check_chroots(fake, build) for build_id, build in single.items()}
    listed = []
    for project in fake.projects.values():
        query = f"ownername={project.ownername}&projectname={project.projectname}"
        builds = _get(fake, f"build/list?{query}")["items"]
        listed += builds
        assert [build["id"] for build in builds] == sorted((build["id"] for build in builds), reverse=True)
        _check_packages(fake, query, builds)
        _check_monitor(fake, project.projectname, query, builds, chroots)
    assert {build["id"]: build for build in listed} == single
    assert len(listed) == len(single)


def _get(fake: FakeCopr, path: str) -> Any:
    answer = fake.answer("GET", f"/api_3/{path}")
    assert answer.status == 200, (path, answer)
    return answer.json()


def _check_chroots(fake: FakeCopr, build: Mapping[str, Any]) -> Mapping[str, Any]:
    """Check the chroots of a build, each alone and in the lists, and return them by name."""
    items = _get(fake, f"build-chroot/list/{build['id']}")["items"]
    assert [item["name"] for item in items] == build["chroots"]
    assert [*_get(fake, f"build/built-packages/{build['id']}")] == build["chroots"]
    for item in items:
        assert _get(fake, f"build-chroot/{build['id']}/{item['name']}") == item
        # Forks keep the times of the original. A start can be reported after the end.
        times = [time for time in (item["started_on"], item["ended_on"]) if time is not None]
        assert item["state"] == "forked" or all(time >= build["submitted_on"] for time in times), (build, item)
    ends = [item["ended_on"] for item in items]
    assert build["ended_on"] == (None if None in ends else max(ends, default=None))
    return {item["name"]: item for item in items}


def _check_packages(fake: FakeCopr, query: str, builds: list[Any]) -> None:
    packages = _get(fake, f"package/list?{query}&with_latest_build=True")["items"]
    named = {build["source_package"]["name"] for build in builds} - {None}
    assert named <= {package["name"] for package in packages}
    for package in packages:
        own = [build for build in builds if build["source_package"]["name"] == package["name"]]
        # In a list, Copr prefers builds in the main directory.
        in_main = [build for build in own if build["project_dirname"] == build["projectname"]]
        assert package["builds"]["latest"] == next(iter(in_main or own), None)
        alone = _get(fake, f"package?{query}&packagename={package['name']}&with_latest_build=True")
        assert alone["builds"]["latest"] == next(iter(own), None)
        assert alone | {"builds": None} == package | {"builds": None}


def _check_monitor(fake: FakeCopr, dirname: str, query: str, builds: list[Any], chroots: Mapping[int, Any]) -> None:
    active = {*_get(fake, f"project?{query}")["chroot_repos"]}
    latest: dict[str, dict[str, tuple[int, str]]] = {}
    for build in builds:
        if build["project_dirname"] != dirname or build["source_package"]["name"] is None:
            continue
        package = latest.setdefault(build["source_package"]["name"], {})
        for name, chroot in chroots[build["id"]].items():
            if name in active:
                package.setdefault(name, (build["id"], chroot["state"]))
    monitored = {
        package["name"]: {name: (chroot["build_id"], chroot["state"]) for name, chroot in package["chroots"].items()}
        for package in _get(fake, f"monitor?{query}")["packages"]
    }
    assert monitored == {name: found for name, found in latest.items() if found}
