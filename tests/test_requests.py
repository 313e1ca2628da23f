"""Parsing of requests in cases that few recordings have.

The expected routing and decoding is that of Werkzeug 3.1 and Flask-RESTX 1.3 with Copr's routes.
"""

from __future__ import annotations

import json
import re

import pytest

from copr_chroot_fake import FakeCopr, InputError
from copr_chroot_fake.api.endpoint import Endpoint
from copr_chroot_fake.api.routing import ENDPOINTS

from .adapters import ADAPTERS, direct_client

GET = "/api_3/build-chroot?build_id=1&chrootname=fedora-41-x86_64"
NO_SUCH_ENDPOINT = b'{"error":"Such API endpoint doesn\'t exist"}\n'


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build(["fedora-41-x86_64"], id=1, state="succeeded")
    return fake


def test_head_has_headers_of_get_without_body(fake: FakeCopr) -> None:
    send = direct_client(fake)
    got, head = send("GET", GET), send("HEAD", GET)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_every_path_is_logged_with_its_endpoint(endpoint: Endpoint) -> None:
    """The journal has the endpoint's name, whatever the response is."""
    fake = FakeCopr()
    for route in endpoint.routes:
        path = re.sub("{(\\w+)}", lambda name: "1" if name[1].endswith("id") else "fedora-41-x86_64", route.path)
        direct_client(fake)(endpoint.methods[0], path)
        assert fake.requests[-1].endpoint == endpoint.name


def test_answer_parses_its_json(fake: FakeCopr) -> None:
    assert fake.answer("GET", GET).json()["name"] == "fedora-41-x86_64"
    with pytest.raises(ValueError, match="Expecting value"):
        fake.answer("HEAD", GET).json()


def test_options_lists_allowed_methods(fake: FakeCopr) -> None:
    response = direct_client(fake)("OPTIONS", "/api_3/build-chroot/list")
    assert (response.status, response.body, response.allow) == (200, b"", {"GET", "HEAD", "OPTIONS"})


def test_options_headers_are_in_werkzeug_style(fake: FakeCopr) -> None:
    assert fake.answer("OPTIONS", "/api_3/build-chroot/list").headers == (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "0"),
        ("Allow", "GET, HEAD, OPTIONS"),
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"])
def test_other_methods_are_not_allowed(fake: FakeCopr, method: str) -> None:
    """A path that lacks its trailing slash is unknown for these methods."""
    send = direct_client(fake)
    assert send(method, "/api_3/build-chroot/").status == 405
    assert send(method, "/api_3/build-chroot/list").status == 405
    missing = send(method, "/api_3/build-chroot")
    assert (missing.status, missing.body) == (404, NO_SUCH_ENDPOINT)


def test_home_page_errors_are_compact(fake: FakeCopr) -> None:
    """The home page is outside Copr's REST layer."""
    response = direct_client(fake)("POST", "/api_3/")
    assert response.status == 405
    assert response.body == b'{"error":"The method is not allowed for the requested URL."}\n'


@pytest.mark.parametrize("method", ["FOO", "PROPFIND", "X-Y~z"])
def test_server_accepts_any_method(fake: FakeCopr, method: str) -> None:
    """The request is answered and recorded as in process, and the connection stays open."""
    with ADAPTERS["server"](fake) as send:
        assert send(method, "/api_3/build-chroot/list") == send("POST", "/api_3/build-chroot/list")
        assert send(method, "/api_3/build-chroot").status == 404
    assert [request.method for request in fake.requests] == [method, "POST", method]


def test_fragment_is_ignored(fake: FakeCopr) -> None:
    """No client sends one."""
    assert fake.answer("GET", f"{GET}#f") == fake.answer("GET", GET)


def test_options_without_trailing_slash_has_no_allow(fake: FakeCopr) -> None:
    response = direct_client(fake)("OPTIONS", "/api_3/build-chroot")
    assert (response.status, response.allow) == (200, None)


