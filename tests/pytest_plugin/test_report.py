"""Unmatched requests are reported, and fail strict tests."""

from __future__ import annotations

from .runs import Run


def test_failed_test_reports_unmatched_requests(run: Run) -> None:
    """In a section of its own, with near misses; a passing test reports nothing."""
    body = """
def test_it(copr_fake, copr_client):
    copr_fake.add_build([F41], id=70, state="running")
    with pytest.raises(Exception):
        copr_client.get(7, F41)
    assert {}
"""
    for arguments in ((), ("-n", "1")):
        failed = run(body.format(False), *arguments)
        failed.assert_outcomes(failed=1)
        failed.stdout.fnmatch_lines(
            [
                "*Unmatched Copr requests*",
                "GET /api_3/build-chroot?build_id=7*: build 70 exists, 7 does not",
            ]
        )
    passed = run(body.format(True))
    passed.assert_outcomes(passed=1)
    passed.stdout.no_fnmatch_line("*Unmatched Copr*")


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
            "package 'nano', chroot 'epel-[*]', lifecycle 'fails'",
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
