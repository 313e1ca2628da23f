"""Fixtures and options of the pytest plugin."""

from __future__ import annotations

import pytest

from ..examples import sample
from .runs import HEAD, Run


def test_fixtures_need_no_conftest(run: Run) -> None:
    """Code that waits for a build is tested in a few lines, without delay."""
    run(
        """
def test_waits(copr_fake, copr_client):
    copr_fake.add_build([F41], id=1)
    assert copr_client.wait(1, F41).state == "succeeded"
    copr_fake.assert_requested("build-chroot", build_id=1, times=5)
    copr_fake.assert_polled_no_faster_than(30)

def test_new_fake_for_each_test(copr_fake):
    assert not copr_fake.builds and not copr_fake.requests
"""
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("arguments", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=["serial", "xdist"])
def test_every_adapter_reaches_copr_fake(run: Run, arguments: tuple[str, ...]) -> None:
    """httpx, httpx2, requests, a real server and the official client; also in parallel workers."""
    run(
        """
@pytest.fixture(autouse=True)
def build(copr_fake):
    copr_fake.add_build([F41], id=1, state="running")
    yield
    copr_fake.assert_requested("build-chroot", build_id=1, times=1)

def test_httpx(copr_httpx):
    assert httpx.get(URL, params=ARGS).json()["state"] == "running"

def test_httpx_async(copr_httpx):
    async def get():
        async with httpx.AsyncClient() as client:
            return await client.get(URL, params=ARGS)
    assert asyncio.run(get()).json()["state"] == "running"

def test_requests(copr_requests):
    import requests
    assert requests.get(URL, params=ARGS).json()["state"] == "running"

def test_httpx2(copr_httpx2):
    import httpx2
    assert httpx2.get(URL, params=ARGS).json()["state"] == "running"

def test_httpx2_async(copr_httpx2):
    import httpx2
    async def get():
        async with httpx2.AsyncClient() as client:
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


def test_routers_take_routes_for_other_servers(run: Run) -> None:
    """Requests that no route matches fail as usual."""
    run(
        """
def test_httpx(copr_httpx):
    copr_httpx.get("https://pagure.example/").respond(204)
    assert httpx.get("https://pagure.example/").status_code == 204
    with pytest.raises(Exception, match="not mocked"):
        httpx.get("https://copr.fedorainfracloud.org.example/api_3/")

def test_httpx2(copr_httpx2):
    import httpx2
    copr_httpx2.get("https://pagure.example/").respond(204)
    assert httpx2.get("https://pagure.example/").status_code == 204
    with pytest.raises(Exception, match="not mocked"):
        httpx2.get("https://copr.fedorainfracloud.org.example/api_3/")

def test_requests(copr_fake, copr_requests):
    import requests
    copr_requests.get("https://pagure.example/", status=204)
    assert requests.get("https://pagure.example/").status_code == 204
    with pytest.raises(requests.ConnectionError):
        requests.get("https://copr.fedorainfracloud.org.example/api_3/")
"""
    ).assert_outcomes(passed=3)


def test_routes_at_coprs_address_take_precedence(run: Run) -> None:
    """They and the fake answer as often as requested."""
    run(
        """
URL_OF_BUILD = "https://copr.fedorainfracloud.org/api_3/build/1"

def test_httpx(copr_httpx):
    copr_httpx.get(URL_OF_BUILD).respond(json={"id": 1})
    for _ in range(3):
        assert httpx.get(URL, params=ARGS).status_code == 404
        assert httpx.get(URL_OF_BUILD).json() == {"id": 1}

def test_requests(copr_requests):
    import requests
    copr_requests.get(URL_OF_BUILD, json={"id": 1})
    for _ in range(3):
        assert requests.get(URL, params=ARGS).status_code == 404
        assert requests.get(URL_OF_BUILD).json() == {"id": 1}
"""
    ).assert_outcomes(passed=2)


def test_copr_requests_passes_on_whole_responses(run: Run) -> None:
    """Content type, methods and errors too."""
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


def test_copr_server_has_a_world_for_each_test(run: Run) -> None:
    """There is one server for the session; the world of a test ends with it."""
    run(
        """
seen = []

@pytest.mark.parametrize("id", [1, 2])
def test_world(copr_server, id):
    copr_server.fake.add_build([F41], id=id)
    seen.append(copr_server.url)
    listed = [httpx.get(f"{copr_server.url}/api_3/build-chroot/list?build_id={n}").json()["items"] for n in (1, 2)]
    assert [bool(items) for items in listed] == [id == 1, id == 2]

def test_past(copr_server):
    assert len({url.rpartition("/worlds/")[0] for url in seen}) == 1
    gone = [url for url in seen if url != copr_server.url]
    assert gone and all(httpx.get(url + "/api_3/").status_code == 404 for url in gone)
    assert httpx.get(copr_server.url).status_code == 200
"""
    ).assert_outcomes(passed=3)


def test_markers_add_up_from_package_to_test(run: Run) -> None:
    """For each option, the closest marker that gives it wins."""
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
        assert copr_fake.add_build([F41], id=1)[F41].state == "succeeded"

def test_module(copr_fake):
    assert copr_fake.default_limit == 7
    assert list(copr_fake.builds) == [5]

@pytest.mark.copr_fake(default_limit=None)
def test_none(copr_fake):
    assert copr_fake.default_limit is None
"""
    )
    run("def test_plain(copr_fake): assert copr_fake.default_limit == 100").assert_outcomes(passed=5)


def test_marker_overrides_configured_options(run: Run) -> None:
    """The configuration has the same options, for the whole project."""
    (run.pytester.path / "scenario.json").write_text('{"builds": [{"id": 5}]}')
    run(
        """
def test_options(copr_fake, copr_httpx):
    assert (copr_fake.default_limit, list(copr_fake.builds)) == (None, [5])
    assert copr_fake.add_build([F41], id=1)[F41].state == "succeeded"
    assert httpx.get("http://copr.test:8080/api_3/").json() == {"version": 3}

@pytest.mark.copr_fake(default_limit=3, strict=False)
def test_marker(copr_fake):
    assert copr_fake.default_limit == 3
    copr_fake.answer("GET", "/nope")

def test_strict(copr_fake):
    copr_fake.answer("GET", "/nope")
""",
        ini="copr_fake_scenario = scenario.json\ncopr_fake_progress = immediate\ncopr_fake_default_limit = none\n"
        "copr_fake_url = http://copr.test:8080\ncopr_fake_seed = 7\ncopr_fake_strict = true\n",
    ).assert_outcomes(passed=2, failed=1)


NATIVE = pytest.param(
    "tool.pytest",
    marks=pytest.mark.skipif(pytest.version_tuple < (9, 2), reason="older versions only support strings in this table"),
)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["tool.pytest.ini_options", NATIVE])
def test_options_in_pyproject_toml(run: Run, table: str) -> None:
    """Flags and numbers have TOML's types; a file takes precedence over a bundled scenario of the same name."""
    run.pytester.makepyprojecttoml(
        f"""
[{table}]
asyncio_default_fixture_loop_scope = "function"
copr_fake_scenario = "pages"
copr_fake_seed = 7
copr_fake_default_limit = 5
copr_fake_results_delay = 2.5
copr_fake_strict = true
copr_fake_network_guard = false
"""
    )
    body = """
def test_options(copr_fake):
    assert list(copr_fake.builds) == [%s]
    assert copr_fake.default_limit == 5
    copr_fake.answer("GET", "/nope")
"""
    run.pytester.makepyfile(body % 100)
    result = run.again()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*GET /nope -> 404*")
    (run.pytester.path / "pages").write_text('{"builds": [{"id": 5}]}')
    run.pytester.makepyfile(body % 5)
    run.again().stdout.fnmatch_lines("*GET /nope -> 404*")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("marker", "message"),
    sample(
        [
            (
                "progres='poll'",
                "progres: no such option of copr_fake; did you mean 'progress'? valid: default_limit, progress, seed, ",
            ),
            (
                "progress='pol'",
                "progress: 'pol' is not valid; did you mean 'poll'? valid: poll, clock, manual, immediate",
            ),
            ("default_limit=0", "default_limit: 0 would be an empty page"),
            ("seed='x'", "seed: expected a whole number"),
            ("max_polls=0", "max_polls: "),
            ("network_guard=1", "network_guard: expected true or false"),
            ("strict=1", "strict: expected true or false"),
            ("url='copr.test'", "url: 'copr.test' is not an address; expected one such as http://copr.test:5000"),
            (
                "url='https://copr.test/api_3/'",
                "url: 'https://copr.test/api_3/' is more than a server; expected scheme, host and port only, such as http://copr.test:5000",
            ),
            ("url='https://jdoe@copr.test'", "url: 'https://copr.test' is more than a server"),
            (
                "'mass-rebuild'",
                "takes only named options; valid: default_limit, p",
            ),
        ]
    ),
)
def test_invalid_option_is_a_usage_error(run: Run, marker: str, message: str) -> None:
    """The error names the test, the option and valid values, and no test runs."""
    result = run(f"@pytest.mark.copr_fake({marker})\ndef test_it(copr_fake): pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "::test_it: " in str(result.stderr)
    assert message in str(result.stderr)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("ini", "message"),
    sample(
        [
            ("copr_fake_url = copr.test", "the configuration: url: 'copr.test' is not an address"),
            (
                "copr_fake_url = http://copr.test/copr",
                "the configuration: url: 'http://copr.test/copr' is more than a server",
            ),
            ("copr_fake_progress = pol", "the configuration: progress: 'pol' is not valid"),
            (
                "copr_fake_default_limit = many",
                "default_limit: expected a whole number from 0 to 2147483647, got",
            ),
            ("copr_fake_max_polls = many", "max_polls: expected a whole number from 1 to 2147483647, got 'many'"),
            ("copr_fake_network_guard = maybe", "network_guard: expected true or false, got 'maybe'"),
            ("copr_fake_strict = maybe", "strict: expected true or false, got 'maybe'"),
            (
                "copr_fake_results_delay = soon",
                "results_delay: expected a number from 0 to 2147483647, got 'soon'",
            ),
        ]
    ),
)
def test_invalid_configuration_is_a_usage_error(run: Run, ini: str, message: str) -> None:
    """Even if no test uses the fake."""
    result = run("def test_it(): pass\n", ini=ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in str(result.stderr)


def test_unreadable_scenario_fails_its_test(run: Run) -> None:
    """In a few lines that name the test, without the kit's traceback."""
    result = run("@pytest.mark.copr_fake(scenario='nope.json')\ndef test_it(copr_fake): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*::test_it: nope.json: no such file*")
    result.stdout.no_fnmatch_line("*def make_fake*")


def test_failed_assertion_shows_the_test_not_the_kit(run: Run) -> None:
    """The line that failed is the test's."""
    result = run("def test_it(copr_fake):\n    copr_fake.assert_requested('build-chroot/list')\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*copr_fake.assert_requested('build-chroot/list')", "*'build-chroot/list': expected at least 1 request*"]
    )
    result.stdout.no_fnmatch_line("*_journal*")


