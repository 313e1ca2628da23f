"""The fixtures and options of the pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import pytest

from .runs import HEAD, Run


def test_a_fake_and_a_client_are_there_without_a_conftest(run: Run) -> None:
    """Code that waits for a build is tested in a few lines, and instantly."""
    run(
        """
def test_waits(copr_fake, copr_client):
    copr_fake.add_build(1, [F41])
    assert copr_client.wait(1, F41).state == "succeeded"
    copr_fake.assert_requested("build-chroot", build_id=1, times=5)
    copr_fake.assert_polled_no_faster_than(30)

def test_a_fresh_one_for_every_test(copr_fake):
    assert not copr_fake.builds and not copr_fake.requests
"""
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_every_door_reaches_the_same_fake(run: Run, arguments: tuple[str, ...]) -> None:
    """Through httpx, requests, httpx2, a real server and the official client, also in parallel workers."""
    run(
        """
@pytest.fixture(autouse=True)
def build(copr_fake):
    copr_fake.add_build(1, [F41], state="running")
    yield
    copr_fake.assert_requested("build-chroot", build_id=1, times=1)

def test_httpx(copr_respx):
    assert httpx.get(URL, params=ARGS).json()["state"] == "running"

def test_httpx_async(copr_respx):
    async def get():
        async with httpx.AsyncClient() as client:
            return await client.get(URL, params=ARGS)
    assert asyncio.run(get()).json()["state"] == "running"

def test_requests(copr_requests):
    import requests
    assert requests.get(URL, params=ARGS).json()["state"] == "running"

def test_httpx2(copr_httpx2):
    import httpx2
    with httpx2.Client(transport=copr_httpx2) as client:
        assert client.get(URL, params=ARGS).json()["state"] == "running"

def test_httpx2_async(copr_httpx2):
    import httpx2
    async def get():
        async with httpx2.AsyncClient(transport=copr_httpx2) as client:
            return await client.get(URL, params=ARGS)
    assert asyncio.run(get()).json()["state"] == "running"

def test_server(copr_server):
    assert httpx.get(f"{copr_server.url}/api_3/build-chroot", params=ARGS).json()["state"] == "running"

def test_official_client(copr_config):
    from copr.v3 import Client
    assert Client.create_from_config_file().build_chroot_proxy.get(1, F41).state == "running"

def test_official_client_in_process(copr_requests):
    from copr.v3 import Client
    client = Client({"copr_url": "https://copr.fedorainfracloud.org"})
    assert client.build_chroot_proxy.get(1, F41).state == "running"
""",
        *arguments,
    ).assert_outcomes(passed=8)


def test_other_addresses_are_as_respx_and_responses_are_told(run: Run) -> None:
    """The routers that the fixtures give take routes of a test's own; what none has is refused as ever."""
    run(
        """
def test_respx(copr_fake, copr_respx):
    copr_respx.get("https://pagure.example/").respond(204)
    assert httpx.get("https://pagure.example/").status_code == 204
    with pytest.raises(Exception, match="not mocked"):
        httpx.get("https://copr.fedorainfracloud.org.example/api_3/")

def test_responses(copr_fake, copr_requests):
    import requests
    copr_requests.get("https://pagure.example/", status=204)
    assert requests.get("https://pagure.example/").status_code == 204
    with pytest.raises(requests.ConnectionError):
        requests.get("https://copr.fedorainfracloud.org.example/api_3/")
"""
    ).assert_outcomes(passed=2)


def test_what_a_test_adds_at_coprs_address_goes_first(run: Run) -> None:
    """A route or response of a test's own answers every time, and the fake all else, every time too."""
    run(
        """
URL_OF_BUILD = "https://copr.fedorainfracloud.org/api_3/build/1"

def test_respx(copr_fake, copr_respx):
    copr_respx.get(URL_OF_BUILD).respond(json={"id": 1})
    for _ in range(3):
        assert httpx.get(URL, params=ARGS).status_code == 404
        assert httpx.get(URL_OF_BUILD).json() == {"id": 1}

def test_responses(copr_fake, copr_requests):
    import requests
    copr_requests.get(URL_OF_BUILD, json={"id": 1})
    for _ in range(3):
        assert requests.get(URL, params=ARGS).status_code == 404
        assert requests.get(URL_OF_BUILD).json() == {"id": 1}
"""
    ).assert_outcomes(passed=2)


def test_requests_answers_like_copr_in_every_part(run: Run) -> None:
    """Content type, methods and errors pass through the requests door as they are."""
    run(
        """
def test_parts(copr_fake, copr_requests):
    import requests
    response = requests.post(URL + "/list", params={"build_id": 1})
    assert (response.status_code, response.headers["Content-Type"]) == (405, "application/json")
    assert requests.options(URL + "/").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert requests.head(URL + "/nope").text == ""
"""
    ).assert_outcomes(passed=1)


