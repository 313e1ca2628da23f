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
