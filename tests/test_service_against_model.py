"""Whatever is done and asked, in any order: every door answers the same bytes, and those of a plain model.

There is a fake behind each door, all of them are told the same, and the model too.
Names, ids and numbers are few, so that they collide. ``COPR_FAKE_EXAMPLES`` says
how many runs are tried.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple, TypeVar, cast
from urllib.parse import urlencode

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from copr_chroot_fake import Build, BuildChroot, CoprFakeError, FakeCopr, Snapshot, State

from . import model
from .doors import DOORS, Ask, Response
from .model import EVENTS, LIVES, Impossible, Model
from .model_answers import Answering, Error

T = TypeVar("T")

LIMIT = 2
IDS = [1, 2, 3]
NAMES = ["fedora-41-x86_64", "epel-9-s390x", "fedora-rawhide-aarch64"]
PROJECTS = ["@copr/tools", "frostyx/tools", "frostyx/tools:pr:1"]
PACKAGES = ["hello", "nano"]
PROGRESS = [("poll", 1), ("poll", 2), ("clock", 1), ("manual", 1), ("immediate", 1)]
FIXED = [f"={state}" for state in model.NUMBERS]
UNREADABLE = "name{"
USERS = [None, ("abc", "right"), ("abc", "wrong"), ("def", "right")]
ACCOUNTS = [("frostyx", "abc", "right", []), ("praiskup", "def", "right", ["@copr"])]

ids, names = st.sampled_from(IDS), st.sampled_from(NAMES)
ways = st.one_of(st.sampled_from([*LIVES]), st.sampled_from(FIXED))
slashes = st.sampled_from(["", "", "/"])
methods = st.sampled_from([*["GET"] * 8, "HEAD", "OPTIONS", "PUT", "POST"])
masks = st.sampled_from([*[None] * 8, "state,name", UNREADABLE])
UNMASKED = ("build-packages", "monitor", "mock-chroots", "auth-check")


def mostly(likely: Sequence[T], odd: Sequence[T]) -> st.SearchStrategy[T]:
    """One that is there, or now and then one that is not."""
    return st.sampled_from([*[*likely] * (3 * len(odd)), *[*odd] * len(likely)])


builds_sent = mostly([*map(str, IDS)], [" 1 ", "+02", "9", "x", "", "99999999999", "-1", None])
names_sent = mostly(NAMES, ["epel-8-x86_64", "fedora", "", None])
ids_sent = mostly(IDS, [9])
pages = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.sampled_from(["1", "2", "", "0", "-1", " 3 ", "x", "99999999999999999999"]),
        "offset": st.sampled_from(["0", "1", "2", "", "-1", "x"]),
        "order": st.sampled_from(["id", "name", "status", "started_on", "ended_on", "result_dir", "mock_chroot_id"])
        | st.sampled_from(["copr_chroot_id", "git_hash", "submitted_on", "state", "nothing", ""]),
        "order_type": st.sampled_from(["ASC", "DESC", "", " ", "asc"]),
    },
)
projects_sent = mostly(
    [("@copr", "tools"), ("frostyx", "tools")],
    [("frostyx", "none"), ("@none", "tools"), (None, "tools"), ("frostyx", None)],
)


class Door(NamedTuple):
    """One way to ask, and the fake behind it as it was before anything was done."""

    fake: FakeCopr
    ask: Ask
    blank: Snapshot


Taken = tuple[Sequence[Snapshot], Model, dict[str, int]]


class ServiceMachine(RuleBasedStateMachine):
    """Everything that can be done to a service, and everything that it can be asked."""

    doors: Mapping[str, Door]
    taken = Bundle("taken")

    @initialize(
        builds=st.lists(
            st.tuples(st.dictionaries(names, ways, min_size=2), st.sampled_from(PROGRESS)), min_size=2, max_size=3
        )
    )
    def begin(self, builds: list[tuple[dict[str, str], tuple[str, int]]]) -> None:
        for door in self.doors.values():
            door.fake.restore(door.blank)
        self.model = Model(LIMIT)
        self.faults: dict[str, int] = {}
        for build_id, (chroots, progress), project in zip(IDS, builds, PROJECTS, strict=False):
            self.add_build(build_id, chroots, project, PACKAGES[0], progress)

    def each(self, do: Callable[[FakeCopr], T]) -> T | None:
        """Do it to every fake, which take it in the same way; ``None`` where it cannot be done."""
        outcomes = {name: _outcome(do, door.fake) for name, door in self.doors.items()}
        first = next(iter(outcomes.values()))
        assert all(outcome == first for outcome in outcomes.values()), outcomes
        if isinstance(first, str):
            return None
        return first[0]

    def both(self, do: Callable[[FakeCopr], T], expect: Callable[[], object]) -> T | None:
        """The model takes it too, or leaves it too."""
        before = self.model.copy()
        try:
            expect()
            possible = True
        except Impossible:
            self.model, possible = before, False
        done = self.each(lambda fake: (do(fake),))
        self.model.catch_up()
        assert (done is not None) == possible, (done, possible)
        return None if done is None else done[0]

    # What is there.

    @rule(
        id=ids,
        chroots=st.dictionaries(names, ways),
        project=st.sampled_from(PROJECTS),
        package=st.sampled_from(PACKAGES),
        progress=st.sampled_from(PROGRESS),
    )
    def add_build(
        self, id: int, chroots: dict[str, str], project: str, package: str, progress: tuple[str, int]
    ) -> None:
        said = {name: {"state": way[1:]} if way[0] == "=" else {"lifecycle": way} for name, way in chroots.items()}
        how = cast("dict[str, int]", {"poll": progress[1]}) if progress[0] == "poll" else progress[0]
        made_up: dict[str, object] = {}

        def add(fake: FakeCopr) -> str:
            build = fake.add_build(id, said, project=project, package=package, progress=how)  # type: ignore[arg-type]
            submission = build.submission
            made_up["submitted_on"], made_up["submitter"] = submission.submitted_on, submission.submitter
            made_up["source_package"] = {
                "name": package,
                "url": submission.source_package.url,
                "version": submission.source_package.version,
            }
            return repr(made_up)

        owner, dirname = project.split("/")
        build = model.Build(id, owner, dirname.partition(":")[0], dirname, package, made_up)
        self.both(add, lambda: self.model.add_build(build, [*chroots.items()], *progress))

    @rule(id=ids, name=names, way=ways, progress=st.sampled_from(PROGRESS))
    def add_chroot(self, id: int, name: str, way: str, progress: tuple[str, int]) -> None:
        if id not in self.model.builds:
            return
        how = cast("dict[str, int]", {"poll": progress[1]}) if progress[0] == "poll" else progress[0]

        def add(fake: FakeCopr) -> None:
            if way[0] == "=":
                fake.add_chroot(id, name, state=State(way[1:]))
            else:
                fake.add_chroot(id, name, lifecycle=way, progress=how)  # type: ignore[arg-type]

        self.both(add, lambda: self.model.add_chroot(id, name, way, *progress))

    @rule(project=st.sampled_from(PROJECTS[:2]), chroots=st.lists(names, unique=True))
    def add_project(self, project: str, chroots: list[str]) -> None:
        self.both(
            lambda fake: str(fake.add_project(*project.split("/"), chroots=chroots)),
            lambda: self.model.add_project(project, chroots),
        )

    @rule(account=st.sampled_from(ACCOUNTS))
    def add_account(self, account: tuple[str, str, str, list[str]]) -> None:
        name, login, token, groups = account

        def add() -> None:
            if login in self.model.accounts:
                raise Impossible
            self.model.accounts[login] = token, name, groups

        self.both(lambda fake: str(fake.add_account(name, login, token, groups)), add)

    @rule(id=ids)
    def remove(self, id: int) -> None:
        if id not in self.model.builds:
            return
        self.both(lambda fake: fake.builds[id].remove(), lambda: self.model.builds.pop(id))

    # What happens.

    def chroot(
        self, id: int, name: str, do: Callable[[BuildChroot], T], expect: Callable[[model.Build, model.Chroot], object]
    ) -> T | None:
        build = self.model.builds.get(id)
        found = None if build is None else next((chroot for chroot in build.chroots if chroot.name == name), None)
        if build is None or found is None:
            return None
        return self.both(lambda fake: do(fake.builds[id][name]), lambda: expect(build, found))

    @rule(id=ids, name=names, event=st.sampled_from([*EVENTS]), is_likely=st.booleans())
    def event(self, id: int, name: str, event: str, is_likely: bool) -> None:
        if is_likely:
            # One that can happen, instead of one that need not.
            states = [c.state for b, c in self.model.every_chroot() if (b.id, c.name) == (id, name)]
            possible = [one for one, (sources, _) in EVENTS.items() if {*states} & {*sources}]
            event = possible[[*EVENTS].index(event) % len(possible)] if possible else event
        self.chroot(id, name, lambda c: getattr(c, event)(), lambda b, c: self.model.event(b, c, event))

    @rule(id=ids, name=names, state=st.sampled_from([*State]))
    def run_to(self, id: int, name: str, state: State) -> None:
        self.chroot(id, name, lambda c: c.run_to(state), lambda b, c: self.model.run_to(b, c, state.value))

    @rule(id=ids, name=names, state=st.sampled_from([*State]))
    def force(self, id: int, name: str, state: State) -> None:
        self.chroot(id, name, lambda c: c.force_state(state), lambda b, c: self.model.force(b, c, state.value))

    @rule(id=ids, name=names, state=st.sampled_from([*State]))
    def hold(self, id: int, name: str, state: State) -> None:
        chroots = self.model.builds[id].chroots if id in self.model.builds else []
        if any(chroot.name == name and chroot.how == "immediate" for chroot in chroots):
            # Of what nobody has looked at yet the model knows the end already.
            return
        self.chroot(id, name, lambda c: c.hold(state), lambda b, c: self.model.hold(c, state.value))

    @rule(id=ids, name=names)
    def release(self, id: int, name: str) -> None:
        self.chroot(id, name, lambda c: c.release(), lambda b, c: self.model.release(c))

    def of_build(self, id: int, do: Callable[[Build], T], expect: Callable[[model.Build], object]) -> T | None:
        if id not in self.model.builds:
            return None
        return self.both(lambda fake: do(fake.builds[id]), lambda: expect(self.model.builds[id]))

    @rule(id=ids)
    def cancel(self, id: int) -> None:
        self.of_build(id, lambda build: build.cancel(), self.model.cancel)

    @rule(id=ids)
    def advance(self, id: int) -> None:
        counts: list[int] = []
        done = self.of_build(id, lambda build: build.advance(), lambda b: counts.append(self.model.advance(b)))
        assert done is None or [done] == counts

    @rule(id=ids)
    def finish(self, id: int) -> None:
        def finish(build: model.Build) -> None:
            while self.model.advance(build):
                pass

        self.of_build(id, lambda build: build.finish(), finish)

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 30, 60, 300, 1000]))
    def tick(self, seconds: int) -> None:
        self.both(lambda fake: fake.clock.tick(seconds), lambda: self.model.tick(seconds))

    @rule(endpoint=st.sampled_from(["get", "list", "build", "build-list", "monitor", "cancel", "project"]))
    def fault(self, endpoint: str) -> None:
        if self.faults.get(endpoint):
            return
        self.each(lambda fake: fake.faults.add({"endpoint": endpoint, "first": 1, "status": 503}) and None)
        self.faults[endpoint] = 1

    @rule(target=taken)
    def snapshot(self) -> Taken:
        snapshots = [door.fake.snapshot() for door in self.doors.values()]
        return snapshots, self.model.copy(), {**self.faults}

    @rule(taken=taken)
    def restore(self, taken: Taken) -> None:
        snapshots, then, faults = taken
        for door, snapshot in zip(self.doors.values(), snapshots, strict=True):
            door.fake.restore(snapshot)
        self.model, self.faults = then.copy(), {**faults}

    # What is seen.

    @rule()
    def look_at_the_objects(self) -> None:
        def seen(fake: FakeCopr) -> object:
            return {
                build_id: (
                    str(build.state),
                    str(build.source_state),
                    build.started_on,
                    [
                        None if c.is_absent else (c.name, str(c.state), c.started_on, c.ended_on, c.result_dir)
                        for c in build
                    ],
                )
                for build_id, build in fake.builds.items()
            }

        expected = {
            build_id: (
                build.state,
                build.source,
                min((c.started_on for c in build.there if c.started_on is not None), default=None),
                [
                    None if c.is_absent else (c.name, c.state, c.started_on, c.ended_on, c.result_dir)
                    for c in build.chroots
                ],
            )
            for build_id, build in self.model.builds.items()
        }
        assert self.each(seen) == expected

    @rule()
    def write_it_out(self) -> None:
        """It loads back to the same answers, also after more polls and more time."""
        fake = self.doors["answer"].fake
        with fake.sandbox():
            again = FakeCopr.from_scenario(fake.to_scenario(), default_limit=LIMIT)
            for seconds in (0, 15, 40, 400):
                for each in (fake, again):
                    each.clock.tick(seconds)
                for target in _everything(self.model):
                    assert fake.answer("GET", target) == again.answer("GET", target), target

    @rule()
    def try_everything(self) -> None:
        """In a sandbox, in which nothing has happened after it."""
        before, faults = self.model.copy(), {**self.faults}
        with ExitStack() as sandboxes:
            for door in self.doors.values():
                sandboxes.enter_context(door.fake.sandbox())
            for build_id in IDS:
                self.ask_for_a_build("", build_id, "GET", "")
            self.ask("GET", "mock-chroots/list", "", {}, "mock-chroots", Answering.mock_chroots)
        self.model, self.faults = before, faults

    @rule(
        form=st.sampled_from(["", "/built-packages", "/build-config"]),
        build=builds_sent,
        name=names_sent,
        method=methods,
        slash=slashes,
        mask=masks,
        in_path=st.booleans(),
    )
    def ask_for_a_build_chroot(
        self,
        form: str,
        build: str | None,
        name: str | None,
        method: str,
        slash: str,
        mask: str | None,
        in_path: bool,
    ) -> None:
        endpoint, answer = {
            "": ("get", Answering.get),
            "/build-config": ("build-config", Answering.build_config),
            "/built-packages": ("built-packages", Answering.built_packages),
        }[form]
        path = f"build-chroot{form}"
        sent = {key: value for key, value in (("build_id", build), ("chrootname", name)) if value is not None}
        if in_path and form != "/built-packages" and build is not None and build.isdigit() and name:
            self.ask(method, f"{path}/{build}/{name}", slash, {}, endpoint, answer, also=sent, mask=mask)
        else:
            self.ask(method, path, slash, sent, endpoint, answer, mask=mask, slashed=form == "")

    @rule(build=builds_sent, page=pages, method=methods, slash=slashes, mask=masks, in_path=st.booleans())
    def ask_for_the_chroots_of_a_build(
        self, build: str | None, page: dict[str, str], method: str, slash: str, mask: str | None, in_path: bool
    ) -> None:
        sent = {} if build is None else {"build_id": build}
        if in_path and build is not None and build.isdigit():
            path = f"build-chroot/list/{build}"
            self.ask(method, path, slash, page, "list", Answering.list, also=sent, mask=mask)
        else:
            self.ask(method, "build-chroot/list", slash, {**page, **sent}, "list", Answering.list, mask=mask)

    @rule(
        form=st.sampled_from(["", "built-packages/", "source-chroot/"]),
        id=ids_sent,
        method=methods,
        slash=slashes,
        mask=masks,
    )
    def ask_for_a_build(self, form: str, id: int, method: str, slash: str, mask: str | None = None) -> None:
        endpoint, answer = {
            "": ("build", Answering.build),
            "built-packages/": ("build-packages", Answering.build_packages),
            "source-chroot/": ("source-chroot", Answering.source_chroot),
        }[form]
        self.ask(method, f"build/{form}{id}", slash, {}, endpoint, lambda asked: answer(asked, id), mask=mask)

    @rule(
        form=st.sampled_from(["build/list", "project", "monitor"]),
        project=projects_sent,
        page=pages,
        package=mostly([None], PACKAGES),
        status=mostly([None], ["", *model.NUMBERS]),
        method=methods,
        slash=slashes,
        mask=masks,
    )
    def ask_for_a_project(
        self,
        form: str,
        project: tuple[str | None, str | None],
        page: dict[str, str],
        package: str | None,
        status: str | None,
        method: str,
        slash: str,
        mask: str | None,
    ) -> None:
        arguments = {"ownername": project[0], "projectname": project[1]}
        if form == "build/list":
            arguments |= {**page, "packagename": package, "status": status}
        if form == "monitor" and status == "":
            arguments["project_dirname"] = "tools:pr:1"
        endpoint, answer = {
            "build/list": ("build-list", Answering.builds),
            "project": ("project", Answering.project),
            "monitor": ("monitor", Answering.monitor),
        }[form]
        sent = {key: value for key, value in arguments.items() if value is not None}
        self.ask(method, form, slash, sent, endpoint, answer, mask=mask, slashed=form == "project")

    @rule(user=st.sampled_from(USERS), id=ids_sent, method=methods, slash=slashes, mask=masks)
    def ask_to_cancel(self, user: tuple[str, str] | None, id: int, method: str, slash: str, mask: str | None) -> None:
        path = f"build/cancel/{id}"
        self.ask(method, path, slash, {}, "cancel", lambda asked: asked.cancel(id), user=user, mask=mask, changes=True)

    @rule(user=st.sampled_from(USERS))
    def ask_who_one_is(self, user: tuple[str, str] | None) -> None:
        if self.model.accounts or user is None:
            self.ask("GET", "auth-check", "", {}, "auth-check", Answering.auth_check, user=user)

    def ask(
        self,
        method: str,
        path: str,
        slash: str,
        arguments: Mapping[str, str],
        endpoint: str,
        answer: Callable[[Answering], str],
        *,
        also: Mapping[str, str] | None = None,
        user: tuple[str, str] | None = None,
        mask: str | None = None,
        changes: bool = False,
        slashed: bool = False,
    ) -> None:
        """Through every door; ``also`` is what the path says, ``slashed`` that it really ends in a slash."""
        query = f"?{urlencode(arguments)}" if arguments else ""
        headers = [] if user is None else [("Authorization", "Basic " + b64encode(":".join(user).encode()).decode())]
        headers += [] if mask is None else [("X-Fields", mask)]
        seen = {name: door.ask(method, f"/api_3/{path}{slash}{query}", headers) for name, door in self.doors.items()}
        parts = {name: (got.status, got.content_type, got.body, got.allow) for name, got in seen.items()}
        got = seen["answer"]
        assert all(part == parts["answer"] for part in parts.values()), seen
        if self.faults.get(endpoint):
            self.faults[endpoint] = 0
            assert got.status == 503
            return
        known = ("OPTIONS", "PUT", "POST") if changes else ("GET", "HEAD", "OPTIONS")
        if method not in known:
            assert got.status == (404 if slashed and not slash else 405)
        elif method == "OPTIONS":
            assert got.body == b""
            assert got.allow == (None if slashed and not slash else {*known})
        else:
            heeded = None if endpoint in UNMASKED else mask
            is_seen = heeded != UNREADABLE
            asked = Answering(self.model, method, {**(also or {}), **arguments}, user, is_seen, also is not None)
            self._compare(got, asked, answer, heeded)

    def _compare(self, got: Response, asked: Answering, answer: Callable[[Answering], str], mask: str | None) -> None:
        try:
            status, body = 200, answer(asked)
            if mask == UNREADABLE:
                status, body = 400, '{"message": "Mask parse error: Missing closing bracket"}\n'
            elif mask is not None:
                whole = json.loads(body)
                body = json.dumps({name: whole[name] for name in mask.split(",") if name in whole}) + "\n"
        except Error as error:
            status, body = error.status, error.body
        self.model.catch_up()
        expected = (status, b"" if asked.method == "HEAD" else body.encode())
        assert (got.status, got.body) == expected


def _outcome(do: Callable[[FakeCopr], T], fake: FakeCopr) -> tuple[T] | str:
    try:
        return (do(fake),)
    except CoprFakeError as error:
        return str(error)


def _everything(then: Model) -> Sequence[str]:
    lists = [f"/api_3/build-chroot/list/{build_id}?limit=9" for build_id in then.builds]
    builds = [
        f"/api_3/build/{form}{build_id}"
        for build_id in then.builds
        for form in ("", "source-chroot/", "built-packages/")
    ]
    projects = [full_name.split("/") for full_name in then.projects]
    about = [
        f"/api_3/{form}?{urlencode({'ownername': owner, 'projectname': name})}"
        for owner, name in projects
        for form in ("project", "build/list", "monitor")
    ]
    return [*lists, *builds, *about, "/api_3/mock-chroots/list"]


def test_every_door_answers_what_the_model_does() -> None:
    """All that can be done, and all that can be asked, in any order."""
    with ExitStack() as opened:
        doors = {}
        for name, open_door in DOORS.items():
            fake = FakeCopr(default_limit=LIMIT)
            doors[name] = Door(fake, opened.enter_context(open_door(fake)), fake.snapshot())
        machine = type("Machine", (ServiceMachine,), {"doors": doors})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=int(os.environ.get("COPR_FAKE_EXAMPLES", "40")),
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[*HealthCheck],
                phases=[Phase.generate, Phase.shrink],
            ),
        )
