"""Comparing requests that write: in a project with a random name, which is deleted at the end, whatever happens."""

from __future__ import annotations

import json
import re
import signal
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode
from uuid import uuid4

from ..api.endpoint import ROOT
from ..errors import CoprFakeError
from ..fake import FakeCopr
from .comparison import Response
from .differences import Difference
from .report import Report
from .sending import Copr, Question
from .verify import Progress, ask_fake, endpoint_of, find_difference

JSON = ("Content-Type", "application/json")


class Login(NamedTuple):
    """The login in a configuration file of copr-cli."""

    url: str | None
    login: str
    token: str

    @property
    def header(self) -> tuple[str, str]:
        return "Authorization", "Basic " + b64encode(f"{self.login}:{self.token}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown."""
        return self.login, self.token, self.header[1].removeprefix("Basic ")


def read_login(file: Path) -> Login:
    """Read a configuration file.

    :raises CoprFakeError: if it has no login; without its content.
    """
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
        section = parser["copr-cli"]
        return Login(section.get("copr_url"), section["login"], section["token"])
    except (OSError, UnicodeError, Error, KeyError):
        raise CoprFakeError(f"{file}: no section copr-cli with login and token") from None


class Step(NamedTuple):
    """A request of the sequence; the placeholders ``{project}``, ``{fork}`` and ``{build}`` are replaced.

    :param upload: the name of a file that is sent with the body.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None
    is_anonymous: bool = False
    upload: str | None = None


_IN_PROJECT: Mapping[str, object] = {"ownername": "{owner}", "projectname": "{project}"}
_SCM: Mapping[str, object] = {**_IN_PROJECT, "clone_url": "https://example.org/nothing.git"}

_EDIT_CHROOT = "project-chroot/edit/{owner}/{project}/{chroot}"

STEPS = (
    Step("POST", "project/add/{owner}", {"name": "{project}", "chroots": ["{chroot}"]}, is_anonymous=True),
    Step("POST", "project/add/{owner}", {"name": "{project}", "chroots": ["nope"]}),
    Step("POST", "project/add/{owner}", {"name": "{project} x", "chroots": ["{chroot}"]}),
    Step("POST", "project/add/{owner}", {"chroots": ["{chroot}"]}),
    Step("PUT", "project/add/{owner}", {"name": "{project}"}),
    Step("POST", "project/add/{owner}", {"name": "{project}", "chroots": ["{chroot}"], "unlisted_on_hp": True}),
    Step("POST", "project/add/{owner}", {"name": "{project}", "chroots": ["{chroot}"]}),
    Step("PUT", "project/edit/{owner}/{project}", {"description": "a comparison", "enable_net": True}),
    Step("PUT", "project/edit/{owner}/{project}", {"bootstrap": "nope"}),
    Step("POST", "project/edit/{owner}/{project}", {"instructions": "none"}),
    Step("PUT", "project/edit/{owner}/{project}", {"description": "x"}, is_anonymous=True),
    Step("GET", "project?ownername={owner}&projectname={project}"),
    Step("PUT", _EDIT_CHROOT, {"additional_packages": "make"}),
    Step("PUT", "project-chroot/edit/{owner}/{project}/nope-1-x86_64", {"additional_packages": "make"}),
    Step("PUT", _EDIT_CHROOT, {"repos": "copr://nope-nobody/nope-nothing"}),
    Step("PUT", _EDIT_CHROOT, {"additional_modules": ["a:b", "c:d"]}),
    Step("PUT", _EDIT_CHROOT, {"bootstrap": "custom_image", "bootstrap_image": "%", "repos": "nope"}),
    Step("PUT", _EDIT_CHROOT, {"isolation": "", "bootstrap": ""}),
    Step("PUT", _EDIT_CHROOT, {"reset_fields": ["delete_after"]}),
    Step("PUT", _EDIT_CHROOT, {"reset_fields": ["id"]}),
    Step("GET", "project-chroot?ownername={owner}&projectname={project}&chrootname={chroot}"),
    Step("GET", "project-chroot/build-config?ownername={owner}&projectname={project}&chrootname={chroot}"),
    Step("PUT", "project/edit/{owner}/{project}", {"delete_after_days": "x"}),
    Step("PUT", "project/edit/{owner}/{project}", {"delete_after_days": {}}),
    Step("PUT", "project/edit/{owner}/{project}", {"isolation": "", "bootstrap": ""}),
    Step("GET", "project/permissions/get/{owner}/{project}"),
    Step("PUT", "project/permissions/request/{owner}/{project}", {"builder": True}),
    Step("PUT", "project/permissions/set/{owner}/{project}", {"nope-nobody": {"builder": "approved"}}),
    Step("PUT", "project/permissions/set/{owner}/{project}", {"nope-nobody": {"builder": "nope"}}),
    Step("PUT", "project/permissions/set/{owner}/{project}", {"nope-nobody": ["x"]}),
    Step("PUT", "project/permissions/set/{owner}/{project}", {}),
    Step("GET", "project/permissions/get/{owner}/{project}"),
    Step("PUT", "project/regenerate-repos/{owner}/{project}"),
    Step("POST", "package/add/{owner}/{project}/hello/scm", {"package_name": "hello", **_SCM}),
    Step("POST", "package/add/{owner}/{project}/hello/scm", {"package_name": "hello", **_SCM}),
    Step("POST", "package/add/{owner}/{project}/other/nope", {"package_name": "other"}),
    Step("POST", "package/add/{owner}/{project}/other/scm", {"package_name": "other", **_SCM, "chroot_denylist": "*"}),
    Step("DELETE", "package/delete", {**_IN_PROJECT, "package_name": "other"}),
    Step("POST", "package/edit/{owner}/{project}/hello/scm", {"package_name": "hello", **_SCM, "max_builds": 101}),
    Step("GET", "package?ownername={owner}&projectname={project}&packagename=hello"),
    Step("PUT", "package/reset", {**_IN_PROJECT, "package_name": "hello"}),
    Step("POST", "package/build", {**_IN_PROJECT, "package_name": "hello"}),
    Step("POST", "build/create/scm", {**_SCM, "clone_url": "nope"}),
    Step("POST", "build/create/scm", {**_SCM, "clone_url": "git://example.org/nothing.git"}),
    Step("POST", "build/create/scm", {**_SCM, "clone_url": "ftp://example.org/nothing.git"}),
    Step("POST", "build/create/scm", {**_SCM, "timeout": {}}),
    Step("POST", "build/create/scm", {**_SCM, "timeout": "x", "packit_forge_project": "nope"}),
    Step("POST", "build/create/scm", {**_SCM, "ownername": [None]}),
    Step("POST", "build/create/scm", {**_SCM, "chroots": ["nope"]}),
    Step("POST", "build/create/scm", {**_SCM, "after_build_id": 0, "with_build_id": 0}),
    Step("PUT", "build/cancel/{build}"),
    Step("POST", "build/create/url", {**_IN_PROJECT, "pkgs": ["nope"]}),
    Step("POST", "build/create/scm", _SCM, is_anonymous=True),
    Step("POST", "build/create/scm", {**_SCM, "chroots": ["{chroot}"], "background": True}),
    Step("PUT", "build/cancel/{build}"),
    Step("PUT", "build/cancel/{build}"),
    Step("GET", "build/source-build-config/{build}"),
    Step("POST", "build/create/scm", {**_SCM, "with_build_id": "{build}"}),
    Step("PUT", "build/cancel/{build}"),
    Step("POST", "build/create/upload", _IN_PROJECT, upload="nothing.zip"),
    Step("POST", "build/create/upload", {**_IN_PROJECT, "chroots": ["nope"]}, upload="nothing.spec"),
    Step("POST", "build/create/upload", _IN_PROJECT, upload="nothing-1-1.src.rpm"),
    Step("PUT", "build/cancel/{build}"),
    Step("DELETE", "build/delete/list", {"builds": [0]}),
    Step("DELETE", "build/delete/list", {"builds": [None]}),
    Step("POST", "project/fork/{owner}/{project}", {"name": "{fork}", "ownername": "nope-nobody"}),
    Step("POST", "project/fork/{owner}/{project}", {"name": "{fork}", "ownername": "{owner}"}),
    Step("POST", "project/fork/{owner}/{project}", {"name": "{fork}", "ownername": "{owner}"}),
    Step("DELETE", "build/delete/{build}", is_anonymous=True),
    Step("DELETE", "build/delete/{build}"),
    Step("DELETE", "build/delete/{build}"),
    Step("DELETE", "package/delete", {**_IN_PROJECT, "package_name": "hello"}),
    Step("DELETE", "project/delete/{owner}/{project}", {"verify": False}),
    Step("DELETE", "project/delete/{owner}/{project}", {"verify": {}}),
    Step("DELETE", "project/delete/{owner}/{project}", {"verify": True}, is_anonymous=True),
    Step("DELETE", "project/delete/{owner}/{fork}", {"verify": True}),
    Step("DELETE", "project/delete/{owner}/{project}", {"verify": True}),
    Step("GET", "project?ownername={owner}&projectname={project}"),
)
"""The sequence. A build is canceled by the request that follows it."""


def verify_writing(copr: Copr, owner: str, login: Login, report: Callable[[str], object], progress: Progress) -> Report:
    """Compare a sequence of requests that write, in a project of this owner.

    :raises CoprFakeError: if Copr cannot be reached, or rejects the login.
    """
    user = json.loads(_require(copr.send(Question("GET", f"{ROOT}/auth-check", (login.header,))), "the login"))
    chroots = [*json.loads(_require(copr.send(Question("GET", f"{ROOT}/mock-chroots/list")), "the chroots"))]
    fake = FakeCopr(default_limit=None, progress="manual")
    fake.add_mock_chroots(*chroots)
    fake.add_account(user["name"], "login", "token", groups=[owner] if owner.startswith("@") else [])
    name = f"verify-{uuid4().hex}"
    names = {"owner": owner, "project": name, "fork": f"{name}-fork", "chroot": chroots[0]}
    result = Report(copr.url)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for difference in _Sequence(copr, fake, login, names).run(progress, result):
            result.differences.append(difference)
    finally:
        _delete(copr, owner, login, (names["fork"], name, f"{name} x"), report)
        signal.signal(signal.SIGTERM, previous)
    return result


def _require(response: Response, what: str) -> bytes:
    if response.status != 200:
        raise CoprFakeError(f"Copr does not accept {what}: status {response.status}")
    return response.body


def _delete(copr: Copr, owner: str, login: Login, projects: tuple[str, ...], report: Callable[[str], object]) -> None:
    """Delete the projects that are left, with their builds; report those that cannot be deleted."""
    for name in projects:
        try:
            is_deleted = _delete_project(copr, owner, login, name)
        except (CoprFakeError, KeyboardInterrupt):
            is_deleted = False
        if not is_deleted:
            report(f"Error: {owner}/{name} could not be deleted; delete it yourself")


def _delete_project(copr: Copr, owner: str, login: Login, name: str) -> bool:
    listed = copr.send(Question("GET", f"{ROOT}/build/list?{urlencode({'ownername': owner, 'projectname': name})}"))
    if listed.status == 200:
        # Copr only deletes projects without unfinished builds.
        for build in json.loads(listed.body)["items"]:
            copr.send(Question("PUT", f"{ROOT}/build/cancel/{build['id']}", (login.header,)))
    target = f"{ROOT}/project/delete/{owner}/{quote(name)}"
    return copr.send(Question("DELETE", target, (login.header, JSON), b'{"verify": true}')).status in (200, 404)


class _Sequence:
    """Sends the steps to Copr and the fake; each gets the ids that it chose itself."""

    def __init__(self, copr: Copr, fake: FakeCopr, login: Login, names: Mapping[str, str]) -> None:
        self._copr, self._fake, self._login, self._names = copr, fake, login, names
        self._ids: dict[str, str] = {}
        """The fake's ids, by Copr's."""
        self._builds = ("0", "0")
        """The ids of the latest build, Copr's and the fake's."""

    def run(self, progress: Progress, result: Report) -> Iterator[Difference]:
        for _, step in zip(progress([self._question(step, "0") for step in STEPS]), STEPS, strict=True):
            sent = self._question(step, self._builds[0])
            response = self._copr.send(sent)
            fakes = self._question(step, self._builds[1], _FAKES)
            answer = ask_fake(self._fake, fakes)
            endpoint = endpoint_of(sent.target)
            result.asked[endpoint] += 1
            self._learn(step, response, answer)
            mapped = self._mapped(response, answer)
            difference = find_difference(fakes, mapped, _without_times(answer), is_submitted=True)
            if difference is not None:
                yield difference._replace(question=sent)

    def _question(self, step: Step, build: str, login: Login | None = None) -> Question:
        text = json.dumps(step.body)
        target = f"{ROOT}/{step.path}"
        for name, value in {**self._names, "build": build}.items():
            text, target = text.replace(f"{{{name}}}", value), target.replace(f"{{{name}}}", value)
        header = () if step.is_anonymous else ((login or self._login).header,)
        if step.body is None:
            return Question(step.method, target, header)
        if step.upload is not None:
            return Question(step.method, target, (*header, _FORM), _form(text, step.upload))
        return Question(step.method, target, (*header, JSON), text.encode())

    def _learn(self, step: Step, response: Response, answer: Response) -> None:
        """Note the ids in two successful responses."""
        if not response.status == answer.status == 200:
            return
        copr, fake = (json.loads(got.body) for got in (response, answer))
        if isinstance(copr, dict) and "id" in copr and "id" in fake:
            self._ids[str(copr["id"])] = str(fake["id"])
            if step.path.startswith("build/create/"):
                self._builds = str(copr["id"]), str(fake["id"])

    def _mapped(self, response: Response, answer: Response) -> Response:
        """Return Copr's response with the fake's ids and address of results."""
        text = response.body.decode(errors="replace")
        text = _NUMBER.sub(lambda found: self._ids.get(found[0], found[0]), text)
        before, after = (_results_root(body, self._names["owner"]) for body in (text, answer.body.decode()))
        if before and after:
            text = text.replace(before, after)
        return _without_times(response._replace(body=text.encode()))


_BOUNDARY = "----verify"

_FORM = ("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")


def _form(fields: str, filename: str) -> bytes:
    """Return the form with which copr-cli uploads a file: its fields as a file with JSON."""
    parts = (
        ('name="json"; filename="json"', "application/json", fields),
        (f'name="pkgs"; filename="{filename}"', "application/octet-stream", "nothing"),
    )
    text = "".join(
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {what}\r\nContent-Type: {kind}\r\n\r\n{content}\r\n"
        for what, kind, content in parts
    )
    return f"{text}--{_BOUNDARY}--\r\n".encode()


_FAKES = Login(None, "login", "token")

_NUMBER = re.compile(r"(?<![\w.-])\d+(?![\w-])")


def _without_times(response: Response) -> Response:
    """Return a response without what differs each time: times, and the address of an uploaded file."""
    body = re.sub(rb'("\w+_on": ?)\d+', rb"\g<1>0", response.body)
    return response._replace(body=re.sub(rb'"[^" ]*/tmp/tmp\w+/', b'"/tmp/', body))


def _results_root(body: str, owner: str) -> str:
    """Return the address in front of an owner; empty if there is none."""
    address = body.partition(f"/{owner}/")[0].rpartition('"')[2]
    return address if address.startswith("http") else ""
