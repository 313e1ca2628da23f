"""Requests are read as Copr reads them: corners that few recordings show.

The expectations on routing and escapes are what Werkzeug 3.1 and Flask-RESTX
1.3, which Copr is built on, do with the routes of Copr.
"""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import FakeCopr, InputError
from copr_chroot_fake.wire.routes import CHANGING, ROUTES, Route

from .adapters import asking

GET = "/api_3/build-chroot?build_id=1&chrootname=fedora-41-x86_64"
NO_SUCH_ENDPOINT = b'{"error":"Such API endpoint doesn\'t exist"}\n'


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build(1, ["fedora-41-x86_64"], state="succeeded")
    return fake


def test_a_head_answer_has_the_length_of_the_body_that_it_lacks(fake: FakeCopr) -> None:
    """HEAD answers with GET's status and headers, and no body."""
    ask = asking(fake)
    got, head = ask("GET", GET), ask("HEAD", GET)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_path_leads_to_an_endpoint_that_answers(route: Route) -> None:
    """And is noted as that endpoint, whatever its answer is."""
    fake = FakeCopr(serve_results=True)
    method = route.methods[-1] if route.methods == CHANGING else "GET"
    asking(fake)(method, route.path.format(build_id=1, chrootname="fedora-41-x86_64"))
    assert fake.requests[-1].endpoint == route.endpoint.value


def test_options_names_the_methods(fake: FakeCopr) -> None:
    """OPTIONS is answered with an empty page and what is allowed."""
    response = asking(fake)("OPTIONS", "/api_3/build-chroot/list")
    assert (response.status, response.body, response.allow) == (200, b"", {"GET", "HEAD", "OPTIONS"})


def test_the_headers_of_options_are_spelled_as_copr_spells_them(fake: FakeCopr) -> None:
    """In the form in which Werkzeug writes headers, and with the length of the empty page."""
    assert fake.answer("OPTIONS", "/api_3/build-chroot/list").headers == (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "0"),
        ("Allow", "GET, HEAD, OPTIONS"),
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_not_allowed_on_an_endpoint(fake: FakeCopr, method: str) -> None:
    """With its closing slash an endpoint refuses the method; without it, there is no endpoint for the method."""
    ask = asking(fake)
    assert ask(method, "/api_3/build-chroot/").status == 405
    assert ask(method, "/api_3/build-chroot/list").status == 405
    missing = ask(method, "/api_3/build-chroot")
    assert (missing.status, missing.body) == (404, NO_SUCH_ENDPOINT)


def test_the_home_page_refuses_in_the_compact_spelling(fake: FakeCopr) -> None:
    """The home page is outside the REST layer, and so is its refusal of a method."""
    response = asking(fake)("POST", "/api_3/")
    assert response.status == 405
    assert response.body == b'{"error":"The method is not allowed for the requested URL."}\n'


def test_options_without_the_closing_slash_allows_nothing(fake: FakeCopr) -> None:
    """There is no Allow where a path is only found for want of its closing slash."""
    response = asking(fake)("OPTIONS", "/api_3/build-chroot")
    assert (response.status, response.allow) == (200, None)


def test_bytes_of_a_path_that_are_no_text_are_shown_as_unknown(fake: FakeCopr) -> None:
    """Other than in the query, where they stay escaped."""
    answer = asking(fake)("GET", "/api_3/build-chroot/1/fedora-%ff-x86_64")
    assert json.loads(answer.body) == {"error": "Chroot fedora-\ufffd-x86_64 does not exist"}


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/api_2/", "/api_3x", "/api_3/build-chroot/1", "/api_3/build-chroot/list//"]
)
def test_whatever_copr_does_not_serve_here_is_not_found(fake: FakeCopr, path: str) -> None:
    """A path without an endpoint is a 404, never an error of the kit's."""
    response = asking(fake)("GET", path)
    assert (response.status, response.body) == (404, NO_SUCH_ENDPOINT)


