"""The report of a failed test has its requests, faults and unused rules; unmatched requests fail strict tests."""

from __future__ import annotations

import re

import pytest

from .runs import Run

UNMATCHED = re.compile("-- Unmatched Copr requests --")


@pytest.mark.parametrize("arguments", [(), pytest.param(("-n", "1"), marks=pytest.mark.slow)], ids=["serial", "xdist"])
def test_failed_test_reports_unmatched_requests(run: Run, arguments: tuple[str, ...]) -> None:
    """In a section of its own, with near misses; a passing test reports nothing."""
    body = """
def test_it(copr_fake, copr_client):
    copr_fake.add_build([F41], id=70, state="running")
    with pytest.raises(Exception):
        copr_client.get(7, F41)
    assert {}
"""
    failed = run(body.format(False), *arguments)
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        ["*Unmatched Copr requests*", "GET /api_3/build-chroot?build_id=7*: build 70 exists, 7 does not"]
    )
    passed = run(body.format(True))
    passed.assert_outcomes(passed=1)
    passed.stdout.no_fnmatch_line("*Unmatched Copr*")


REQUESTS = """
def test_it(copr_fake, copr_httpx):
    copr_fake.add_build({F41: "running"}, id=70)
    copr_fake.faults.add({"status": 503, "first": 1})
    copr_fake.faults.add({"breaks": "reset", "nth": 2})
    get = lambda path: httpx.get("https://copr.fedorainfracloud.org/api_3/" + path)
    assert get("build/70").status_code == 503
    with pytest.raises(httpx.ReadError):
        get("build/70")
    for _ in range(2):
        get("build-chroot/list")
    get("build/7")
    for number in range(EARLIER):
        get(f"build/70?{number}"[:LENGTH])
    assert get("build/70").json()["state"] == EXPECTED
"""


def test_failed_test_reports_requests_and_faults(run: Run) -> None:
    """Each with its error and the fault that hit it; equal ones share a line."""
    failed = run(REQUESTS.replace("EARLIER", "1").replace("LENGTH", "8").replace("EXPECTED", "'failed'"))
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        [
            "*- Latest Copr requests -*",
            "GET /api_3/build/70 -> 503 by fault 1 at 1700000000",
            "GET /api_3/build/70 -> no response by fault 2 at 1700000000",
            "GET /api_3/build-chroot/list, 2 times -> 400 (Missing argument build_id) at 1700000000",
            "GET /api_3/build/7 -> 404 (Build 7 does not exist.) at 1700000000",
            "GET /api_3/build/70, 2 times -> 200 (running) at 1700000000",
            "*- Unmatched Copr requests -*",
            "*- Faults that hit Copr requests -*",
            "fault 1: first=1, status=503; hit 1 of 7 matching requests",
            "fault 2: nth=2, breaks='reset'; hit 1 of 7 matching requests",
        ],
        consecutive=False,
    )
    failed.stdout.no_fnmatch_line("*Earlier*")


def test_report_folds_polls(run: Run) -> None:
    """Also alternating ones, at different times, so that the requests that write stay visible."""
    failed = run(
        """
def test_it(copr_fake):
    copr_fake.add_build({F41: "running"}, id=70)
    for _ in range(2):
        copr_fake.answer("POST", "/api_3/build/create/url")
        for _ in range(30):
            copr_fake.answer("GET", "/api_3/build/70")
            copr_fake.answer("GET", "/api_3/build-chroot/list?build_id=70")
            copr_fake.clock.tick(10)
    assert False
"""
    )
    failed.stdout.fnmatch_lines(
        [
            "POST /api_3/build/create/url -> 401 (* at 1700000000",
            "GET /api_3/build/70, 30 times -> 200 (running) at 1700000000 to 1700000290",
            "GET /api_3/build-chroot/list[?]build_id=70, 30 times -> 200 (fedora-41-x86_64 running) at 1700000000 to *",
            "POST /api_3/build/create/url -> 401 (* at 1700000300",
        ],
        consecutive=True,
    )


