"""Files that tests add to result directories: logs, specs, ``results.json`` and any others."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from copr_chroot_fake import BuildChroot, FakeCopr, InputError, LifecycleName, ScenarioError, State
from copr_chroot_fake.model.lifecycle import StageFields
from copr_chroot_fake.model.states import StateName

from ..chroots import F43
from ..events import advance_all
from .fetching import compressed_log_of, get, log_of, names_in, path_of

SOURCE = "/results/jdoe/playground/srpm-builds/00000001/"
LOG = "".join(f"línea {number}\n" for number in range(100))


def make(state: StateName = "succeeded", **options: Any) -> tuple[FakeCopr, BuildChroot]:
    fake = FakeCopr(**options)
    return fake, fake.add_build({F43: state}, id=1)[F43]


def read(fake: FakeCopr, chroot: BuildChroot, name: str) -> bytes:
    status, body = get(fake, path_of(chroot) + name)
    assert status == 200
    return body


@pytest.mark.parametrize("name", ["builder-live", "backend", "build", "root", "state", "hw_info"])
def test_text_of_a_log_is_served_compressed(name: str) -> None:
    """Any log can be set, also one that the fake does not generate."""
    fake, chroot = make()
    chroot.add_result(f"{name}.log", LOG)
    answer = fake.answer("GET", f"{path_of(chroot)}{name}.log.gz")
    assert gzip.decompress(answer.body).decode() == LOG
    assert dict(answer.headers)["Content-Encoding"] == "gzip"
    assert dict(answer.headers)["Content-Type"] == "text/plain"
    expected = 301 if name in ("builder-live", "backend") else 404
    assert get(fake, f"{path_of(chroot)}{name}.log")[0] == expected


def test_log_may_have_the_name_of_its_compressed_form() -> None:
    """It is the same log, and the latest text counts."""
    fake, chroot = make()
    chroot.add_result("build.log", "first\n")
    chroot.add_result("build.log.gz", "second\n")
    assert [*chroot.results] == ["build.log"]
    assert compressed_log_of(fake, chroot, "build") == "second\n"


@pytest.mark.parametrize("name", ["hello.spec", "results.json", "success", "build.info", "review.json", ".a", "a b"])
@pytest.mark.parametrize("content", ["é\n", b"\x00\xff", "", "x" * 3_000_000], ids=["text", "bytes", "empty", "large"])
def test_other_file_is_served_as_given(name: str, content: str | bytes) -> None:
    """Texts are in UTF-8, and of any size; a file that the fake generates too is replaced."""
    fake, chroot = make()
    chroot.add_result(name, content)
    assert read(fake, chroot, name.replace(" ", "%20")) == (content if isinstance(content, bytes) else content.encode())
    assert name.replace(" ", "%20") in names_in(fake, path_of(chroot))


def test_file_is_in_a_directory() -> None:
    """Each directory has an index; a log in it is served as given."""
    fake, chroot = make()
    chroot.add_result("fedora-review/review.json", "{}")
    chroot.add_result("fedora-review/logs/a.log.gz", b"\x1f\x8b")
    assert "fedora-review/" in names_in(fake, path_of(chroot))
    assert names_in(fake, f"{path_of(chroot)}fedora-review/") == {"logs/", "review.json"}
    assert read(fake, chroot, "fedora-review/review.json") == b"{}"
    assert read(fake, chroot, "fedora-review/logs/a.log.gz") == b"\x1f\x8b"
    assert fake.answer("GET", f"{path_of(chroot)}fedora-review").status == 301
    assert get(fake, f"{path_of(chroot)}fedora-review/absent")[0] == 404


def test_package_is_served_as_given() -> None:
    fake, chroot = make()
    chroot.add_result("hello-1.0-1.fc43.x86_64.rpm", b"no package")
    assert read(fake, chroot, "hello-1.0-1.fc43.x86_64.rpm") == b"no package"


@pytest.mark.parametrize("name", ["builder-live", "backend"])
def test_added_log_grows_while_the_build_runs(name: str) -> None:
    """By lines, in proportion to the time; at its end the log is complete."""
    fake = FakeCopr(progress="clock")
    stages: list[StageFields] = [
        {"state": "starting", "lasts": 50},
        {"state": "running", "lasts": 100},
        {"state": "failed"},
    ]
    chroot = fake.add_build({F43: {"lifecycle": {"stages": stages}}}, id=1)[F43]
    chroot.add_result(f"{name}.log", LOG)
    seen = []
    for _ in range(30):
        status, body = get(fake, f"{path_of(chroot)}{name}.log")
        if status == 200:
            assert LOG.encode().startswith(body)
            seen.append(body.count(b"\n"))
        fake.clock.tick(5)
    running = [1 + int(99 * share / 20) for share in range(20)]
    assert seen == (running if name == "builder-live" else [1] * 10 + running)
    assert log_of(fake, chroot, name) == LOG


def test_added_log_without_a_known_end_grows_by_the_second() -> None:
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build({F43: {"state": "running", "lifecycle": "succeeds"}}, id=1)[F43]
    chroot.add_result("builder-live.log", LOG)
    before = log_of(fake, chroot)
    fake.clock.tick(7)
    assert log_of(fake, chroot).count("\n") == before.count("\n") + 7
    fake.clock.tick(1000)
    assert log_of(fake, chroot) == LOG


def test_added_log_can_be_empty_or_have_no_final_newline() -> None:
    fake, chroot = make("running")
    chroot.add_result("builder-live.log", "")
    assert log_of(fake, chroot) == ""
    chroot.add_result("builder-live.log", "one line")
    assert log_of(fake, chroot) == "one line"


@pytest.mark.parametrize("lifecycle", ["succeeds", "fails", "canceled-while-running"])
def test_files_exist_from_the_end_of_the_build_on(lifecycle: LifecycleName) -> None:
    """However it ends. Before that there are only the files that Copr writes meanwhile."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F43], id=1, lifecycle=lifecycle)[F43]
    for name in ("review.json", "results.json", "build.log", "build.info"):
        chroot.add_result(name, "added")
    while not chroot.state.is_final:
        names = names_in(fake, path_of(chroot))
        assert not names & {"review.json", "results.json", "build.log"}
        if chroot.state is State.RUNNING:
            assert read(fake, chroot, "build.info") == b"added"
        advance_all(fake)
    assert names_in(fake, path_of(chroot)) >= {"review.json", "results.json", "build.log.gz", "build.info"}


