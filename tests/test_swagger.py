"""``/api_3/swagger.json``: in the form of Flask-RESTX, and true of every answer."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from operator import itemgetter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.wire.routes import ROOT, Endpoint, routes

from .adapters import Open, asking, credentials
from .examples import examples
from .flask_restx_service import described_by_flask_restx

TARGET = f"{ROOT}/swagger.json"
F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


def fill(fake: FakeCopr) -> FakeCopr:
    fake.clear()
    fake.add_project("@copr", "tools", chroots=[F41, F42], additional_repos=["copr://@copr/tools"])
    fake.add_build(1, {F41: {"lifecycle": "realistic"}, F42: "succeeded"}, project="@copr/tools", package="hello")
    fake.add_build(2, {F42: "forked"}, project="frostyx/tools", bootstrap="on")
    fake.add_build(3, {F41: "running"}, project="frostyx/other")
    return fake


FAKE = fill(FakeCopr(default_limit=None))
FAKE.add_account("frostyx", login="abc", token="s3cret")
DOCUMENT = json.loads(asking(FAKE)("GET", TARGET).body)


def test_every_door_serves_it(ask_through: Open) -> None:
    """The same bytes each time, in which there is every route but the home page's and its own."""
    fake = FakeCopr()
    ask = ask_through(fake)
    got = ask("GET", TARGET)
    assert (got.status, got.content_type) == (200, "application/json")
    assert got.body == ask("GET", f"{TARGET}/").body == asking(FakeCopr())("GET", TARGET).body
    assert {path.rstrip("/") for path in DOCUMENT["paths"]} == {
        route.path.removeprefix(ROOT)
        for route in routes(has_results=False)
        if route.endpoint not in (Endpoint.HOME, Endpoint.SWAGGER)
    }


def test_it_takes_faults_and_is_in_the_journal() -> None:
    """Under the name of its own."""
    fake = FakeCopr()
    fake.faults.add({"endpoint": "swagger", "first": 1, "status": 503})
    ask = asking(fake)
    assert [ask("GET", TARGET).status for _ in range(2)] == [503, 200]
    fake.assert_requested("swagger", times=2)
    assert fake.unmatched == []


def test_it_is_no_poll() -> None:
    """Nothing goes on by it."""
    fake = FakeCopr()
    chroot = fake.add_build(1, [F41])[F41]
    for _ in range(5):
        asking(fake)("GET", TARGET)
    assert chroot.state == "importing"


def test_it_takes_other_methods_as_every_route_does() -> None:
    """``HEAD`` is answered without a body, ``PUT`` refused."""
    ask = asking(FakeCopr())
    assert ask("HEAD", TARGET).body == b""
    assert ask("OPTIONS", TARGET).allow == {"GET", "HEAD", "OPTIONS"}
    assert (ask("PUT", TARGET).status, ask("PUT", f"{TARGET}/").status) == (405, 405)
    assert ask("GET", f"{ROOT}/swagger-json").status == 404


