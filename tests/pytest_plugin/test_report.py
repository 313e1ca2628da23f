"""What a test asked for that is not there is shown, and fails a strict one."""

from __future__ import annotations

from .runs import Run


def test_a_failed_test_shows_what_it_asked_for_that_is_not_there(run: Run) -> None:
    """In a section of its own, with the nearest that is; a test that passes shows nothing."""
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
                "GET /api_3/build-chroot?build_id=7*: build 70 is there, 7 is not",
            ]
        )
    passed = run(body.format(True))
    passed.assert_outcomes(passed=1)
    passed.stdout.no_fnmatch_line("*Unmatched Copr*")


def test_strict_fails_only_tests_whose_body_passed(run: Run) -> None:
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
    result.stdout.fnmatch_lines(["* test_asks *", "Unmatched Copr requests:", "* test_fails_by_itself *"])
    result.stdout.no_fnmatch_line("*ERROR*")