@pytest.mark.parametrize(
    "target",
    [
        "/api_3/build%2Dchroot?build_id=1&chrootname=fedora-41-x86_64",
        "/api_3/build-chroot//?build_id=1&chrootname=fedora-41-x86_64",
        "/api_3/build-chroot?&&build_id=1&&chrootname=fedora%2D41%2Dx86_64&",
        "/api_3/build-chroot?build_id=%09%2B0001%0B&chrootname=fedora-41-x86_64",
        "/api_3/build-chroot?build_id=1&build_id=2&chrootname=fedora-41-x86_64&chrootname=x",
        "/api_3/build-chroot?build_id=" + "0" * 5000 + "1&chrootname=fedora-41-x86_64",
        "/api_3/build-chroot/0001/fedora-41-x86_64/",
        "/api_3/build-chroot/%D9%A1/fedora-41-x86_64",
        "/api_3/build-chroot/2/x?build_id=1&chrootname=fedora-41-x86_64",
    ],
)
def test_spellings_of_one_request(fake: FakeCopr, target: str) -> None:
    """Escapes, slashes, signs, zeros, white space and repetitions do not change what is asked for."""
    ask = asking(fake)
    assert ask("GET", target).body == ask("GET", GET).body


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("%C3%A9", "é"),
        ("%ff", "%FF"),
        ("a%ffb%C3%A9", "a%FFbé"),
        ("a%e2%82b%ffc", "a%E2%82b%FFc"),
        ("%zz", "%zz"),
        ("a+b%2B", "a b+"),
        ("%F0%9F%98%80", "\N{GRINNING FACE}"),
        ("1_0", "1_0"),
        ("0x1", "0x1"),
        ("2147483648", "2147483648"),
        ("9" * 5000, "9" * 5000),
        ("", ""),
    ],
)
def test_a_build_id_that_is_none_is_shown_as_it_was_sent(fake: FakeCopr, sent: str, shown: str) -> None:
    """The 404 quotes the build id, decoded; bytes that are not UTF-8 stay escaped."""
    response = asking(fake)("GET", f"/api_3/build-chroot?build_id={sent}&chrootname=fedora-41-x86_64")
    assert (response.status, json.loads(response.body)) == (404, {"error": f"Build {shown} does not exist."})


@pytest.mark.parametrize(
    ("build_id", "status"), [(-(2**31) - 1, 500), (-(2**31), 200), (-63, 200), (2**31 - 1, 200), (2**31, 500)]
)
def test_a_list_is_of_any_build_id_that_the_database_takes(fake: FakeCopr, build_id: int, status: int) -> None:
    """Any whole number of 32 bits, be there such a build or not."""
    assert asking(fake)("GET", f"/api_3/build-chroot/list?build_id={build_id}").status == status


@pytest.mark.parametrize(
    "arguments",
    ["build_id=%00&chrootname=fedora-41-x86_64", "build_id=1%00&chrootname=x", "build_id=1&chrootname=a-%00-c"],
)
def test_a_nul_is_more_than_the_database_takes(fake: FakeCopr, arguments: str) -> None:
    """The service's database driver refuses it, which the service does not expect."""
    response = asking(fake)("GET", f"/api_3/build-chroot?{arguments}")
    assert (response.status, b"probably a bug in the Copr code" in response.body) == (500, True)


def test_a_path_segment_with_an_escaped_slash_is_two(fake: FakeCopr) -> None:
    """The service sees the path only with its escapes resolved."""
    assert asking(fake)("GET", "/api_3/build-chroot/1%2Ffedora-41-x86_64").status == 200
    assert asking(fake)("GET", "/api_3/build-chroot/1/fedora%2F41").status == 404


def test_numbers_too_long_for_python_are_rejected(fake: FakeCopr) -> None:
    """A number of thousands of digits is answered like any other that is not possible."""
    digits = "9" * 5000
    ask = asking(fake)
    assert ask("GET", f"/api_3/build-chroot/{digits}/fedora-41-x86_64").status == 404
    limit = ask("GET", f"/api_3/build-chroot/list?build_id=1&limit={digits}")
    assert json.loads(limit.body) == {"error": "{'limit': ['Not a valid integer value.']}"}
    assert ask("GET", f"/api_3/build-chroot/list?build_id={digits}").status == 500


@pytest.mark.parametrize("target", ["/api_3/\ud800", "/api_3/build-chroot?\udfff=1"])
def test_a_target_that_no_client_can_send_is_no_request(fake: FakeCopr, target: str) -> None:
    """Half a surrogate pair has no bytes, so there is nothing that Copr would answer to it."""
    with pytest.raises(InputError, match=r"target: .* cannot be sent: surrogates not allowed"):
        fake.answer("GET", target)
    assert not fake.requests


@pytest.mark.parametrize("text", ["@a%00b", "@copr%00", "a%00"])
def test_no_owner_with_a_nul_is_looked_for(text: str) -> None:
    """Be it a user's or a group's name."""
    got = FakeCopr().answer("GET", f"/api_3/project?ownername={text}&projectname=x")
    assert (got.status, b"there is probably a bug in the Copr code" in got.body) == (500, True)


@pytest.mark.parametrize("arguments", ["ownername=&projectname=playground", "ownername=jdoe&projectname="])
def test_project_with_a_blank_half_is_read_from_the_body(fake: FakeCopr, arguments: str) -> None:
    """The service takes a blank argument for none, and reads a JSON body that nobody has sent."""
    assert fake.answer("GET", f"/api_3/project?{arguments}").status == 415
