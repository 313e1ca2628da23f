"""The sequence of requests that write, with those that Copr rejects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from ..api.endpoint import ROOT
from .login import Login
from .sending import Question

JSON = ("Content-Type", "application/json")


class Step(NamedTuple):
    """A request of the sequence; the placeholders ``{project}``, ``{fork}`` and ``{build}`` are replaced.

    :param upload: the name of a file that is sent with the body.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None
    is_anonymous: bool = False
    upload: str | None = None

    def question(self, names: Mapping[str, str], login: Login) -> Question:
        """Return the request with names in place of the placeholders."""
        text, target = json.dumps(self.body), f"{ROOT}/{self.path}"
        for name, value in names.items():
            text, target = text.replace(f"{{{name}}}", value), target.replace(f"{{{name}}}", value)
        headers = () if self.is_anonymous else (login.header,)
        if self.body is None:
            return Question(self.method, target, headers)
        if self.upload is not None:
            return Question(self.method, target, (*headers, _FORM), _form(text, self.upload))
        return Question(self.method, target, (*headers, JSON), text.encode())


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