def test_source_build_has_added_results() -> None:
    fake, chroot = make()
    source = chroot.build.source
    source.add_result("builder-live.log", "source\n")
    source.add_result("hello.spec", b"Name: hello\n")
    assert gzip.decompress(get(fake, f"{SOURCE}builder-live.log.gz")[1]) == b"source\n"
    assert get(fake, f"{SOURCE}hello.spec")[1] == b"Name: hello\n"
    assert b"Name: hello\n" not in read(fake, chroot, "hello.spec")
    assert {*source.results} == {"builder-live.log", "hello.spec"}


@pytest.mark.parametrize(
    "name",
    ["", "a//b", "a/", "/a", "a/../b", "./a", "/", ".", "..", "a\nb", "\x1b", "a\x7f", "a\x85", "\ud800", None, 7],
)
def test_invalid_name_is_rejected(name: Any) -> None:
    """The error names the argument."""
    _, chroot = make()
    for add in (chroot.add_result, chroot.build.source.add_result):
        with pytest.raises(InputError) as caught:
            add(name, "")
        assert caught.value.location == "name"
    assert not chroot.results


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "expected a text or bytes, got None"),
        (bytearray(b"x"), "expected a text or bytes, got "),
        ("\udc80", "contains an unpaired surrogate"),
        (gzip.compress(b"x", mtime=0), "the log build.log is compressed; expected its text"),
        ({"file": "x"}, "only a scenario file can name another file; expected the content itself"),
    ],
    ids=["none", "bytearray", "surrogate", "compressed", "file"],
)
def test_invalid_content_is_rejected(content: Any, problem: str) -> None:
    """A compressed log, too, because the fake compresses it."""
    _, chroot = make()
    with pytest.raises(InputError, match=problem) as caught:
        chroot.add_result("build.log.gz", content)
    assert caught.value.location == "content"
    assert not chroot.results


def test_added_results_are_part_of_snapshots_and_scenarios() -> None:
    """Also content that is no text."""
    fake, chroot = make()
    chroot.add_result("review.json", "{}")
    with fake.snapshot():
        chroot.add_result("data", b"\xff")
        chroot.build.source.add_result("review.json", "[]")
        scenario = json.loads(json.dumps(fake.to_scenario()))
    assert {**chroot.results} == {"review.json": b"{}"}
    assert not chroot.build.source.results
    written = scenario["builds"][0]
    assert written["chroots"][0]["results"] == {"review.json": "{}", "data": {"base64": "/w=="}}
    assert written["source_results"] == {"review.json": "[]"}
    again = FakeCopr.from_scenario(scenario)
    assert {**again.builds[1][F43].results} == {"review.json": b"{}", "data": b"\xff"}
    assert again.to_scenario() == scenario