def test_report_shows_the_states_of_a_polled_build(run: Run) -> None:
    """Responses with different states have lines of their own, also if the difference is in a part that is cut off."""
    failed = run(
        """
def test_it(copr_fake):
    build = copr_fake.add_build([f"fedora-{number}-x86_64" for number in range(40, 44)], id=7, lifecycle="fails")
    for _ in range(4):
        copr_fake.answer("GET", "/api_3/build/7")
    for build_id in (8, 9):
        copr_fake.add_build([F41], id=build_id)
    copr_fake.answer("GET", "/api_3/build/list?ownername=jdoe&projectname=playground")
    for _ in range(2):
        copr_fake.answer("GET", "/api_3/build-chroot/list?build_id=7")
        build["fedora-43-x86_64"].set_state("succeeded")
    assert False
"""
    )
    failed.stdout.fnmatch_lines(
        [
            "GET /api_3/build/7 -> 200 (importing) at 1700000000",
            "GET /api_3/build/7 -> 200 (pending) at 1700000000",
            "GET /api_3/build/7 -> 200 (starting) at 1700000000",
            "GET /api_3/build/7 -> 200 (running) at 1700000000",
            "GET /api_3/build/list* -> 200 (9 importing, 8 importing, 7 failed) at 1700000000",
            "GET /api_3/build-chroot/list* and 1 more) at 1700000000",
            "GET /api_3/build-chroot/list* and 1 more) at 1700000000",
        ],
        consecutive=True,
    )


def test_report_names_chroots_that_copr_lacks(run: Run) -> None:
    """As of the request. They are no unmatched requests, so a strict fake accepts them."""
    body = """
import json
import pytest

@pytest.mark.copr_fake(strict=True)
def test_it(copr_fake):
    login = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}
    chroots = ["fedora-43-x86_64", F41, "epel-10-s390x"]
    for name, chroots in [("a", [F41]), ("b", chroots), ("b", chroots), ("c", ["fedora-42-x86_64"])]:
        body = json.dumps({"name": name, "chroots": chroots}).encode()
        copr_fake.answer("POST", "/api_3/project/add/jdoe", login, body)
    copr_fake.add_mock_chroots(F41, "fedora-42-x86_64")
    assert EXPECTED
"""
    failed = run(body.replace("EXPECTED", "False"))
    failed.stdout.fnmatch_lines(
        [
            "*- Unmatched Copr requests -*",
            "POST /api_3/project/add/jdoe -> 400: Copr had no chroot fedora-41-x86_64; it was added after the request",
            "POST /api_3/project/add/jdoe -> 400: Copr had no chroot epel-10-s390x, fedora-41-x86_64, *; add_mock_*",
            "POST /api_3/project/add/jdoe -> 400: Copr had no chroot fedora-42-x86_64; it was added after the request",
            "*= short test summary info =*",
        ],
        consecutive=True,
    )
    run(body.replace("EXPECTED", "True")).assert_outcomes(passed=1)


@pytest.mark.slow
def test_report_keeps_earlier_errors(run: Run) -> None:
    """Once each, and without those of unmatched requests, which have a section of their own."""
    failed = run(REQUESTS.replace("EARLIER", "60").replace("LENGTH", "99").replace("EXPECTED", "'failed'"))
    failed.stdout.fnmatch_lines(
        [
            "GET /api_3/build/70[?]59 -> 200 (running) at 1700000000",
            "GET /api_3/build/70 -> 200 (running) at 1700000000",
            "*- Earlier Copr requests with errors -*",
            "GET /api_3/build/70 -> 503 by fault 1",
            "GET /api_3/build/70 -> no response by fault 2",
            "GET /api_3/build-chroot/list, 2 times -> 400 (Missing argument build_id)",
            "*- Unmatched Copr requests -*",
            "GET /api_3/build/7 -> 404: build 70 exists, 7 does not",
        ],
        consecutive=True,
    )


def test_passed_test_reports_no_requests(run: Run) -> None:
    passed = run(REQUESTS.replace("EARLIER", "1").replace("LENGTH", "8").replace("EXPECTED", "'running'"), "-rA")
    passed.assert_outcomes(passed=1)
    passed.stdout.no_fnmatch_line("*api_3*")


def test_report_repeats_no_requests_of_an_assertion(run: Run) -> None:
    failed = run(
        """
def test_it(copr_fake):
    copr_fake.answer("GET", "/api_3/build/list")
    copr_fake.assert_requested("monitor")
"""
    )
    failed.stdout.fnmatch_lines(["*'monitor': expected at least 1 request, got none. Requests:"])
    failed.stdout.no_fnmatch_line("*Latest Copr requests*")


def test_report_lists_20_unmatched_targets(run: Run) -> None:
    """With the number of further ones; long targets are shortened."""
    failed = run(
        """
def test_it(copr_fake):
    copr_fake.answer("GET", f"/api_3/{'x' * 5000}")
    for number in range(1, 25):
        copr_fake.answer("GET", f"/api_3/build/{number}")
    assert False
"""
    )
    unmatched = failed.outlines[failed.outlines.index(next(filter(UNMATCHED.search, failed.outlines))) + 1 :]
    assert unmatched[1] == "GET /api_3/build/1 -> 404: there are no builds"
    assert unmatched[20] == "… and 5 more targets"
    assert max(map(len, unmatched)) < 600


