"""Directories and files of results during the lifecycles of builds."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from copr_chroot_fake import LIFECYCLES, FakeCopr, LifecycleName, State
from copr_chroot_fake.model.states import StateName
from copr_chroot_fake.scenario.spec import ChrootFields

from ..chroots import F42, F43
from ..events import advance_all
from .fetching import get, links, log_of, names_in, path_of
from .oracles import needs_tools, run

S390X = "fedora-43-s390x"

STARTING = {"backend.log"}
RUNNING = {"backend.log", "build.info", "builder-live.log"}
NAMES = ("backend", "build", "builder-live", "hw_info", "installed_pkgs", "root", "state")
LOGS = {f"{name}.log.gz" for name in NAMES}
FAILED = LOGS | {"build.info", "configs.tar.gz", "hello.spec"}
CANCELED = {"backend.log.gz", "build.info", "builder-live.log.gz"}
PACKAGES = {"hello-1.0-1.fc43.src.rpm", "hello-1.0-1.fc43.x86_64.rpm"}
SUCCEEDED = FAILED | PACKAGES | {"results.json", "success"}

FILES_BY_STATE = {
    State.STARTING: STARTING,
    State.RUNNING: RUNNING,
    State.SUCCEEDED: SUCCEEDED,
    State.FAILED: FAILED,
    # The chroot is copied from another build, whose packages are unknown.
    State.FORKED: SUCCEEDED - PACKAGES,
}


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_files_depend_on_the_state(lifecycle: LifecycleName) -> None:
    """In every stage of every lifecycle: no files before the start, then live logs, and results at the end."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F43], id=7, lifecycle=lifecycle)
    (chroot,) = build.chroots
    for _ in range(20):
        if build.id in fake.builds and not chroot.is_absent:
            expected = set() if chroot.result_url is None else FILES_BY_STATE[chroot.state]
            expected = CANCELED if build.is_canceled and chroot.state is State.FAILED else expected
        else:
            expected = set()
        assert names_in(fake, path_of(chroot)) == expected, chroot.state
        advance_all(fake)


def test_configuration_of_mock_is_an_archive() -> None:
    fake = FakeCopr()
    build = fake.add_build({F43: "succeeded"}, id=7)
    with tarfile.open(fileobj=BytesIO(get(fake, f"{path_of(build[F43])}configs.tar.gz")[1])) as archive:
        (member,) = archive.getmembers()
        read = archive.extractfile(member)
        assert read is not None
        assert b"/etc/mock/fedora-43-x86_64.cfg" in read.read()


@pytest.mark.parametrize("state", ["waiting", "importing", "pending", "skipped"])
def test_chroot_that_has_not_started_has_no_results(state: StateName) -> None:
    """This holds even if the scenario gives it a result directory."""
    fake = FakeCopr()
    build = fake.add_build({F43: {"state": state, "result_dir": "00000007-hello"}}, id=7)
    assert str(build[F43].result_url).endswith("/00000007-hello/")
    assert get(fake, path_of(build[F43]))[0] == 404
    assert names_in(fake, path_of(build[F43]).removesuffix("00000007-hello/")) == {"repodata/"}


def test_result_url_and_repositories_are_served() -> None:
    """A transport accepts any host, so a client can follow these addresses."""
    fake = FakeCopr()
    build = fake.add_build([F43], id=7, project="@copr/copr-dev:pr:1", state="succeeded")
    config = json.loads(get(fake, f"/api_3/build-chroot/build-config/7/{F43}")[1])
    addresses = [build[F43].result_url, *(repo["baseurl"] for repo in config["repos"])]
    assert len(addresses) == 3
    for address in addresses:
        path = str(address).removeprefix("https://download.copr.fedorainfracloud.org")
        assert get(fake, path)[0] == 200, address


@pytest.mark.parametrize(
    ("results_url", "expected"),
    [(None, "http://127.0.0.1:5000/worlds/a/results"), ("http://here/res/", "http://here/res")],
)
def test_given_results_url_takes_precedence(results_url: str | None, expected: str) -> None:
    """Otherwise results move to the address at which the fake is served."""
    fake = FakeCopr(results_url=results_url)
    build = fake.add_build([F43], id=7, state="succeeded")
    get(fake, f"/api_3/build-chroot/7/{F43}")
    get(fake, "/api_3/build/7")
    fake.service.set_base_url("http://127.0.0.1:5000/worlds/a/")
    assert fake.results_url == expected
    assert json.loads(get(fake, f"/api_3/build-chroot/7/{F43}")[1])["result_url"] == build[F43].result_url
    assert str(build[F43].result_url).startswith(f"{expected}/jdoe/playground/")
    assert json.loads(get(fake, "/api_3/build/7")[1])["source_package"]["url"].startswith(
        f"{expected}/jdoe/playground/"
    )


