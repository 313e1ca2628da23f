"""Assertions about submitted builds and created projects, and the differences in their messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from copr_chroot_fake import FakeCopr, InputError

from .adapters import credentials
from .chroots import F41, F42
from .uploads import upload

URLS = [f"https://example.com/{name}-1-1.src.rpm" for name in ("hello", "world")]
HEADERS = [("Authorization", credentials("jdoe", "s3cret")), ("Content-Type", "application/json")]


def send(fake: FakeCopr, path: str, **fields: object) -> int:
    project = {} if path.startswith("project/") else {"ownername": "jdoe", "projectname": "hello"}
    return fake.answer("POST", f"/api_3/{path}", HEADERS, json.dumps({**project, **fields}).encode()).status


@pytest.fixture
def fake() -> FakeCopr:
    """Two builds from URLs, and a build from a repository."""
    fake = FakeCopr()
    fake.add_project("jdoe/hello", chroots=[F41, F42])
    assert send(fake, "build/create/url", pkgs=URLS, chroots=[F42, F41], timeout=60, isolation=None) == 200
    assert send(fake, "build/create/scm", clone_url="https://git.test/x", scm_type="git", committish="main") == 200
    return fake


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"project": "jdoe/hello", "user": "jdoe", "times": 3},
        {"chroots": [F41, F42], "times": 2},
        {"chroots": (name for name in (F42, F41)), "url": URLS[0], "timeout": 60, "times": 1},
        {"url": URLS[1], "times": 1},
        {"url": "https://git.test/x", "committish": "main", "times": 1},
        {"project": "jdoe/other", "times": 0},
        {"isolation": None, "times": 0},
    ],
)
def test_expected_submission_is_found(fake: FakeCopr, expected: Mapping[str, object]) -> None:
    fake.assert_submitted(**expected)  # type: ignore[arg-type]  # values of several types


def test_number_equals_its_text() -> None:
    """Forms and copr-cli send texts, which Copr reads as numbers; other texts differ."""
    fake = FakeCopr()
    fake.add_project("jdoe/hello", chroots=[F41])
    assert send(fake, "build/create/url", pkgs=URLS[:1], timeout="3600") == 200
    fake.assert_submitted(timeout=3600)
    with pytest.raises(AssertionError, match=r"  -     'url': 'x',\n(.*\n)?.*        'timeout': 3600,"):
        fake.assert_submitted(url="x", timeout=3600)
    with pytest.raises(AssertionError, match="'timeout': '3600'"):
        fake.assert_submitted(timeout=360)


def test_failure_shows_the_closest_submission(fake: FakeCopr) -> None:
    with pytest.raises(AssertionError) as failed:
        fake.assert_submitted(project="jdoe/hello", url=URLS[1], chroots=[F41], timeout=60)
    assert str(failed.value) == (
        "expected at least 1 build with these fields, got none. The closest of 3:\n"
        "  POST /api_3/build/create/url -> 200 at 1700000000: build 2 by jdoe\n"
        "Difference (- expected, + sent):\n"
        "    {\n"
        "        'project': 'jdoe/hello',\n"
        f"        'url': '{URLS[1]}',\n"
        f"  -     'chroots': ['{F41}'],\n"
        f"  +     'chroots': ['{F41}', '{F42}'],\n"
        "        'timeout': 60,\n"
        "    }\n"
        "Other fields sent: user"
    )


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        (
            {"times": 2},
            "expected 2 builds with these fields, got 3:\n  POST /api_3/build/create/url -> 200 at .*build 1",
        ),
        ({"times": 0}, "expected no builds with these fields, got 3:\n"),
        ({"url": URLS[0], "times": 2}, "expected 2 builds with these fields, got 1:\n"),
        ({"gem_name": "rake"}, "  -     'gem_name': 'rake',\n"),
        ({"timeout": "60"}, "  -     'timeout': '60',\n  \\+     'timeout': 60,\n"),
    ],
)
def test_failure_names_the_differences(fake: FakeCopr, expected: Mapping[str, object], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        fake.assert_submitted(**expected)  # type: ignore[arg-type]  # values of several types


def test_rejected_submission_does_not_count() -> None:
    fake = FakeCopr()
    with pytest.raises(AssertionError, match=r"got none\. Nothing was submitted\.$"):
        fake.assert_submitted()
    assert send(fake, "build/create/url", pkgs=URLS[:1]) == 404
    with pytest.raises(
        AssertionError,
        match=r"The closest of 1:\n  POST .* -> 404 \(.*\) at .*: changed nothing, by jdoe\nOther fields",
    ):
        fake.assert_submitted(project="jdoe/hello", url=URLS[0])


def test_upload_is_found_by_filename(fake: FakeCopr) -> None:
    upload(fake, "a.spec", b"Name: a", project="jdoe/hello")
    fake.assert_submitted(project="jdoe/hello", filename="a.spec", times=1)
    with pytest.raises(AssertionError, match=r"\+     'filename': 'a.spec',"):
        fake.assert_submitted(filename="b.spec")


def test_form_is_compared_as_text(fake: FakeCopr) -> None:
    body = f"ownername=jdoe&projectname=hello&pkgs={URLS[0]}&chroots={F42}&timeout=70".encode()
    headers = [HEADERS[0], ("Content-Type", "application/x-www-form-urlencoded")]
    assert fake.answer("POST", "/api_3/build/create/url", headers, body).status == 200
    fake.assert_submitted(chroots=[F42], timeout="70", times=1)


def test_rebuild_of_package_is_a_submission(fake: FakeCopr) -> None:
    fields = {"package_name": "rake", "gem_name": "rake"}
    assert send(fake, "package/add/jdoe/hello/rake/rubygems", **fields) == 200
    assert send(fake, "package/build", package_name="rake") == 200
    fake.assert_submitted(package_name="rake", times=1)


def test_long_difference_is_cut(fake: FakeCopr) -> None:
    send(fake, "build/create/custom", script="\n".join(f"echo {number}" for number in range(5000)))
    with pytest.raises(AssertionError) as failed:
        fake.assert_submitted(script="\n".join(f"run {number}" for number in range(5000)), user="jdoe")
    lines = str(failed.value).splitlines()
    assert len(lines) < 60
    assert "  …" in lines
    assert max(map(len, lines)) < 200


def test_difference_has_no_password(fake: FakeCopr) -> None:
    send(fake, "build/create/scm", clone_url="https://jdoe:s3cret@git.test/y", scm_type="git", committish="y")
    with pytest.raises(AssertionError, match=r"'url': 'https://\*\*\*@git.test/y'") as failed:
        fake.assert_submitted(committish="y", url="https://jdoe:wr0ng@git.test/y")
    send(fake, "build/create/scm", clone_url=f"https://{'x' * 100}:{'s3cret' * 30}@git.test/z", committish="z")
    with pytest.raises(AssertionError) as long:
        fake.assert_submitted(committish="z", url="x")
    assert "s3cret" not in str(failed.value) + str(long.value)
    assert "wr0ng" not in str(failed.value)


@pytest.mark.parametrize("value", ["[" * 500 + "]" * 500, '{"\\ud800": ["\\ud800\\u0000"]}', "[NaN]", '"\\u001b[2J"'])
@pytest.mark.parametrize("name", ["timeout", "chroots", "ownername", "projectname", "pkgs", "clone_url", "\\ud800\\n"])
def test_message_is_printable_for_any_body(fake: FakeCopr, name: str, value: str) -> None:
    fake.answer("POST", "/api_3/build/create/pypi", HEADERS, f'{{"gem_name": "x", "{name}": {value}}}'.encode())
    with pytest.raises(AssertionError) as failed:
        fake.assert_submitted(gem_name="x", timeout=[1], chroots=["x"], url="x")
    assert all(line.isprintable() for line in str(failed.value).splitlines())


def test_created_project_is_found(fake: FakeCopr) -> None:
    assert send(fake, "project/add/jdoe", name="tools", chroots=[F42, F41], description="Tools") == 200
    assert send(fake, "project/fork/jdoe/hello", name="fork", ownername="jdoe") == 200
    fake.assert_project_created()
    fake.assert_project_created(project="jdoe/tools", chroots=[F41, F42], user="jdoe", description="Tools")
    fake.assert_project_created(project="jdoe/fork")


def test_project_that_exists_was_not_created(fake: FakeCopr) -> None:
    with pytest.raises(AssertionError, match=r"at least 1 project .*, got none\. No request created a project\.$"):
        fake.assert_project_created(project="jdoe/hello")
    assert send(fake, "project/add/jdoe?exist_ok=True", name="hello", chroots=[F41]) == 200
    with pytest.raises(AssertionError, match=r"project/add/jdoe.* -> 200 at .*: changed nothing, by jdoe"):
        fake.assert_project_created(project="jdoe/hello")


def test_similar_name_of_a_field_is_suggested(fake: FakeCopr) -> None:
    """Names that no request had would otherwise only be listed as missing."""
    assert send(fake, "build/create/url", pkgs=URLS[:1], ownername="jdoe", projectname="hello") == 200
    with pytest.raises(AssertionError, match=r"No request had the field 'projekt'; did you mean 'project'\?$"):
        fake.assert_submitted(projekt="jdoe/hello")
    with pytest.raises(AssertionError) as raised:
        fake.assert_submitted(timeout=7, project="jdoe/other")
    assert "did you mean" not in str(raised.value)


def test_misspelt_project_is_named(fake: FakeCopr) -> None:
    assert send(fake, "project/add/jdoe", name="tool", chroots=[F41]) == 200
    with pytest.raises(AssertionError, match="  -     'project': 'jdoe/tools',\n  \\+     'project': 'jdoe/tool',\n"):
        fake.assert_project_created(project="jdoe/tools", chroots=[F41])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda fake: fake.assert_submitted(project="hello"), "project: 'hello' is not a full name"),
        (lambda fake: fake.assert_submitted(chroots=F41), "chroots: expected a list"),
        (lambda fake: fake.assert_submitted(url=1), "url: expected a text"),
        (lambda fake: fake.assert_submitted(times=-1), "times: expected a whole number"),
        (lambda fake: fake.assert_submitted(timeout={1}), "fields: expected a value that JSON can represent"),
        (lambda fake: fake.assert_project_created(project="hello"), "project: 'hello' is not a full name"),
    ],
)
def test_invalid_expectation_is_rejected(fake: FakeCopr, call: Callable[[FakeCopr], None], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(fake)