ERROR = """
def test_it(copr_fake):
    copr_fake.add_build([F41], lifecycle="fail")
"""


@pytest.mark.slow
def test_traceback_of_an_error_ends_at_the_line_of_the_user(run: Run) -> None:
    """An option of pytest shows all of it."""
    failed = run(ERROR)
    failed.stdout.fnmatch_lines(
        [">*lifecycle=*", "E *InputErrors: lifecycle: 'fail' is not valid; *", "*.py:7: InputErrors"]
    )
    failed.stdout.no_fnmatch_line("*copr_chroot_fake/*")
    run(ERROR, "--full-trace").stdout.fnmatch_lines("*copr_chroot_fake/fake.py:*")


def test_traceback_of_a_defect_is_complete(run: Run) -> None:
    """What the kit does not raise on purpose shows its own lines."""
    failed = run(
        """
def test_it(copr_fake, monkeypatch):
    monkeypatch.setattr(copr_fake.service, "api", None)
    copr_fake.answer("GET", "/api_3/")
"""
    )
    failed.stdout.fnmatch_lines(["*copr_chroot_fake/fake.py:*AttributeError"])


def test_strict_fails_only_tests_that_pass(run: Run) -> None:
    """A test that fails by itself gets no second error."""
    result = run(
        """
pytestmark = pytest.mark.copr_fake(strict=True)

def request(fake):
    fake.answer("GET", "/api_3/build-chroot/list?build_id=9")

def test_unmatched(copr_fake): request(copr_fake)
def test_fails_by_itself(copr_fake): request(copr_fake); assert False, "by itself"
def test_matched(copr_fake): copr_fake.answer("GET", "/api_3/")
@pytest.mark.copr_fake(strict=False)
def test_not_strict(copr_fake): request(copr_fake)
"""
    )
    result.assert_outcomes(failed=2, passed=2)
    result.stdout.fnmatch_lines(["* test_unmatched *", "Unmatched Copr requests:", "* test_fails_by_itself *"])
    result.stdout.no_fnmatch_line("*ERROR*")


@pytest.mark.slow
def test_further_fakes_are_reported_and_strict(run: Run) -> None:
    """Those of make_copr_fake, each with its own options."""
    result = run(
        """
def test_strict(make_copr_fake):
    make_copr_fake(strict=True).answer("GET", "/api_3/build/1")
    make_copr_fake().answer("GET", "/api_3/build/2")

def test_not_strict(make_copr_fake):
    make_copr_fake().answer("GET", "/api_3/build/2")

def test_failed(copr_fake, make_copr_fake):
    copr_fake.answer("GET", "/api_3/build/3")
    make_copr_fake().answer("GET", "/api_3/build/4")
    assert False
"""
    )
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["*GET /api_3/build/1 *", "*GET /api_3/build/3 *", "*GET /api_3/build/4 *"])


RULES = """
def test_it(copr_fake):
    copr_fake.add_project("jdoe/p", chroots=[F41])
    copr_fake.on_submit(package="nano", chroot="epel-*", lifecycle="fails")
    copr_fake.on_submit(package="hello", nth=2, lifecycle="fails")
    copr_fake.on_submit(lifecycle="skipped")
    fields = b'{"ownername": "jdoe", "projectname": "p", "pkgs": "https://x.org/hello.spec"}'
    headers = {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
    assert copr_fake.answer("POST", "/api_3/build/create/url", headers, fields).status == 200
    assert REACHED
"""


def test_failed_test_reports_rules_that_never_matched(run: Run) -> None:
    """A passing test reports nothing."""
    failed = run(RULES.replace("REACHED", "False"))
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(
        [
            "*Submission rules that never matched*",
            "package 'nano', chroot 'epel-[*]', lifecycle 'fails'; closest: build 1 has package 'hello'",
            "package 'hello', nth 2, lifecycle 'fails' (builds that match apart from nth: 1)",
        ]
    )
    failed.stdout.no_fnmatch_line("lifecycle 'skipped'*")
    passed = run(RULES.replace("REACHED", "True"))
    passed.assert_outcomes(passed=1)
    passed.stdout.no_fnmatch_line("*never matched*")


def test_report_lists_20_unused_rules(run: Run) -> None:
    failed = run(
        """
@pytest.mark.copr_fake(submissions=[{"version": f"{number}-1"} for number in range(23)])
def test_it(copr_fake): assert False
"""
    )
    failed.stdout.fnmatch_lines(["version '19-1'", "… and 3 more rules"])
