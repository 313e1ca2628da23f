"""Each change of a service is found, and described once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from copr_chroot_fake.verify.comparison import Response
from copr_chroot_fake.verify.report import title

from ..chroots import F41, F42
from ..examples import sample
from .services import Change, in_objects, service, verified, with_json

Json = dict[str, Any]


def renamed(before: str, after: str) -> Change:
    return in_objects(lambda fields: {after if key == before else key: value for key, value in fields.items()})


def removed(name: str) -> Change:
    return in_objects(lambda fields: {key: value for key, value in fields.items() if key != name})


def added(beside: str, name: str, value: object) -> Change:
    return in_objects(lambda fields: {**fields, name: value} if beside in fields else fields)


def changed(name: str, change: Any) -> Change:
    return in_objects(lambda fields: {**fields, name: change(fields[name])} if name in fields else fields)


def at(path: str, change: Change) -> Change:
    """Return a change of responses at some paths only."""

    def changing(request: httpx.Request, response: Response) -> Response:
        return change(request, response) if re.fullmatch(f"/api_3/{path}/?", request.url.path) else response

    return changing


def page(status: int, text: str, **headers: str) -> Change:
    return lambda request, response: Response(
        status, {"content-type": "text/html", **headers}, f"<html>{text}</html>".encode()
    )


def error(status: int, message: str) -> Response:
    body = json.dumps({"error": message}).encode() + b"\n"
    return Response(status, {"content-type": "application/json"}, body)


def failing(status: int, message: str) -> Change:
    return lambda request, response: error(status, message)


def reworded(before: str, after: str) -> Change:
    return lambda request, response: response._replace(body=response.body.replace(before.encode(), after.encode()))


def with_status(before: int, after: int, text: str = "") -> Change:
    def change(request: httpx.Request, response: Response) -> Response:
        is_meant = response.status == before and text.encode() in response.body and response.body
        return response._replace(status=after) if is_meant else response

    return change


def with_header(name: str, value: str, only_with: str = "") -> Change:
    def change(request: httpx.Request, response: Response) -> Response:
        is_meant = not only_with or only_with in response.headers
        return response._replace(headers={**response.headers, name: value}) if is_meant else response

    return change


def with_items(change: Any) -> Change:
    def changing(request: httpx.Request, response: Response) -> Response:
        def of_items(document: Json) -> Json:
            if isinstance(document.get("items"), list):
                return {**document, "items": change(document["items"])}
            return document

        return with_json(response, of_items)

    return changing


def limited(request: httpx.Request, response: Response) -> Response:
    """Limit lists to one item by default."""
    if "limit" in request.url.params:
        return response

    def limit(document: Json) -> Json:
        if not {"items", "meta"} <= document.keys():
            return document
        return {**document, "items": document["items"][:1], "meta": {**document["meta"], "limit": 1}}

    return with_json(response, limit)


def missing_first(request: httpx.Request, response: Response) -> Response:
    """Check that there is a build id before the arguments of pages."""
    is_missing = response.status == 500 and b"integer" in response.body and "build_id" not in request.url.params
    return error(400, "Missing argument build_id") if is_missing else response


def chroot_first(request: httpx.Request, response: Response) -> Response:
    """Check the name of the chroot before the build."""
    is_both = b"Build nope" in response.body and request.url.params.get("chrootname", "").startswith("nope")
    return error(400, "Bad chroot") if is_both else response


def truncated(request: httpx.Request, response: Response) -> Response:
    return response._replace(body=response.body[:-3])


def dead(request: httpx.Request, response: Response) -> Response:
    raise httpx.ReadTimeout("too slow")


def reset(request: httpx.Request, response: Response) -> Response:
    raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def compact(request: httpx.Request, response: Response) -> Response:
    try:
        document = json.loads(response.body)
    except ValueError:
        return response
    return response._replace(body=json.dumps(document, separators=(",", ":")).encode() + b"\n")


def without_head(request: httpx.Request, response: Response) -> Response:
    """Omit HEAD from the allowed methods."""
    allow = sorted((response.allow or set()) - {"HEAD"})
    return response._replace(headers={**response.headers, "allow": ", ".join(allow)}) if allow else response


def limit_of_zero(request: httpx.Request, response: Response) -> Response:
    """Return no items for a limit of 0."""
    return with_items(lambda items: [])(request, response) if request.url.params.get("limit") == "0" else response


CHANGES: Mapping[str, tuple[Change, str]] = {
    # Fields.
    "build-field-renamed": (renamed("submitter", "submitted_by"), "added submitted_by, missing submitter"),
    "project-field-renamed": (renamed("persistent", "permanent"), "added permanent, missing persistent"),
    "package-field-renamed": (renamed("auto_rebuild", "rebuild"), "added rebuild, missing auto_rebuild"),
    "build-field-removed": (removed("is_background"), "missing is_background"),
    "project-field-removed": (removed("homepage"), "missing homepage"),
    "page-field-removed": (at("(build|package|project)/list", removed("order_type")), "missing order_type"),
    "build-field-added": (added("submitted_on", "priority", 1), "added priority"),
    "chroot-field-added": (added("result_url", "arch", "x86_64"), "added arch"),
    "page-field-added": (added("order_type", "total", 2), "added total"),
    "id-as-text": (changed("id", str), "projects[0].id: expected a whole number"),
    "times-as-text": (changed("started_on", str), "unexpected content in the response"),
    "flags-as-numbers": (changed("devel_mode", int), "projects[0].devel_mode: expected true or false"),
    "version-as-text": (at("", changed("version", str)), "type of version"),
    "keys-in-another-order": (
        in_objects(lambda fields: dict(reversed(fields.items())) if "result_url" in fields else fields),
        "order of the keys",
    ),
    # Values.
    "another-default-limit": (limited, "items of items, value of limit"),
    "another-default-order": (changed("order", lambda order: "name" if order == "id" else order), "value of order"),
    "another-order": (at("build/list", with_items(lambda items: items[::-1])), "items of items"),
    "another-limit": (limit_of_zero, "items of items"),
    "another-repository": (at("project-chroot/build-config", changed("baseurl", str.upper)), "value of baseurl"),
    "another-isolation": (
        at("project-chroot/build-config", changed("isolation", lambda _: "on")),
        "value of isolation",
    ),
    # Status, content type and other headers.
    "another-status": (with_status(404, 410), "410 instead of 404"),
    "error-with-status-200": (with_status(400, 200, "Missing argument"), "200 instead of 400"),
    "another-content-type": (with_header("content-type", "application/json; charset=utf-8"), "content type"),
    "method-not-allowed": (without_head, "Allow -HEAD"),
    "deprecated": (at("mock-chroots/list", with_header("warning", "This is deprecated")), "Warning"),
    # Errors.
    "chroot-error-reworded": (
        reworded("identification is not valid", "name is invalid"),
        "Chroot name is invalid",
    ),
    "argument-error-reworded": (reworded("Missing argument", "Argument missing:"), "Argument missing"),
    "login-error-reworded": (reworded("Login invalid/expired.", "Login expired."), "error: Login expired"),
    "form-error-reworded": (reworded("Not a valid integer value.", "No integer."), "value of error"),
    "missing-argument-first": (at("build-chroot/list", missing_first), "error: Missing argument"),
    "chroot-before-build": (chroot_first, "error: Bad chroot"),
    # Whole responses.
    "missing-endpoint": (at("monitor", failing(404, "Such API endpoint doesn't exist")), "error: Such API endpoint"),
    "missing-endpoint-with-path": (
        at("rpmrepo/.*", failing(404, "Such API endpoint doesn't exist")),
        "error: Such API",
    ),
    "failing-endpoint": (at("build/source-build-config/.*|monitor", failing(500, "Oops")), "error: Oops"),
    "slow-endpoint": (at("gssapi_login", dead), "error: no response"),
    "broken-connection": (at("monitor", reset), "error: no response"),
    "page-of-a-proxy": (page(502, "Bad gateway"), "expected JSON, got text/html"),
    "page-of-a-proxy-for-one-endpoint": (at("monitor", page(502, "Bad gateway")), "error: page"),
    "page-with-status-200": (at("auth-check", page(200, "Welcome")), "error: page"),
    "truncated": (truncated, "invalid JSON"),
    "truncated-list": (at("project/list", truncated), "error: unreadable"),
    "redirect": (at("project/search", page(302, "moved", location="https://elsewhere.example.org/")), "error: page"),
    "white-space": (compact, "white space"),
}
"""Changes of a service, and what the report says about each."""


@pytest.mark.sampled
@pytest.mark.parametrize("name", sample(CHANGES))
def test_change_is_found_and_described_once(name: str) -> None:
    change, expected = CHANGES[name]
    report = verified(change)
    titles = [title(found) for found in report.classes]
    assert len(titles) == 1, titles
    assert expected in titles[0]
    assert f"1. {titles[0]}" in report.text()


def test_build_that_cannot_be_recorded_is_left_out() -> None:
    """One of its chroots ends before it starts, which no scenario can express."""
    times = {"started_on": 5, "ended_on": 1}
    builds = [
        {"id": 7, "project": "jdoe/tools", "package": "hello", "chroots": {F41: "succeeded"}},
        {"id": 8, "project": "jdoe/tools", "package": "world", "chroots": {F41: "succeeded", F42: "failed"}},
    ]
    change = in_objects(lambda fields: {**fields, **times} if fields.get("name") == F42 else fields)
    report = verified(change, service({"builds": builds}))
    assert not report.differences, report.text()
    assert report.asked["build-chroot"] > 10
    assert any(note.startswith(f"build 8, {F42}: cannot be expressed") for note in report.notes), report.notes


def test_unchanged_service_is_equal() -> None:
    report = verified()
    assert not report.differences, report.text()
    assert report.asked.total() > 1000
    assert not report.notes