def test_invalid_utf8_in_path_becomes_replacement_character(fake: FakeCopr) -> None:
    """In a query it stays escaped."""
    answer = direct_client(fake)("GET", "/api_3/build-chroot/1/fedora-%ff-x86_64")
    assert json.loads(answer.body) == {"error": "Chroot fedora-\ufffd-x86_64 does not exist"}


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/api_2/",
        "/api_3x",
        "/api_3/swagger.json",
        "/api_3/build-chroot/1",
        "/api_3/build-chroot/list//",
    ],
)
def test_unknown_paths_are_not_found(fake: FakeCopr, path: str) -> None:
    response = direct_client(fake)("GET", path)
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
def test_equivalent_targets_get_the_same_response(fake: FakeCopr, target: str) -> None:
    """Escapes, slashes, signs, zeros, white space and repetitions make no difference."""
    send = direct_client(fake)
    assert send("GET", target).body == send("GET", GET).body


@pytest.mark.parametrize(
    ("sent", "quoted"),
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
def test_invalid_build_id_is_quoted_in_the_error(fake: FakeCopr, sent: str, quoted: str) -> None:
    """The 404 quotes it decoded, except bytes that are no UTF-8."""
    response = direct_client(fake)("GET", f"/api_3/build-chroot?build_id={sent}&chrootname=fedora-41-x86_64")
    assert (response.status, json.loads(response.body)) == (404, {"error": f"Build {quoted} does not exist."})


@pytest.mark.parametrize(
    ("build_id", "status"), [(-(2**31) - 1, 500), (-(2**31), 200), (-63, 200), (2**31 - 1, 200), (2**31, 500)]
)
def test_list_accepts_any_32_bit_build_id(fake: FakeCopr, build_id: int, status: int) -> None:
    assert direct_client(fake)("GET", f"/api_3/build-chroot/list?build_id={build_id}").status == status


@pytest.mark.parametrize(
    "arguments",
    ["build_id=%00&chrootname=fedora-41-x86_64", "build_id=1%00&chrootname=x", "build_id=1&chrootname=a-%00-c"],
)
def test_nul_in_arguments_is_an_internal_error(fake: FakeCopr, arguments: str) -> None:
    """Copr's database driver rejects NUL, which Copr does not expect."""
    response = direct_client(fake)("GET", f"/api_3/build-chroot?{arguments}")
    assert (response.status, b"probably a bug in the Copr code" in response.body) == (500, True)


def test_escaped_slash_separates_path_segments(fake: FakeCopr) -> None:
    assert direct_client(fake)("GET", "/api_3/build-chroot/1%2Ffedora-41-x86_64").status == 200
    assert direct_client(fake)("GET", "/api_3/build-chroot/1/fedora%2F41").status == 404


def test_numbers_too_long_for_python_are_rejected(fake: FakeCopr) -> None:
    """They get the same errors as other invalid numbers."""
    digits = "9" * 5000
    send = direct_client(fake)
    assert send("GET", f"/api_3/build-chroot/{digits}/fedora-41-x86_64").status == 404
    limit = send("GET", f"/api_3/build-chroot/list?build_id=1&limit={digits}")
    assert json.loads(limit.body) == {"error": "{'limit': ['Not a valid integer value.']}"}
    assert send("GET", f"/api_3/build-chroot/list?build_id={digits}").status == 500


@pytest.mark.parametrize("target", ["/api_3/\ud800", "/api_3/build-chroot?\udfff=1"])
def test_unsendable_target_is_an_input_error(fake: FakeCopr, target: str) -> None:
    """Half a surrogate pair has no bytes, so the journal stays empty."""
    with pytest.raises(InputError, match=r"target: .* cannot be sent: surrogates not allowed"):
        fake.answer("GET", target)
    assert not fake.requests


@pytest.mark.parametrize("text", ["@a%00b", "@copr%00", "a%00"])
def test_nul_in_project_arguments_is_an_internal_error(text: str) -> None:
    got = FakeCopr().answer("GET", f"/api_3/project?ownername={text}&projectname=x")
    assert (got.status, b"there is probably a bug in the Copr code" in got.body) == (500, True)


@pytest.mark.parametrize("arguments", ["ownername=&projectname=playground", "ownername=jdoe&projectname="])
def test_blank_project_argument_is_unsupported_media_type(fake: FakeCopr, arguments: str) -> None:
    """Copr reads a blank argument from a JSON body, which the request lacks."""
    assert fake.answer("GET", f"/api_3/project?{arguments}").status == 415
