"""Large and hostile requests that submit builds, and the names of packages that they tell."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from copr_chroot_fake import FakeCopr

JSON, FORM = ("Content-Type", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")
LOGIN = ("Authorization", "Basic amRvZTp0b2tlbg==")
MIB = 1024 * 1024


def post(fake: FakeCopr, target: str, content_type: tuple[str, str], body: bytes) -> int:
    """Send a request as the owner of the project and return the status."""
    return fake.answer("POST", target, [LOGIN, content_type], body).status


def submit(fake: FakeCopr, source: str, **fields: object) -> int:
    """Submit a build of a project and return the status."""
    body = json.dumps({"ownername": "jdoe", "projectname": "tools", **fields}).encode()
    return post(fake, f"/api_3/build/create/{source}", JSON, body)


def submit_multipart(fake: FakeCopr, head: str, content: bytes) -> int:
    """Send a form with one part and return the status."""
    body = b"--limit\r\n%b\r\n\r\n%b\r\n--limit--\r\n" % (head.strip().encode(), content)
    return post(fake, "/api_3/build/create/upload", ("Content-Type", "multipart/form-data; boundary=limit"), body)


@pytest.fixture
def tools() -> FakeCopr:
    """A fake with a project."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", chroots=["fedora-43-x86_64"])
    return fake


@pytest.mark.parametrize("url", ["http://a" + "-a" * 29 + "!.com/", "http://a.com/" + "?" * 50_000 + "\nx"])
def test_hostile_url_is_rejected_at_once(tools: FakeCopr, url: str) -> None:
    assert submit(tools, "scm", clone_url=url) == 400


def test_hostile_webhook_is_answered_at_once(tools: FakeCopr) -> None:
    """Comparing its URL with that of a package takes linear time."""
    package = {"package_name": "hello", "clone_url": "https://example.org/hello.git", "webhook_rebuild": True}
    assert post(tools, "/api_3/package/add/jdoe/tools/hello/scm", JSON, json.dumps(package).encode()) == 200
    project = tools.projects["jdoe/tools"]
    project.webhook_secret = "secret"
    push = {"object_kind": "push", "project": {"git_http_url": "/" * 200_000 + "x"}, "ref": "main", "commits": []}
    target = f"/webhooks/gitlab/{project.id}/secret/"
    assert post(tools, target, JSON, json.dumps(push).encode()) == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"a=1&" * (MIB // 4 + 1)),
        (JSON, b"[" + b"{}," * (MIB // 3) + b"{}]"),
        (JSON, json.dumps({"ownername": "x" * MIB}).encode()),
    ],
)
def test_large_fields_are_rejected_before_parsing(tools: FakeCopr, content_type: tuple[str, str], body: bytes) -> None:
    assert post(tools, "/api_3/build/create/url", content_type, body) == 413


@pytest.mark.parametrize(("head", "content"), [("", b"x" * MIB), ("X-Long: " + "y" * MIB, b"")])
def test_large_fields_of_multipart_forms_are_rejected(tools: FakeCopr, head: str, content: bytes) -> None:
    assert submit_multipart(tools, f'Content-Disposition: form-data; name="ownername"\r\n{head}', content) == 413


def test_size_of_an_upload_is_not_that_of_fields(tools: FakeCopr) -> None:
    head = 'Content-Disposition: form-data; name="pkgs"; filename="hello.src.rpm"\r\n'
    assert submit_multipart(tools, head, b"x" * (2 * MIB)) != 413


def test_fields_below_the_limit_are_read(tools: FakeCopr) -> None:
    body = urlencode({"ownername": "jdoe", "projectname": "tools", "pkgs": "x" * (MIB // 2)}).encode()
    assert post(tools, "/api_3/build/create/url", FORM, body) == 400


@pytest.mark.parametrize(
    ("source", "fields", "package"),
    [
        ("url", {"pkgs": ["https://example.org/python-foo-bar.spec"]}, "python-foo-bar"),
        ("url", {"pkgs": ["https://example.org/python-foo-bar-1.0-2.src.rpm"]}, "python-foo-bar"),
        ("url", {"pkgs": ["https://example.org/foo-1.0.nosrc.rpm"]}, "foo"),
        ("scm", {"clone_url": "https://example.org/copr-test-hello.git"}, "copr-test-hello"),
        ("scm", {"clone_url": "https://example.org/dnf-plugins-core.git/"}, "dnf-plugins-core"),
        ("scm", {"clone_url": "https://example.org/dnf-plugins-core"}, "dnf-plugins-core"),
    ],
)
def test_only_source_packages_have_a_version_in_their_name(
    tools: FakeCopr, source: str, fields: dict[str, object], package: str
) -> None:
    assert submit(tools, source, **fields) == 200
    (build,) = tools.builds.values()
    build.report_source("succeeded")
    assert build.package == package