@pytest.mark.parametrize("url", [None, "https://pkgs.example/hello-1.0-1.src.rpm"])
def test_external_source_package_keeps_its_address(url: str | None) -> None:
    """Only addresses of results change when the fake is served elsewhere."""
    fake = FakeCopr()
    fake.add_scenario({"builds": [{"id": 7, "source_package": {"url": url}}]})
    fake.service.set_base_url("http://127.0.0.1:5000")
    assert json.loads(get(fake, "/api_3/build/7")[1])["source_package"]["url"] == url


def test_canceled_build_keeps_its_results_after_restore() -> None:
    """They differ from those of a failed build, which has the same state."""
    fake = FakeCopr()
    build = fake.add_build({F43: "running"}, id=7)
    directory = str(build[F43].result_url).removeprefix("https://download.copr.fedorainfracloud.org")
    build.cancel()
    build[F43].report("canceled")
    canceled = names_in(fake, directory)
    with fake.snapshot():
        build[F43].set_state("running")
        build[F43].report("failed")
        failed = names_in(fake, directory)
    assert failed != canceled
    fake.add_build({F43: "failed"}, id=8)
    assert names_in(fake, directory.replace("00000007", "00000008")) == failed
    assert names_in(fake, directory) == canceled


@pytest.mark.parametrize(
    ("path", "is_unmatched"),
    [
        ("00000007-hello/builder-live.log", False),
        ("00000008-hello/builder-live.log", True),
        ("00000099-other/", False),
        ("00000099-other/missing", True),
    ],
)
def test_request_for_results_of_no_build_is_unmatched(path: str, is_unmatched: bool) -> None:
    """A request for results that do not exist yet is matched, whatever the name of the directory is."""
    fake = FakeCopr()
    fake.add_build({F43: "pending", S390X: {"state": "succeeded", "result_dir": "00000099-other"}}, id=7)
    chrootname = S390X if "other" in path else F43
    fake.answer("GET", f"/results/jdoe/playground/{chrootname}/{path}")
    assert bool(fake.unmatched) == is_unmatched


def test_serving_never_names_the_deployed_service() -> None:
    fake = FakeCopr()
    chroot = fake.add_build({F43: "succeeded"}, id=7)[F43]
    before = chroot.result_url
    with fake.serving() as url:
        assert str(chroot.result_url).startswith(f"{url}/results/")
        assert get(fake, path_of(chroot))[0] == 200
    assert chroot.result_url == before


def test_indexes_lead_from_the_top_to_every_file() -> None:
    """The levels are owner, project directory, chroot, result directory and file."""
    fake = FakeCopr()
    fake.add_build([F43, S390X], id=7, project="@copr/copr-dev:pr:1", state="succeeded")
    fake.add_build({F43: "pending"}, id=8, project="jdoe/hello")
    assert names_in(fake, "/results/") == {"%40copr/", "jdoe/"}
    assert names_in(fake, "/results/%40copr/") == {"copr-dev/", "copr-dev%3Apr%3A1/"}
    assert names_in(fake, "/results/@copr/copr-dev:pr:1/") == {f"{F43}/", f"{S390X}/", "srpm-builds/"}
    assert names_in(fake, "/results/@copr/copr-dev:pr:1/srpm-builds/") == {"00000007/"}
    assert names_in(fake, f"/results/@copr/copr-dev:pr:1/{F43}/") == {"00000007-hello/", "repodata/"}
    assert names_in(fake, f"/results/@copr/copr-dev:pr:1/{F43}/00000007-hello/") == SUCCEEDED
    assert names_in(fake, f"/results/jdoe/hello/{F43}/") == {"repodata/"}


@pytest.mark.parametrize(
    "path",
    [
        "/results/nobody/",
        "/results/jdoe/missing/",
        f"/results/jdoe/playground/{S390X}/",
        f"/results/jdoe/playground/{F43}/00000008-hello/",
        f"/results/jdoe/playground/{F43}/00000007-hello/missing.rpm",
        f"/results/jdoe/playground/{F43}/00000007-hello/success/",
        f"/results/jdoe/playground/{F43}/00000007-hello/success/deeper",
        "/results-of-others/",
    ],
)
def test_missing_results_get_a_404_page(path: str) -> None:
    """Paths outside ``/results`` get the JSON of the API."""
    fake = FakeCopr()
    fake.add_build([F43], id=7, state="succeeded")
    answer = fake.answer("GET", path)
    assert answer.status == 404
    is_result = path.startswith("/results/")
    assert dict(answer.headers)["Content-Type"].startswith("text/html" if is_result else "application/json")


