"""What a service can be asked: every door answers the same bytes, and those of the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from urllib.parse import urlencode

import hypothesis.strategies as st
from hypothesis.stateful import rule

from copr_chroot_fake import FakeCopr

from ..adapters import Response, credentials
from .answers import Answering, Error
from .doing import Doing
from .drawn import (
    IDS,
    LIMIT,
    PACKAGES,
    UNREADABLE,
    USERS,
    builds_sent,
    ids_sent,
    masks,
    methods,
    mostly,
    names_sent,
    pages,
    projects_sent,
    slashes,
)
from .service import Model
from .tables import NUMBERS

UNMASKED = ("build/built-packages", "monitor", "mock-chroots/list", "auth-check")
"""The endpoints that heed no mask."""


class ServiceMachine(Doing):
    """Everything that can be done to a service, and everything that it can be asked."""

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
                        for c in build.values()
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
        with fake.snapshot():
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
                sandboxes.enter_context(door.fake.snapshot())
            for build_id in IDS:
                self.ask_for_a_build("", build_id, "GET", "")
            self.ask("GET", "mock-chroots/list", "", {}, "mock-chroots/list", Answering.mock_chroots)
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
            "": ("build-chroot", Answering.get),
            "/build-config": ("build-chroot/build-config", Answering.build_config),
            "/built-packages": ("build-chroot/built-packages", Answering.built_packages),
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
            self.ask(method, path, slash, page, "build-chroot/list", Answering.list, also=sent, mask=mask)
        else:
            self.ask(
                method, "build-chroot/list", slash, {**page, **sent}, "build-chroot/list", Answering.list, mask=mask
            )

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
            "built-packages/": ("build/built-packages", Answering.build_packages),
            "source-chroot/": ("build/source-chroot", Answering.source_chroot),
        }[form]
        self.ask(method, f"build/{form}{id}", slash, {}, endpoint, lambda asked: answer(asked, id), mask=mask)

    @rule(
        form=st.sampled_from(["build/list", "project", "monitor"]),
        project=projects_sent,
        page=pages,
        package=mostly([None], PACKAGES),
        status=mostly([None], ["", *NUMBERS]),
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
            "build/list": ("build/list", Answering.builds),
            "project": ("project", Answering.project),
            "monitor": ("monitor", Answering.monitor),
        }[form]
        sent = {key: value for key, value in arguments.items() if value is not None}
        self.ask(method, form, slash, sent, endpoint, answer, mask=mask, slashed=form == "project")

    @rule(user=st.sampled_from(USERS), id=ids_sent, method=methods, slash=slashes, mask=masks)
    def ask_to_cancel(self, user: tuple[str, str] | None, id: int, method: str, slash: str, mask: str | None) -> None:
        path = f"build/cancel/{id}"
        self.ask(
            method, path, slash, {}, "build/cancel", lambda asked: asked.cancel(id), user=user, mask=mask, changes=True
        )

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
        headers = [] if user is None else [("Authorization", credentials(*user))]
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