def test_copr_config_leaves_tmp_path_empty(run: Run) -> None:
    """A test may check which files it has written."""
    run("def test_it(copr_config, tmp_path):\n    assert list(tmp_path.iterdir()) == []\n").assert_outcomes(passed=1)


def test_async_tests_work_with_asyncio_and_anyio(run: Run) -> None:
    """The kit has no setting for it."""
    run(
        """
import anyio

@pytest.mark.asyncio
async def test_asyncio(copr_fake, copr_async_client):
    copr_fake.add_build([F41], id=1)
    assert (await copr_async_client.wait(1, F41)).state == "succeeded"

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio(copr_fake, copr_async_client, copr_server):
    copr_fake.add_build([F41], id=1)
    assert (await copr_async_client.wait(1, F41)).state == "succeeded"
    async with httpx.AsyncClient(base_url=copr_server.url) as client:
        assert (await client.get("/api_3/")).json() == {"version": 3}
"""
    ).assert_outcomes(passed=3)


@pytest.mark.slow
def test_copr_config_needs_no_official_client(run: Run) -> None:
    """Even if a directory called copr can be imported instead."""
    (run.pytester.path / "copr").mkdir()
    run.in_subprocess(
        """
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

sys.modules["copr"] = module_from_spec(PathFinder.find_spec("copr", ["."]))

def test_it(copr_config):
    assert "copr_url" in copr_config.read_text()
    assert copr_config.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ModuleNotFoundError):
        import copr.v3
"""
    ).assert_outcomes(passed=1)