def test_it_costs_nothing_until_somebody_asks() -> None:
    """What writes it is not even loaded."""
    code = (
        "import sys; from copr_chroot_fake import FakeCopr; fake = FakeCopr()\n"
        "fake.answer('GET', '/api_3/'); before = set(sys.modules); fake.answer('GET', '/api_3/swagger.json')\n"
        "print(*{name for name in set(sys.modules) - before if 'swagger' in name})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["copr_chroot_fake.api.swagger"]


def test_it_has_the_form_that_flask_restx_gives_it() -> None:
    """What Flask-RESTX writes of the same routes and models is the same, but that it knows of no ``null``."""
    ours = without_nulls(DOCUMENT)
    for failure in ("NotFound", "MethodNotAllowed"):
        del ours["responses"][failure]
    theirs = described_by_flask_restx(DOCUMENT)
    for document in (ours, theirs):
        document["tags"].sort(key=itemgetter("name"))
    assert theirs == ours


def without_nulls(document: Any) -> Any:
    if isinstance(document, list):
        return [without_nulls(item) for item in document]
    if not isinstance(document, dict):
        return document
    return {key: without_nulls(value) for key, value in document.items() if key != "x-nullable"}


def test_every_operation_has_a_name_of_its_own() -> None:
    """And every reference leads to something that is there."""
    operations = [
        operation for path in DOCUMENT["paths"].values() for key, operation in path.items() if key != "parameters"
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > len(routes(has_results=False)) - 2
    references = {word for word in json.dumps(DOCUMENT).split('"') if word.startswith("#/")}
    assert references == {f"#/definitions/{name}" for name in DOCUMENT["definitions"]}


PAGE = "limit offset order order_type"
OPERATIONS = f"""
get_auth_check: get /auth-check -> 200 401; login
get_build_chroot: get /build-chroot/ build_id* chrootname* X-Fields -> 200 400 404 500
get_build_chroot_build_config: get /build-chroot/build-config build_id* chrootname* X-Fields -> 200 400 404 500
get_build_chroot_build_config_/build-chroot/build-config/{{build_id}}/{{chrootname}}: \
get /build-chroot/build-config/{{build_id}}/{{chrootname}} build_id* chrootname* X-Fields -> 200 400 404 500; deprecated
get_build_chroot_built_packages: get /build-chroot/built-packages build_id* chrootname* X-Fields -> 200 400 404 500
get_build_chroot_list: get /build-chroot/list build_id* {PAGE} X-Fields -> 200 400 500
get_build_chroot_list_/build-chroot/list/{{build_id}}: \
get /build-chroot/list/{{build_id}} build_id* {PAGE} X-Fields -> 200 400 404 500; deprecated
get_build_chroot_/build-chroot/{{build_id}}/{{chrootname}}: \
get /build-chroot/{{build_id}}/{{chrootname}} build_id* chrootname* X-Fields -> 200 400 404 500; deprecated
get_build_built_packages: get /build/built-packages/{{build_id}} build_id* -> 200 404
put_build_cancel: put /build/cancel/{{build_id}} build_id* X-Fields -> 200 400 401 403 404 409; login
post_build_cancel: post /build/cancel/{{build_id}} build_id* X-Fields -> 200 400 401 403 404 409; deprecated login
get_build_list: \
get /build/list ownername* projectname* packagename status {PAGE} X-Fields -> 200 400 404 415 500
get_build_source_chroot: get /build/source-chroot/{{build_id}} build_id* X-Fields -> 200 400 404 500
get_build: get /build/{{build_id}} build_id* X-Fields -> 200 400 404
get_gssapi_login: get /gssapi_login/ -> 403
get_mock_chroots_list: get /mock-chroots/list -> 200
get_monitor: get /monitor ownername* projectname* project_dirname -> 200 400 404 415 500
get_project: get /project/ ownername* projectname* X-Fields -> 200 400 404 415 500
"""


def test_each_operation_says_what_it_takes_and_how_it_can_end() -> None:
    """In the order of the paths; what has to be sent is marked, and the old forms are deprecated."""
    written = "".join(
        f"{described(method, path, item)}\n"
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "parameters"
    )
    assert written == OPERATIONS.lstrip()


def described(method: str, path: str, item: dict[str, Any]) -> str:
    operation = item[method]
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    takes = [parameter["name"] + "*" * parameter.get("required", False) for parameter in parameters]
    marks = ["deprecated"] * operation.get("deprecated", False) + ["login"] * ("security" in operation)
    ends = " ".join(operation["responses"]) + ("; " if marks else "") + " ".join(marks)
    return f"{operation['operationId']}: {' '.join((method, path, *takes))} -> {ends}"


def test_who_logs_in_does_so_in_the_basic_way() -> None:
    assert DOCUMENT["securityDefinitions"] == {"basic": {"type": "basic"}}
    assert DOCUMENT["paths"]["/auth-check"]["get"]["security"] == [{"basic": []}]


def test_an_old_form_is_said_to_be_one() -> None:
    """Here whole, with the types of what it takes and the models of what it answers."""
    item = DOCUMENT["paths"]["/build-chroot/list/{build_id}"]
    assert item["parameters"] == [{"name": "build_id", "in": "path", "required": True, "type": "integer"}]
    operation = item["get"]
    types = {parameter["name"]: (parameter["in"], parameter["type"]) for parameter in operation["parameters"]}
    assert types == {
        "limit": ("query", "integer"),
        "offset": ("query", "integer"),
        "order": ("query", "string"),
        "order_type": ("query", "string"),
        "X-Fields": ("header", "string"),
    }
    assert (operation["summary"], operation["description"], operation["tags"]) == (
        "The chroots of a build, by page",
        "Use query parameters instead",
        ["build-chroot"],
    )
    models = {status: answer["schema"]["$ref"] for status, answer in operation["responses"].items()}
    assert models == {
        "200": "#/definitions/BuildChroots",
        "400": "#/definitions/BadRequest",
        "404": "#/definitions/Error",
        "500": "#/definitions/Error",
    }
    assert DOCUMENT["definitions"]["BuildChroots"]["properties"] == {
        "items": {"type": "array", "items": {"$ref": "#/definitions/BuildChroot"}},
        "meta": {"$ref": "#/definitions/PaginationMeta"},
    }
    assert DOCUMENT["definitions"]["BuildChroot"]["properties"] == {
        "started_on": {"type": "integer", "x-nullable": True},
        "ended_on": {"type": "integer", "x-nullable": True},
        "state": {"type": "string"},
        "name": {"type": "string"},
        "result_url": {"type": "string", "x-nullable": True},
    }


# What is there can be said, so that not every answer is that there is no such thing.
NAMED: dict[str, list[Any]] = {
    "build_id": [1, 2, 3, 99],
    "chrootname": [F41, F42, "epel-9-x86_64", "none"],
    "ownername": ["@copr", "frostyx", ""],
    "projectname": ["tools", "other", ""],
    "status": ["succeeded", "forked"],
    "order": ["id", "name", "status", "submitted_on", "build", "none"],
}
MASKS = ["state", "items{name},meta", "*", "name{", "state{x}"]


def loaded() -> schemathesis.BaseSchema:
    config = {"generation": {"deterministic": True, "max-examples": examples(15), "no-shrink": True}}
    return schemathesis.openapi.from_asgi(TARGET, FAKE.asgi, config=schemathesis.Config.from_dict(config))


def chosen(case: Any, number: int) -> None:
    """Every second time what is there is asked for."""
    parameters: dict[str, Any]
    for parameters in (case.path_parameters or {}, case.query or {}):
        for name in sorted({*parameters} & {*NAMED}):
            parameters[name] = NAMED[name][number % len(NAMED[name])]
            number //= 2


NOT_SAID = (not_a_server_error, negative_data_rejection, positive_data_acceptance, unsupported_method)
"""What Copr does not keep to: it answers 500 to what it did not expect, 404 to what there is not, and says with no 405
which methods it allows.
"""


@loaded().parametrize()
@settings(deadline=None, suppress_health_check=[*HealthCheck])
def test_every_answer_is_as_it_says(case: Any) -> None:
    """Whatever is asked, its status is in the document, and its body of the model that is named there."""
    fill(FAKE)
    case.call_and_validate(excluded_checks=[*NOT_SAID])


SAID = (status_code_conformance, content_type_conformance, response_schema_conformance)

TOKENS = {"right": "s3cret", "wrong": "s3cre"}


@loaded().parametrize()
@pytest.mark.parametrize("token", TOKENS)
@settings(deadline=None, suppress_health_check=[*HealthCheck])
def test_every_answer_about_what_is_there_is_as_it_says(case: Any, token: str) -> None:
    """With every kind of mask, by who may and who may not."""
    fill(FAKE)
    number = zlib.crc32(repr([case.path_parameters, case.query]).encode("utf-8", "backslashreplace"))
    chosen(case, number)
    case.headers = {
        "X-Fields": MASKS[number % len(MASKS)],
        "Authorization": credentials("abc", TOKENS[token]),
    }
    case.validate_response(case.call(), checks=[*SAID])
