"""Results of builds, through the fixtures."""

from __future__ import annotations

from .runs import Run

HEAD = """
import httpx2, requests
F43 = "fedora-43-x86_64"
PUBLIC = "https://download.copr.fedorainfracloud.org/results/jdoe/playground/fedora-43-x86_64/00000001-hello/"

@pytest.fixture(autouse=True)
def url(copr_fake):
    copr_fake.add_build([F43], id=1, state="succeeded")
    copr_fake.answer("GET", f"/api_3/build-chroot/1/{F43}")
    return lambda: copr_fake.builds[1][F43].result_url
"""


def test_copr_server_serves_results(run: Run) -> None:
    """Also of builds that were added, and polled, before the server started."""
    run(
        HEAD
        + """
def test_served(copr_server, url):
    assert url() == PUBLIC.replace("https://download.copr.fedorainfracloud.org", copr_server.url)
    address = {"build_id": 1, "chrootname": F43}
    assert httpx.get(f"{copr_server.url}/api_3/build-chroot", params=address).json()["result_url"] == url()
    assert httpx.get(url() + "success").text == "done"
    source = httpx.get(f"{copr_server.url}/api_3/build/1").json()["source_package"]["url"]
    assert source.startswith(copr_server.url) and httpx.get(source).status_code == 200
    assert "hello-1.0-1.fc43.x86_64.rpm" in httpx.get(url()).text
    copr_server.fake.assert_requested("results", build_id=1, chrootname=F43, times=2)
"""
    ).assert_outcomes(passed=1)


def test_every_fixture_serves_results(run: Run) -> None:
    """At the public address, for httpx, httpx2 and requests, and through a transport."""
    run(
        HEAD
        + """
def test_httpx(copr_httpx, url):
    assert httpx.get(url() + "builder-live.log", follow_redirects=True).text.endswith("RPMResults finished\\n")
    assert httpx.get(f"https://copr.fedorainfracloud.org/api_3/build-chroot/1/{F43}").json()["result_url"] == url()

def test_requests(copr_requests, url):
    assert requests.get(url() + "builder-live.log").text.endswith("RPMResults finished\\n")
    assert requests.get(f"https://copr.fedorainfracloud.org/api_3/build-chroot/1/{F43}").json()["result_url"] == url()

def test_httpx2(copr_httpx2, url):
    assert httpx2.get(url() + "success").text == "done"

def test_transport(copr_fake, url):
    with httpx.Client(transport=copr_fake.transport) as client:
        assert client.get(url() + "success").text == "done"

@pytest.mark.copr_fake(url="https://download.copr.fedorainfracloud.org")
def test_at_one_address(copr_httpx, copr_requests, url):
    assert httpx.get(url() + "success").text == requests.get(url() + "success").text == "done"
"""
    ).assert_outcomes(passed=5)


def test_results_can_be_late(run: Run) -> None:
    """By the marker, or for all tests by the configuration; the marker takes precedence."""
    body = """
def late(copr_fake):
    status = copr_fake.answer("GET", f"/results/jdoe/playground/{F43}/00000001-hello/success").status
    copr_fake.clock.move_to(copr_fake.builds[1][F43].ended_on + 30)
    return (status, copr_fake.answer("GET", f"/results/jdoe/playground/{F43}/00000001-hello/success").status)

def test_configured(copr_fake):
    assert late(copr_fake) == (404, 200)

@pytest.mark.copr_fake(results_delay=60.5)
def test_marked(copr_fake):
    assert late(copr_fake) == (404, 404)

@pytest.mark.copr_fake(results_delay=0)
def test_not_late(copr_fake):
    assert late(copr_fake) == (200, 200)
"""
    run(HEAD + body, ini="copr_fake_results_delay = 29.5\n").assert_outcomes(passed=3)


def test_requests_for_delayed_results_are_matched(run: Run) -> None:
    """A strict test may request the log of a build that has not started, but not a directory of no project."""
    result = run(
        HEAD
        + """
@pytest.mark.copr_fake(strict=True)
def test_early(copr_fake):
    copr_fake.add_build([F43], id=2)
    assert copr_fake.answer("GET", f"/results/jdoe/playground/{F43}/00000002-hello/builder-live.log").status == 404

@pytest.mark.copr_fake(strict=True)
def test_misspelled(copr_fake):
    copr_fake.answer("GET", "/results/jdo/playground/")
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*/results/jdo/playground/ -> 404: /results/jdoe/playground/*-hello/ exists, *"])