@pytest.mark.slow
def test_missing_extra_is_named(run: Run) -> None:
    """The message names the extra with the package that is missing, and how to install it."""
    result = run.in_subprocess(
        """
import importlib, sys

MISSING = {"httpx2": "httpx2", "respx": "pytest", "responses": "requests", "httptools": "server", "trustme": "tls"}

@pytest.fixture(params=MISSING, autouse=True)
def package(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, request.param, None)
        for name in [name for name in sys.modules if name.startswith("copr_chroot_fake.")]:
            patch.delitem(sys.modules, name)
        yield request.param

def test_it(package, request):
    from copr_chroot_fake import MissingExtraError
    fixture = {
        "httpx2": "copr_httpx2",
        "respx": "copr_httpx",
        "responses": "copr_requests",
        "httptools": "copr_server",
        "trustme": "copr_proxy",
    }
    with pytest.raises(Exception, match=rf"needs .*, which is not installed: .*\\[{MISSING[package]}\\]'"):
        request.getfixturevalue(fixture[package])
"""
    )
    result.assert_outcomes(passed=5)


@pytest.mark.slow
def test_copr_proxy_lasts_as_long_as_its_test(run: Run) -> None:
    """Subprocesses get the fake of the test, and the network guard has no objection."""
    run(
        """
import json, subprocess, sys, urllib.request

seen = []
CODE = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"

@pytest.mark.parametrize("state", ["running", "failed"])
def test_proxy(copr_fake, copr_proxy, state):
    copr_fake.add_build({F41: state}, id=1)
    command = [sys.executable, "-c", CODE, f"{URL}/1/{F41}"]
    done = subprocess.run(command, env=copr_proxy.environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["state"] == state
    assert copr_fake.results_url == "https://download.copr.fedorainfracloud.org/results"
    copr_fake.assert_requested("build-chroot", times=1)
    now = copr_fake.clock.now()
    subprocess.run(["sleep", "60"], env=copr_proxy.environment, check=True)
    assert copr_fake.clock.now() == now + 60
    seen.append(copr_proxy)

def test_later():
    for proxy in seen:
        assert not proxy.certificate_file.parent.exists()
        with pytest.raises(httpx.ConnectError):
            httpx.get(proxy.url, trust_env=False)
"""
    ).assert_outcomes(passed=3)