def test_the_server_has_a_world_of_its_own_for_every_test(run: Run) -> None:
    """One server for the session, and nothing of one test in another; a past world is gone."""
    run(
        """
seen = []

@pytest.mark.parametrize("id", [1, 2])
def test_world(copr_server, id):
    copr_server.fake.add_build(id, [F41])
    seen.append(copr_server.url)
    listed = [httpx.get(f"{copr_server.url}/api_3/build-chroot/list?build_id={n}").json()["items"] for n in (1, 2)]
    assert [bool(items) for items in listed] == [id == 1, id == 2]

def test_past(copr_server):
    assert len({url.rpartition("/worlds/")[0] for url in seen}) == 1
    gone = [url for url in seen if url != copr_server.url]
    assert gone and all(httpx.get(url + "/api_3/").status_code == 404 for url in gone)
    assert httpx.get(copr_server.url).status_code == 404
"""
    ).assert_outcomes(passed=3)


def test_markers_add_up_from_package_to_module_to_class_to_test(run: Run) -> None:
    """The closest word on each option counts, and what it does not say is as further out."""
    package = run.pytester.mkpydir("package")
    (package / "scenario.json").write_text('{"builds": [{"id": 5}]}')
    (package / "conftest.py").write_text(
        """
import pathlib, pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.copr_fake(scenario=pathlib.Path(__file__).parent / "scenario.json"), append=True)
"""
    )
    (package / "test_it.py").write_text(
        HEAD
        + """
pytestmark = pytest.mark.copr_fake(progress="immediate", default_limit=7, seed=1)

@pytest.mark.copr_fake(default_limit=8)
class TestIt:
    @pytest.mark.copr_fake(default_limit=9)
    def test_closest(self, copr_fake):
        assert copr_fake.default_limit == 9

    def test_class(self, copr_fake):
        assert copr_fake.default_limit == 8
        assert copr_fake.add_build(1, [F41])[F41].state == "succeeded"

def test_module(copr_fake):
    assert copr_fake.default_limit == 7
    assert list(copr_fake.builds) == [5]

@pytest.mark.copr_fake(default_limit=None)
def test_none(copr_fake):
    assert copr_fake.default_limit is None
"""
    )
    run("def test_plain(copr_fake): assert copr_fake.default_limit == 100").assert_outcomes(passed=5)


def test_options_of_the_configuration(run: Run) -> None:
    """The same options for a whole project, which a marker overrides."""
    (run.pytester.path / "scenario.json").write_text('{"builds": [{"id": 5}]}')
    run(
        """
def test_options(copr_fake, copr_respx):
    assert (copr_fake.default_limit, list(copr_fake.builds)) == (None, [5])
    assert copr_fake.add_build(1, [F41])[F41].state == "succeeded"
    assert httpx.get("http://copr.test:8080/api_3/").json() == {"version": 3}

@pytest.mark.copr_fake(default_limit=3, strict=False)
def test_marker(copr_fake):
    assert copr_fake.default_limit == 3
    copr_fake.answer("GET", "/nope")

def test_strict(copr_fake):
    copr_fake.answer("GET", "/nope")
""",
        ini="copr_fake_scenario = scenario.json\ncopr_fake_progress = immediate\ncopr_fake_default_limit = none\n"
        "copr_fake_base_url = http://copr.test:8080\ncopr_fake_seed = 7\ncopr_fake_strict = true\n",
    ).assert_outcomes(passed=2, failed=1)


NATIVE = pytest.param(
    "tool.pytest",
    marks=pytest.mark.skipif(pytest.version_tuple < (9, 2), reason="there pytest's own table has texts only"),
)


