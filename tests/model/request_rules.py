"""Rules for requests: every adapter returns the same bytes, and those of the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from urllib.parse import urlencode

import hypothesis.strategies as st
from hypothesis.stateful import rule

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.verify.comparison import Response

from ..adapters import credentials
from .answers import Error, Responder
from .operation_rules import OperationRules
from .service import Model
from .strategies import (
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
from .tables import NUMBERS

UNMASKED = ("build/built-packages", "monitor", "mock-chroots/list", "auth-check")
"""The endpoints that ignore masks."""


class ServiceMachine(OperationRules):
    """Rules for operations and requests."""

    @rule()
    def read_objects(self) -> None:
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
                min((c.started_on for c in build.present_chroots if c.started_on is not None), default=None),
                [
                    None if c.is_absent else (c.name, c.state, c.started_on, c.ended_on, c.result_dir)
                    for c in build.chroots
                ],
            )
            for build_id, build in self.model.builds.items()
        }
        assert self.each(seen) == expected

    @rule()
    def dump_and_load(self) -> None:
        """The loaded fake returns the same responses, now and later."""
        fake = self.adapters["answer"].fake
        with fake.snapshot():
            again = FakeCopr.from_scenario(fake.to_scenario(), default_limit=LIMIT)
            for seconds in (0, 15, 40, 400):
                for each in (fake, again):
                    each.clock.tick(seconds)
                for target in _everything(self.model):
                    assert fake.answer("GET", target) == again.answer("GET", target), target

    @rule()
    def request_everything_in_a_sandbox(self) -> None:
        """The end of the sandbox restores the fakes."""
        before, faults = self.model.copy(), {**self.faults}
        with ExitStack() as sandboxes:
            for adapter in self.adapters.values():
                sandboxes.enter_context(adapter.fake.snapshot())
            for build_id in IDS:
                self.request_build("", build_id, "GET", "")
            self.request("GET", "mock-chroots/list", "", {}, "mock-chroots/list", Responder.mock_chroots)
        self.model, self.faults = before, faults

    @rule(
        kind=st.sampled_from(["", "/built-packages", "/build-config"]),
        build=builds_sent,
        name=names_sent,
        method=methods,
        slash=slashes,
        mask=masks,
        in_path=st.booleans(),
    )
    def request_build_chroot(
        self,
        kind: str,
        build: str | None,
        name: str | None,
        method: str,
        slash: str,
        mask: str | None,
        in_path: bool,
    ) -> None:
        endpoint, answer = {
            "": ("build-chroot", Responder.get),
            "/build-config": ("build-chroot/build-config", Responder.build_config),
            "/built-packages": ("build-chroot/built-packages", Responder.built_packages),
        }[kind]
        path = f"build-chroot{kind}"
        sent = {key: value for key, value in (("build_id", build), ("chrootname", name)) if value is not None}
        if in_path and kind != "/built-packages" and build is not None and build.isdigit() and name:
            self.request(method, f"{path}/{build}/{name}", slash, {}, endpoint, answer, also=sent, mask=mask)
        else:
            self.request(method, path, slash, sent, endpoint, answer, mask=mask, slashed=kind == "")

    @rule(build=builds_sent, page=pages, method=methods, slash=slashes, mask=masks, in_path=st.booleans())
    def request_chroot_list(
        self, build: str | None, page: dict[str, str], method: str, slash: str, mask: str | None, in_path: bool
    ) -> None:
        sent = {} if build is None else {"build_id": build}
        if in_path and build is not None and build.isdigit():
            path = f"build-chroot/list/{build}"
            self.request(method, path, slash, page, "build-chroot/list", Responder.list, also=sent, mask=mask)
        else:
            self.request(
                method, "build-chroot/list", slash, {**page, **sent}, "build-chroot/list", Responder.list, mask=mask
            )

    @rule(
        kind=st.sampled_from(["", "built-packages/", "source-chroot/"]),
        id=ids_sent,
        method=methods,
        slash=slashes,
        mask=masks,
    )
    def request_build(self, kind: str, id: int, method: str, slash: str, mask: str | None = None) -> None:
        endpoint, answer = {
            "": ("build", Responder.build),
            "built-packages/": ("build/built-packages", Responder.build_packages),
            "source-chroot/": ("build/source-chroot", Responder.source_chroot),
        }[kind]
        self.request(
            method, f"build/{kind}{id}", slash, {}, endpoint, lambda responder: answer(responder, id), mask=mask
        )

    @rule(
        kind=st.sampled_from(["build/list", "project", "monitor"]),
        project=projects_sent,
        page=pages,
        package=mostly([None], PACKAGES),
        status=mostly([None], ["", *NUMBERS]),
        method=methods,
        slash=slashes,
        mask=masks,
    )
    def request_project(
        self,
        kind: str,
        project: tuple[str | None, str | None],
        page: dict[str, str],
        package: str | None,
        status: str | None,
        method: str,
        slash: str,
        mask: str | None,
    ) -> None:
        arguments = {"ownername": project[0], "projectname": project[1]}
        if kind == "build/list":
            arguments |= {**page, "packagename": package, "status": status}
        if kind == "monitor" and status == "":
            arguments["project_dirname"] = "tools:pr:1"
        endpoint, answer = {
            "build/list": ("build/list", Responder.builds),
            "project": ("project", Responder.project),
            "monitor": ("monitor", Responder.monitor),
        }[kind]
        sent = {key: value for key, value in arguments.items() if value is not None}
        self.request(method, kind, slash, sent, endpoint, answer, mask=mask, slashed=kind == "project")

    @rule(user=st.sampled_from(USERS), id=ids_sent, method=methods, slash=slashes, mask=masks)
    def request_cancel(self, user: tuple[str, str] | None, id: int, method: str, slash: str, mask: str | None) -> None:
        path = f"build/cancel/{id}"
        self.request(
            method,
            path,
            slash,
            {},
            "build/cancel",
            lambda responder: responder.cancel(id),
            user=user,
            mask=mask,
            changes=True,
        )

    @rule(user=st.sampled_from(USERS))
    def request_auth_check(self, user: tuple[str, str] | None) -> None:
        if self.model.accounts or user is None:
            self.request("GET", "auth-check", "", {}, "auth-check", Responder.auth_check, user=user)

    def request(
        self,
        method: str,
        path: str,
        slash: str,
        arguments: Mapping[str, str],
        endpoint: str,
        answer: Callable[[Responder], str],
        *,
        also: Mapping[str, str] | None = None,
        user: tuple[str, str] | None = None,
        mask: str | None = None,
        changes: bool = False,
        slashed: bool = False,
    ) -> None:
        """Send a request through every adapter; ``also`` has arguments from the path."""
        query = f"?{urlencode(arguments)}" if arguments else ""
        headers = [] if user is None else [("Authorization", credentials(*user))]
        headers += [] if mask is None else [("X-Fields", mask)]
        seen = {
            name: adapter.send(method, f"/api_3/{path}{slash}{query}", headers)
            for name, adapter in self.adapters.items()
        }
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
            used_mask = None if endpoint in UNMASKED else mask
            is_readable = used_mask != UNREADABLE
            responder = Responder(
                self.model, method, {**(also or {}), **arguments}, user, is_readable, also is not None
            )
            self._compare(got, responder, answer, used_mask)

    def _compare(
        self, got: Response, responder: Responder, answer: Callable[[Responder], str], mask: str | None
    ) -> None:
        try:
            status, body = 200, answer(responder)
            if mask == UNREADABLE:
                status, body = 400, '{"message": "Mask parse error: Missing closing bracket"}\n'
            elif mask is not None:
                whole = json.loads(body)
                body = json.dumps({name: whole[name] for name in mask.split(",") if name in whole}) + "\n"
        except Error as error:
            status, body = error.status, error.body
        self.model.catch_up()
        expected = (status, b"" if responder.method == "HEAD" else body.encode())
        assert (got.status, got.body) == expected


def _everything(model: Model) -> Sequence[str]:
    lists = [f"/api_3/build-chroot/list/{build_id}?limit=9" for build_id in model.builds]
    builds = [
        f"/api_3/build/{kind}{build_id}"
        for build_id in model.builds
        for kind in ("", "source-chroot/", "built-packages/")
    ]
    projects = [full_name.split("/") for full_name in model.projects]
    about = [
        f"/api_3/{kind}?{urlencode({'ownername': owner, 'projectname': name})}"
        for owner, name in projects
        for kind in ("project", "build/list", "monitor")
    ]
    return [*lists, *builds, *about, "/api_3/mock-chroots/list"]