def test_make_copr_fake_overrides_options(run: Run) -> None:
    """It takes all options of FakeCopr; the marker and the configuration give the defaults."""
    run(
        """
pytestmark = pytest.mark.copr_fake(default_limit=7, scenario="pages")

def test_options(copr_fake, make_copr_fake):
    other = make_copr_fake(scenario=None, seed=3, results_url="https://results.example", requests_kept=1)
    assert (other.default_limit, other.seed, other.results_url) == (7, 3, "https://results.example")
    assert list(copr_fake.builds) == [100] and not other.builds

def test_unknown(make_copr_fake):
    with pytest.raises(ValueError, match="^progres: no such option of make_copr_fake; did you mean 'progress'"):
        make_copr_fake(progres="poll")
"""
    ).assert_outcomes(passed=2)


@pytest.mark.slow
def test_unused_plugin_imports_only_itself(run: Run) -> None:
    """Every run of pytest in the environment imports it."""
    result = run.in_subprocess(
        """
import sys

def test_loaded():
    assert "copr_chroot_fake.pytest_plugin" in sys.modules
    ours = {name for name in sys.modules if name.startswith("copr_chroot_fake")}
    ours -= {"copr_chroot_fake", "copr_chroot_fake.pytest_plugin", "copr_chroot_fake.option_texts"}
    assert not ours
""",
        "-p",
        "no:respx",
        "-p",
        "no:faker",
    )
    result.assert_outcomes(passed=1)


def test_marker_has_submission_rules_and_the_next_build_id(run: Run) -> None:
    result = run(
        """
@pytest.mark.copr_fake(next_build_id=70, submissions=[
    {"package": "hello", "lifecycle": "fails"}, {"when": lambda build: True, "lifecycle": "skipped"},
])
def test_it(copr_fake):
    first, second = copr_fake.submission_rules
    assert (str(first), second.hits) == ("package 'hello', lifecycle 'fails'", 0)
    assert copr_fake.next_build_id == 70
"""
    )
    result.assert_outcomes(passed=1)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("rules", "message"),
    sample(
        [
            ('[{"lifecycle": "fail"}]', "submissions[[]0].lifecycle: 'fail' is not valid; did you mean 'fails'*"),
            ('[{"version": "1", "when": 5}]', "when: expected a function that gets a build, got 5"),
            ("7", "submissions: expected a list, got 7"),
            ("[7]", "submissions[[]0]: expected an object, got 7"),
        ]
    ),
)
def test_invalid_submission_rule_is_reported_at_collection(run: Run, rules: str, message: str) -> None:
    result = run(f"@pytest.mark.copr_fake(submissions={rules})\ndef test_it(copr_fake): pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*test_it: {message}"])