def test_results_of_a_finished_chroot_do_not_change() -> None:
    """Neither the time nor the other chroots of the build have an effect."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build({F43: {"lifecycle": "fails"}, S390X: {"lifecycle": "succeeds"}}, id=7)
    build[F43].advance(to="end")
    before = {name: get(fake, path_of(build[F43]) + name) for name in FAILED}
    fake.clock.tick(100)
    build[S390X].advance(to="running")
    build.cancel()
    fake.clock.tick(100)
    advance_all(fake)
    assert {name: get(fake, path_of(build[F43]) + name) for name in FAILED} == before
    assert names_in(fake, path_of(build[S390X])) == CANCELED


NEVRAS = ["hello-2:2.12~rc1-1.fc43.src", "hello-2:2.12~rc1-1.fc43.x86_64", "hello-doc-2:2.12~rc1-1.fc43.noarch"]


@pytest.mark.parametrize("is_reviewed", [True, False])
def test_reviewed_project_has_the_files_of_fedora_review(is_reviewed: bool) -> None:
    """Only for a build that succeeded."""
    fake = FakeCopr()
    fake.add_project("jdoe/playground", fedora_review=is_reviewed)
    build = fake.add_build({F43: "succeeded", F42: "failed"}, id=7)
    review = f"{path_of(build[F43])}fedora-review/"
    expected = {"review.txt", "review.json", "licensecheck.txt"} if is_reviewed else set()
    assert names_in(fake, review) == expected
    if is_reviewed:
        assert json.loads(get(fake, f"{review}review.json")[1])["issues"] == []
    assert "fedora-review/" not in names_in(fake, path_of(build[F42]))


def test_results_json_lists_the_packages() -> None:
    """They are the packages of the API, and each has a file."""
    fake = FakeCopr()
    build = fake.add_build({F43: {"state": "succeeded", "packages": NEVRAS}}, id=7)
    path = path_of(build[F43])
    results = json.loads(get(fake, f"{path}results.json")[1])
    assert results == json.loads(get(fake, f"/api_3/build-chroot/built-packages?build_id=7&chrootname={F43}")[1])
    files = {name for name in names_in(fake, path) if name.endswith(".rpm")}
    assert files == {f"{p['name']}-{p['version']}-{p['release']}.{p['arch']}.rpm" for p in results["packages"]}


@needs_tools
def test_spec_has_the_version_of_the_source_package(tmp_path: Path) -> None:
    fake = FakeCopr()
    build = fake.add_build({F43: {"state": "succeeded", "packages": NEVRAS}}, id=7)
    spec = tmp_path / "hello.spec"
    spec.write_bytes(get(fake, f"{path_of(build[F43])}hello.spec")[1])
    output = run("rpmspec", "-q", "--srpm", "--qf", "%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}", spec)
    assert output == "hello-2:2.12~rc1-1.fc43"


@needs_tools
def test_package_has_source_project_and_build_time(tmp_path: Path) -> None:
    fake = FakeCopr()
    chroot: ChrootFields = {"state": "succeeded", "started_on": 1_700_000_000, "ended_on": 1_700_000_100}
    build = fake.add_build({F43: chroot}, id=7, project="@copr/copr-dev")
    package = tmp_path / "hello.rpm"
    package.write_bytes(get(fake, f"{path_of(build[F43])}hello-1.0-1.fc43.x86_64.rpm")[1])
    output = run("rpm", "-qp", "--qf", "%{SOURCERPM} %{BUILDTIME} %{VENDOR}", package)
    assert output == "hello-1.0-1.fc43.src.rpm 1700000100 Fedora Copr - @copr/copr-dev"


def test_results_delay_postpones_the_results() -> None:
    """Until it is over, the files are those of a running build."""
    fake = FakeCopr(results_delay=30, progress="clock")
    build = fake.add_build([F43], id=7)
    chroot = build[F43]
    while chroot.state is not State.SUCCEEDED:
        fake.clock.tick(1)
    assert names_in(fake, path_of(chroot)) == RUNNING
    before = log_of(fake, chroot)
    fake.clock.tick(29)
    assert names_in(fake, path_of(chroot)) == RUNNING
    assert log_of(fake, chroot) == before
    fake.clock.tick(1)
    assert names_in(fake, path_of(chroot)) == SUCCEEDED
    assert log_of(fake, chroot).startswith(before)


SOURCE = {"backend.log.gz", "build.info", "builder-live.log.gz", "hello-1.0-1.src.rpm", "hello.spec"}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("waiting", set()),
        ("starting", STARTING),
        ("running", RUNNING),
        ("importing", SOURCE | {"results.json", "success"}),
        ("succeeded", SOURCE | {"results.json", "success"}),
        ("failed", SOURCE - {"hello-1.0-1.src.rpm"}),
        ("canceled", CANCELED),
    ],
)
def test_source_build_has_a_directory_beside_the_chroots(state: str, expected: set[str]) -> None:
    """Its files depend on the state of the source build."""
    entry = {"id": 7, "ownername": "jdoe", "projectname": "playground", "package": "hello", "source_state": state}
    fake = FakeCopr.from_scenario({"builds": [entry]})
    assert names_in(fake, "/results/jdoe/playground/srpm-builds/00000007/") == expected
    directories = names_in(fake, "/results/jdoe/playground/")
    assert directories == ({"srpm-builds/"} if expected else set())


def test_source_package_url_is_served() -> None:
    """The same holds for the directory of the source build."""
    fake = FakeCopr()
    fake.add_build({F43: {"state": "succeeded", "packages": ["hello-2:2.12-3.fc43.src"]}}, id=7)
    build = json.loads(get(fake, "/api_3/build/7")[1])
    source = json.loads(get(fake, "/api_3/build/source-chroot/7")[1])
    public = "https://download.copr.fedorainfracloud.org"
    assert get(fake, build["source_package"]["url"].removeprefix(public))[0] == 200
    assert names_in(fake, source["result_url"].removeprefix(public) + "/") >= SOURCE - {"hello-1.0-1.src.rpm"}


def test_latest_build_wins_a_shared_result_directory() -> None:
    """The index lists it once, beside the metadata of the repository."""
    fake = FakeCopr()
    for number, package in enumerate(("hello", "world"), 1):
        fake.add_build({F43: {"state": "succeeded", "result_dir": "shared"}}, id=number, package=package)
    assert get(fake, f"/results/jdoe/playground/{F43}/")[1].count(b'<a href="./') == 2
    assert "world.spec" in names_in(fake, f"/results/jdoe/playground/{F43}/shared/")


@pytest.mark.parametrize("name", ["<b>&\"'%41 é?#", "..", ".", "a:b"])
def test_index_escapes_names(name: str) -> None:
    """Every link leads to its file, whatever characters the name has."""
    fake = FakeCopr()
    fake.add_build(
        {F43: {"state": "succeeded", "packages": [{"name": name, "version": "1", "release": "1", "arch": "x"}]}}, id=1
    )
    status, page = get(fake, f"/results/jdoe/playground/{F43}/00000001-hello/")
    assert status == 200
    assert b"<b>" not in page
    (link,) = [link for link in links(page) if link.endswith(".rpm")]
    assert get(fake, f"/results/jdoe/playground/{F43}/00000001-hello/{link}")[0] == 200


def test_index_lists_many_chroots() -> None:
    """Each of the 250 directories can be fetched."""
    fake = FakeCopr()
    names = [f"fedora-{number}-x86_64" for number in range(250)]
    fake.add_build(names, id=1, state="succeeded")
    assert len(names_in(fake, "/results/jdoe/playground/") - {"srpm-builds/"}) == 250


def test_deleted_build_has_no_results() -> None:
    fake = FakeCopr()
    build = fake.add_build([F43], id=1, state="succeeded")
    assert get(fake, path_of(build[F43]))[0] == 200
    build.delete()
    assert get(fake, path_of(build[F43]))[0] == 404


def test_fetching_results_is_not_a_poll() -> None:
    """It does not advance the build."""
    fake = FakeCopr()
    build = fake.add_build([F43], id=1)
    build[F43].advance(to="running")
    for _ in range(10):
        assert names_in(fake, path_of(build[F43])) == RUNNING
    assert build[F43].state is State.RUNNING


def test_journal_contains_requests_for_results() -> None:
    """They have their own endpoint, a build and a chroot; only a wrong path is unmatched."""
    fake = FakeCopr()
    build = fake.add_build({F43: "pending"}, id=7)
    get(fake, f"{path_of(build[F43])}builder-live.log")
    get(fake, "/results/")
    get(fake, "/results/jdo/playgroud/")
    fake.assert_requested("results", build_id=7, chrootname=F43, times=1)
    fake.assert_requested("results", times=3)
    (unmatched,) = fake.unmatched
    assert unmatched.target == "/results/jdo/playgroud/"
    build[F43].advance(to="running")
    assert unmatched.near_miss == f"{path_of(build[F43])} exists, /results/jdo/playgroud/ does not"


def test_faults_apply_to_requests_for_results() -> None:
    """They can be selected by endpoint, build and chroot."""
    fake = FakeCopr()
    build = fake.add_build([F43], id=7, state="succeeded")
    fake.faults.add({"endpoint": "results", "build_id": 7, "chrootname": F43, "status": 502, "first": 1})
    assert get(fake, f"/api_3/build-chroot/7/{F43}")[0] == 200
    assert [get(fake, path_of(build[F43]))[0] for _ in range(2)] == [502, 200]