def test_fork_has_a_copy_of_the_results() -> None:
    fake, chroot = make()
    chroot.add_result("review.json", "{}")
    chroot.build.source.add_result("review.json", "[]")
    headers = {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
    fake.answer("POST", "/api_3/project/fork/jdoe/playground", headers, b'{"name": "fork", "ownername": "jdoe"}')
    (fork,) = (build for build in fake.builds.values() if build.id != 1)
    assert read(fake, fork[F43], "review.json") == b"{}"
    assert get(fake, f"/results/jdoe/fork/srpm-builds/{fork.id:08d}/review.json") == (200, b"[]")


def test_add_build_takes_results() -> None:
    fake = FakeCopr()
    build = fake.add_build({F43: {"state": "failed", "results": {"build.log": "boom\n", "data": b"\xff"}}}, id=1)
    assert compressed_log_of(fake, build[F43], "build") == "boom\n"
    assert read(fake, build[F43], "data") == b"\xff"


# In scenarios.


def scenario_with(**results: object) -> dict[str, object]:
    return {"builds": [{"id": 1, "chroots": [{"name": F43, "state": "failed", "results": results}]}]}


@pytest.mark.parametrize("by_name", [False, True])
def test_scenario_names_files_beside_it(tmp_path: Path, by_name: bool) -> None:
    """Of chroots in a list or by name, and of the source build."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "build.log").write_bytes(b"boom\n")
    (tmp_path / "data.bin").write_bytes(b"\xff")
    chroot = {"state": "failed", "results": {"build.log": {"file": "logs/build.log"}, "text": "é"}}
    chroots: object = {F43: chroot} if by_name else [{"name": F43, **chroot}]
    build = {"id": 1, "source_results": {"data": {"file": "data.bin"}}, "chroots": chroots}
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"builds": [build]}))
    added = FakeCopr.from_scenario(path).builds[1]
    assert {**added[F43].results} == {"build.log": b"boom\n", "text": "é".encode()}
    assert {**added.source.results} == {"data": b"\xff"}


def test_scenario_names_files_in_yaml(tmp_path: Path) -> None:
    """Builds that share their results through an anchor share the content."""
    (tmp_path / "build.log").write_text("boom\n")
    chroots = "[{name: fedora-43-x86_64, state: failed, results: "
    path = tmp_path / "scenario.yaml"
    path.write_text(
        f"builds:\n- {{id: 1, chroots: {chroots}&logs {{build.log: {{file: build.log}}}}}}]}}\n"
        f"- {{id: 2, chroots: {chroots}*logs}}]}}\n"
    )
    fake = FakeCopr.from_scenario(path)
    assert {**fake.builds[2][F43].results} == {"build.log": b"boom\n"} == {**fake.builds[1][F43].results}


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("a.log", "'a.log' cannot be read: No such file or directory; expected a file beside scenario.json"),
        (".", "'.' cannot be read: Is a directory"),
        ("/etc/passwd", "'/etc/passwd' leads out of the directory of the scenario; expected a path below it"),
        ("a/../../x", "'a/../../x' leads out of the directory of the scenario; expected a path below it"),
        ("", "expected a text that is not empty, got ''"),
        (7, "expected a text that is not empty, got 7"),
    ],
)
def test_unreadable_file_is_an_error_at_its_location(tmp_path: Path, file: object, problem: str) -> None:
    """Every such error of a scenario is reported."""
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(scenario_with(**{"build.log": {"file": file}, "other": {"file": file}})))
    with pytest.raises(ScenarioError) as caught:
        FakeCopr.from_scenario(path)
    assert [(error.location, error.problem[: len(problem)]) for error in caught.value.errors] == [
        (f"builds[0].chroots[0].results.{name}.file", problem) for name in ("build.log", "other")
    ]


def test_document_cannot_name_files() -> None:
    """A document of Python or of the control API has no directory, so it contains its results."""
    with pytest.raises(ScenarioError, match="only a scenario file can name another file"):
        FakeCopr.from_scenario(scenario_with(log={"file": "x"}))


@pytest.mark.parametrize("document", [[], {"builds": {}}, {"builds": [7]}, {"builds": [{"chroots": [7]}]}])
def test_invalid_scenario_has_its_usual_error(tmp_path: Path, document: object) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ScenarioError, match=r"expected|missing"):
        FakeCopr.from_scenario(path)
