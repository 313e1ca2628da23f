"""The pytest plugin, in runs of pytest of its own."""

from __future__ import annotations

import pytest

HEAD = """
import asyncio, httpx, pytest
F41 = "fedora-41-x86_64"
URL = "https://copr.fedorainfracloud.org/api_3/build-chroot"
ARGS = {"build_id": 1, "chrootname": F41}
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return Run(pytester)


class Run:
    """Run a test file, in a process of its own so that nothing of this run is in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, body: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        if ini or not (self.pytester.path / "pytest.ini").exists():
            head = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
            (self.pytester.path / "pytest.ini").write_text(head + ini)
        self.pytester.makepyfile(HEAD + body)
        return self.pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_a_fake_and_a_client_are_there_without_a_conftest(run: Run) -> None:
    """Code that waits for a build is tested in a few lines, and instantly."""
    run(
        """
def test_waits(copr_fake, copr_client):
    copr_fake.add_build(1, [F41])
    assert copr_client.wait(1, F41).state == "succeeded"
    copr_fake.assert_requested("get", build_id=1, times=5)
    copr_fake.assert_polled_no_faster_than(30)

def test_a_fresh_one_for_every_test(copr_fake):
    assert not copr_fake.builds and not copr_fake.requests
"""
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("arguments", [(), ("-n", "4")], ids=["serial", "xdist"])
def test_every_door_reaches_the_same_fake(run: Run, arguments: tuple[str, ...]) -> None:
    """Through httpx, requests, httpx2, a real server and the official client, also in parallel workers."""
    run(
        """
@pytest.fixture(autouse=True)
def build(copr_fake):
    copr_fake.add_build(1, [F41], state="running")
    yield
    copr_fake.assert_requested("get", build_id=1, times=1)

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


def test_options_in_pyproject_toml(run: Run) -> None:
    """Flags and numbers as TOML writes them, and a scenario that ships by its name, unless there is a file of it."""
    run.pytester.makepyprojecttoml(
        """
[tool.pytest.ini_options]
asyncio_default_fixture_loop_scope = "function"
copr_fake_scenario = "pages"
copr_fake_seed = 7
copr_fake_strict = true
copr_fake_serve_results = false
"""
    )
    body = """
def test_options(copr_fake):
    assert list(copr_fake.builds) == [%s]
    assert not copr_fake.serves_results
    copr_fake.answer("GET", "/nope")
"""
    run.pytester.makepyfile(body % 100)
    result = run.pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*GET /nope -> 404*")
    (run.pytester.path / "pages").write_text('{"builds": [{"id": 5}]}')
    run.pytester.makepyfile(body % 5)
    run.pytester.runpytest_subprocess("-p", "no:cacheprovider").stdout.fnmatch_lines("*GET /nope -> 404*")


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
        ("base_url=''", "base_url: expected a text"),
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
        ("copr_fake_progress = pol", "the configuration: progress: 'pol' is not possible"),
        ("copr_fake_default_limit = many", "copr_fake_default_limit: expected a whole number, got 'many'"),
        ("copr_fake_strict = maybe", "copr_fake_strict: 'maybe' is not possible; valid: true, false"),
    ],
)
def test_a_wrong_option_in_the_configuration_is_an_error_too(run: Run, ini: str, message: str) -> None:
    """Even if no test uses the fake."""
    result = run("def test_it(): pass\n", ini=ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in str(result.stderr)


def test_a_failed_test_shows_what_it_asked_for_that_is_not_there(run: Run) -> None:
    """In a section of its own, with the nearest that is; a test that passes shows nothing."""
    body = """
def test_it(copr_fake, copr_client):
    copr_fake.add_build(70, [F41], state="running")
    with pytest.raises(Exception):
        copr_client.get(7, F41)
    assert {}
"""
    for arguments in ((), ("-n", "1")):
        failed = run(body.format(False), *arguments)
        failed.assert_outcomes(failed=1)
        failed.stdout.fnmatch_lines(
            [
                "*Copr was asked for what is not there*",
                "GET /api_3/build-chroot?build_id=7*: build 70 is there, 7 is not",
            ]
        )
    passed = run(body.format(True))
    passed.assert_outcomes(passed=1)
    passed.stdout.no_fnmatch_line("*Copr was asked for*")


def test_strict_fails_a_test_that_asked_for_what_is_not_there_only_where_its_body_passed(run: Run) -> None:
    """Once, as a failure of the test; a test that has failed by itself has no second error."""
    result = run(
        """
pytestmark = pytest.mark.copr_fake(strict=True)

def ask(fake):
    fake.answer("GET", "/api_3/build-chroot/list?build_id=9")

def test_asks(copr_fake): ask(copr_fake)
def test_fails_by_itself(copr_fake): ask(copr_fake); assert False, "by itself"
def test_is_fine(copr_fake): copr_fake.answer("GET", "/api_3/")
@pytest.mark.copr_fake(strict=False)
def test_is_not_strict(copr_fake): ask(copr_fake)
"""
    )
    result.assert_outcomes(failed=2, passed=2)
    result.stdout.fnmatch_lines(["* test_asks *", "Copr was asked for what is not there:", "* test_fails_by_itself *"])
    result.stdout.no_fnmatch_line("*ERROR*")


def test_async_tests_work_with_asyncio_and_both_backends_of_anyio(run: Run) -> None:
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


def test_a_missing_extra_is_named_with_its_remedy(run: Run) -> None:
    """Where responses is not installed, the fixture says what brings it."""
    result = run("import sys; sys.modules['responses'] = None\ndef test_it(copr_requests): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*copr_requests needs responses*pip install 'copr-chroot-fake?requests?'*"])


def test_faker_makes_up_what_copr_has(run: Run) -> None:
    """In a fixture of the kit's and in Faker's own, which are one, with its seed and its locales."""
    run(
        """
from faker import Faker

MADE = []

@pytest.mark.parametrize("time", [1, 2])
def test_makes_the_same_each_time(copr_faker, copr_fake, time):
    MADE.append(copr_faker.copr_scenario(3))
    copr_fake.add_scenario(MADE[-1])
    assert MADE[0] == MADE[-1] and len(copr_fake.builds) == 3

def test_both_are_one(copr_faker, faker):
    assert copr_faker is faker
    assert [type(provider).__name__ for provider in faker.get_providers()].count("CoprProvider") == 1

class TestAnotherSeed:
    @pytest.fixture(autouse=True)
    def faker_seed(self):
        return 7

    def test_makes_something_else(self, copr_faker):
        assert copr_faker.copr_scenario(3) != MADE[0]

class TestManyLocales:
    @pytest.fixture(autouse=True)
    def faker_locale(self):
        return ["en_US", "cs_CZ"]

    def test_has_it_in_each(self, copr_faker):
        assert {copr_faker["cs_CZ"].copr_group()[0], copr_faker.copr_group()[0]} == {"@"}

class TestAFixtureOfOnesOwn:
    @pytest.fixture
    def faker(self):
        return Faker("de_DE")

    def test_is_left_alone(self, faker):
        assert not hasattr(faker, "copr_owner")

    def test_is_joined_where_it_is_asked_for(self, faker, copr_faker):
        assert copr_faker is faker and faker.copr_owner()
"""
    ).assert_outcomes(passed=7)


def test_fakers_own_fixture_has_it_by_itself_and_loads_next_to_nothing(run: Run) -> None:
    """What makes it up is loaded when something is made up."""
    run(
        """
import sys

def test_faker(faker):
    assert "copr_chroot_fake.fake" not in sys.modules
    assert "-" in faker.copr_mock_chroot()
""",
        "-p",
        "no:respx",
    ).assert_outcomes(passed=1)


def test_without_fakers_plugin_copr_faker_names_the_remedy(run: Run) -> None:
    """And nothing else changes."""
    result = run("def test_it(copr_faker): pass\ndef test_other(copr_fake): pass\n", "-p", "no:faker")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*copr_faker needs Faker with its pytest plugin*pip install 'copr-chroot-fake?faker?'*"]
    )


def test_a_run_that_uses_no_fixture_loads_nothing(run: Run) -> None:
    """Neither the fake nor any library of its doors."""
    result = run(
        """
import sys
del sys.modules["httpx"]
LOADED = {name.partition(".")[0] for name in sys.modules}

def test_loaded():
    assert "copr_chroot_fake.pytest_plugin" in sys.modules
    ours = {name for name in sys.modules if name.startswith("copr_chroot_fake")}
    assert ours == {"copr_chroot_fake", "copr_chroot_fake.pytest_plugin"}
""".replace('del sys.modules["httpx"]\n', ""),
        "-p",
        "no:respx",
        "-p",
        "no:faker",
    )
    result.assert_outcomes(passed=1)