@pytest.mark.parametrize("table", ["tool.pytest.ini_options", NATIVE])
def test_options_in_pyproject_toml(run: Run, table: str) -> None:
    """Flags and numbers as TOML writes them, and a scenario that ships by its name, unless there is a file of it."""
    run.pytester.makepyprojecttoml(
        f"""
[{table}]
asyncio_default_fixture_loop_scope = "function"
copr_fake_scenario = "pages"
copr_fake_seed = 7
copr_fake_default_limit = 5
copr_fake_results_delay = 2.5
copr_fake_strict = true
copr_fake_serve_results = false
"""
    )
    body = """
def test_options(copr_fake):
    assert list(copr_fake.builds) == [%s]
    assert (copr_fake.default_limit, copr_fake.serves_results) == (5, False)
    copr_fake.answer("GET", "/nope")
"""
    run.pytester.makepyfile(body % 100)
    result = run.again()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*GET /nope -> 404*")
    (run.pytester.path / "pages").write_text('{"builds": [{"id": 5}]}')
    run.pytester.makepyfile(body % 5)
    run.again().stdout.fnmatch_lines("*GET /nope -> 404*")


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "progres='poll'",
            "progres: no such option of copr_fake; did you mean 'progress'? valid: scenario, progress, ",
        ),
        (
            "progress='pol'",
            "progress: 'pol' is not possible; did you mean 'poll'? valid: poll, clock, manual, immediate",
        ),
        ("default_limit=0", "default_limit: 0 would be an empty page"),
        ("seed='x'", "seed: expected a whole number"),
        ("strict=1", "strict: expected true or false"),
        ("base_url='copr.test'", "base_url: 'copr.test' is no address; expected one such as http://copr.test:5000"),
        (
            "base_url='https://copr.test/api_3/'",
            "base_url: 'https://copr.test/api_3/' is more than a server; expected scheme, host and port only, such as http://copr.test:5000",
        ),
        ("base_url='https://jdoe@copr.test'", "base_url: 'https://jdoe@copr.test' is more than a server"),
        (
            "'mass-rebuild'",
            "takes only named options; valid: scenario, progress, default_limit, base_url, seed, strict",
        ),
    ],
)
def test_a_wrong_option_is_an_error_at_collection(run: Run, marker: str, message: str) -> None:
    """The error names the test, the option and what would do, and nothing is run."""
    result = run(f"@pytest.mark.copr_fake({marker})\ndef test_it(copr_fake): pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "::test_it: " in str(result.stderr)
    assert message in str(result.stderr)


@pytest.mark.parametrize(
    ("ini", "message"),
    [
        ("copr_fake_base_url = copr.test", "the configuration: base_url: 'copr.test' is no address"),
        (
            "copr_fake_base_url = http://copr.test/copr",
            "the configuration: base_url: 'http://copr.test/copr' is more than a server",
        ),
        ("copr_fake_progress = pol", "the configuration: progress: 'pol' is not possible"),
        ("copr_fake_default_limit = many", "copr_fake_default_limit: expected a whole number, got 'many'"),
        ("copr_fake_strict = maybe", "copr_fake_strict: 'maybe' is not possible; valid: true, false"),
        ("copr_fake_serve_results = maybe", "copr_fake_serve_results: 'maybe' is not possible; valid: true, false"),
        (
            "copr_fake_results_delay = soon",
            "copr_fake_results_delay: expected a number from 0 to 2147483647, got 'soon'",
        ),
    ],
)
def test_a_wrong_option_in_the_configuration_is_an_error_too(run: Run, ini: str, message: str) -> None:
    """Even if no test uses the fake."""
    result = run("def test_it(): pass\n", ini=ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in str(result.stderr)


def test_a_scenario_that_cannot_be_read_fails_its_test(run: Run) -> None:
    """In a few lines that name the test, and show nothing of the kit's inside."""
    result = run("@pytest.mark.copr_fake(scenario='nope.json')\ndef test_it(copr_fake): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*::test_it: nope.json: no such file*")
    result.stdout.no_fnmatch_line("*def make_fake*")


def test_failed_assertion_shows_the_test_not_the_kit(run: Run) -> None:
    """The line that failed is the test's."""
    result = run("def test_it(copr_fake):\n    copr_fake.assert_requested('build-chroot/list')\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*copr_fake.assert_requested('build-chroot/list')", "*'build-chroot/list' was to be requested at least once*"]
    )
    result.stdout.no_fnmatch_line("*_journal*")


def test_a_configuration_is_not_in_the_directory_of_the_test(run: Run) -> None:
    """Which has nothing in it but what the test makes."""
    run("def test_it(copr_config, tmp_path):\n    assert list(tmp_path.iterdir()) == []\n").assert_outcomes(passed=1)


def test_async_tests_work_with_asyncio_and_anyio(run: Run) -> None:
    """With no setting of the kit's."""
    run(
        """
import anyio

@pytest.mark.asyncio
async def test_asyncio(copr_fake, copr_async_client):
    copr_fake.add_build(1, [F41])
    assert (await copr_async_client.wait(1, F41)).state == "succeeded"

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio(copr_fake, copr_async_client, copr_server):
    copr_fake.add_build(1, [F41])
    assert (await copr_async_client.wait(1, F41)).state == "succeeded"
    async with httpx.AsyncClient(base_url=copr_server.url) as client:
        assert (await client.get("/api_3/")).json() == {"version": 3}
"""
    ).assert_outcomes(passed=3)


def test_a_configuration_needs_no_official_client(run: Run) -> None:
    """Also where a folder of that name is what there is to import."""
    (run.pytester.path / "copr").mkdir()
    run.in_subprocess(
        """
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

sys.modules["copr"] = module_from_spec(PathFinder.find_spec("copr", ["."]))

def test_it(copr_config):
    assert "copr_url" in copr_config.read_text()
    with pytest.raises(ModuleNotFoundError):
        import copr.v3
"""
    ).assert_outcomes(passed=1)


def test_a_missing_extra_is_named_with_its_remedy(run: Run) -> None:
    """Where responses is not installed, the fixture says what brings it."""
    result = run.in_subprocess("import sys; sys.modules['responses'] = None\ndef test_it(copr_requests): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*FakeCopr.answering_requests needs responses*pip install 'copr-chroot-fake?requests?'*"]
    )


def test_a_run_that_uses_no_fixture_loads_nothing(run: Run) -> None:
    """Of the kit only the plugin itself is there."""
    result = run.in_subprocess(
        """
import sys

def test_loaded():
    assert "copr_chroot_fake.pytest_plugin" in sys.modules
    ours = {name for name in sys.modules if name.startswith("copr_chroot_fake")}
    assert ours == {"copr_chroot_fake", "copr_chroot_fake.pytest_plugin"}
""",
        "-p",
        "no:respx",
        "-p",
        "no:faker",
    )
    result.assert_outcomes(passed=1)
