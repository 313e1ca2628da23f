"""The document in which Copr describes its API itself: Swagger 2.0, in the form in which Flask-RESTX writes it.

It is made from the tables that the answers come from, once, when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import NamedTuple

from ..wire.routes import ROOT, ROUTES, EndpointName, Route
from .models import MODELS, Field, Kind, Model
from .rendering import line

Document = dict[str, object]


class _Operation(NamedTuple):
    """What there is to say of an endpoint: in a line, its query arguments, and how it can fail."""

    summary: str
    arguments: str = ""
    """By name; those with a ``*`` have to be there."""
    failures: tuple[int, ...] = ()
    succeeds: bool = True
    needs_login: bool = False


_PAGING = "limit offset order order_type"
_PROJECT = "ownername* projectname*"

_OPERATIONS: Mapping[EndpointName, _Operation] = {
    "build-chroot": _Operation("A build chroot", "build_id* chrootname*", (400, 404, 500)),
    "build-chroot/list": _Operation("The chroots of a build, by page", f"build_id* {_PAGING}", (400, 500)),
    "build-chroot/build-config": _Operation("A build's configuration", "build_id* chrootname*", (400, 404, 500)),
    "build-chroot/built-packages": _Operation("What was built in a chroot", "build_id* chrootname*", (400, 404, 500)),
    "build": _Operation("A build", failures=(400, 404)),
    "build/list": _Operation(
        "A project's builds, newest first, by page", f"{_PROJECT} packagename status {_PAGING}", (400, 404, 415, 500)
    ),
    "build/built-packages": _Operation("What a build has built, by chroot", failures=(404,)),
    "build/source-chroot": _Operation("The source build of a build", failures=(400, 404, 500)),
    "build/cancel": _Operation("Cancel a build", failures=(400, 401, 403, 404, 409), needs_login=True),
    "project": _Operation("A project", _PROJECT, (400, 404, 415, 500)),
    "mock-chroots/list": _Operation("Every chroot that there is, with a comment"),
    "monitor": _Operation(
        "The latest builds of a project's packages", f"{_PROJECT} project_dirname", (400, 404, 415, 500)
    ),
    "auth-check": _Operation("Who has logged in", failures=(401,), needs_login=True),
    "gssapi_login": _Operation("Log in by Kerberos", failures=(403,), succeeds=False),
}

_TYPES: Mapping[str, Document] = {
    **{name: {"type": "integer"} for name in ("build_id", "limit", "offset")},
    "order_type": {"type": "string", "enum": ["ASC", "DESC"]},
}
"""Of arguments that are not just any text."""

_MASK: Document = {
    "name": "X-Fields",
    "in": "header",
    "type": "string",
    "format": "mask",
    "description": "An optional fields mask",
}

_ERROR = "Error"
_MODEL_OF = {400: "BadRequest", 401: "NotLoggedIn"}
"""What an error is told in, where not as most are."""

_ERRORS: Document = {
    _ERROR: {"required": ["error"], "properties": {"error": {"type": "string"}}, "type": "object"},
    # What is missing is an error, a mask that will not do a message.
    "BadRequest": {"properties": {"error": {"type": "string"}, "message": {"type": "string"}}, "type": "object"},
    "NotLoggedIn": {
        "required": ["error", "output"],
        "properties": {"output": {"type": "string"}, "error": {"type": "string"}},
        "type": "object",
    },
}


@cache
def document() -> bytes:
    """The whole of it, as it is answered."""
    paths = {_path(route): _describe(route) for route in ROUTES if route.endpoint in _OPERATIONS}
    return line(
        {
            "swagger": "2.0",
            "basePath": ROOT,
            "paths": dict(sorted(paths.items())),
            "info": {
                "title": "Copr API",
                "version": "v3",
                "description": "See python client - <https://python-copr.readthedocs.io>",
            },
            "produces": ["application/json"],
            "consumes": ["application/json"],
            "securityDefinitions": {"basic": {"type": "basic"}},
            "tags": [{"name": tag} for tag in dict.fromkeys(map(_tag, paths))],
            "definitions": {**_definitions(MODELS.values()), **_ERRORS},
            "responses": {
                "ParseError": {"description": "When a mask can't be parsed"},
                "MaskError": {"description": "When any error occurs on mask"},
                # What no operation answers, but a path or a method that there is not.
                "NotFound": _failure(404),
                "MethodNotAllowed": _failure(405),
            },
        }
    )


def _path(route: Route) -> str:
    return route.path.removeprefix(ROOT) + ("/" if route.closing_slash else "")


def _tag(path: str) -> str:
    return path.split("/")[1]


def _describe(route: Route) -> Document:
    methods = [method.lower() for method in route.methods if method not in ("HEAD", "OPTIONS")]
    named = [{"name": name, "in": "path", "required": True, **_type(name)} for name in route.names]
    described: Document = {"parameters": named} if named else {}
    return described | {method: _operation(method, route) for method in methods}


def _operation(method: str, route: Route) -> Document:
    endpoint, path = route.endpoint, _path(route)
    operation = _OPERATIONS[endpoint]
    # The path forms of what there is by query too, and the old method of what changes anything.
    is_old_form = bool(route.names and operation.arguments)
    words = [word for word in path.split("/") if word and not word.startswith("{")]
    name = "_".join((method, *words)).replace("-", "_")
    parameters = [_argument(name) for name in operation.arguments.split() if name.rstrip("*") not in route.names]
    if endpoint in MODELS:
        parameters.append(_MASK)
    described: Document = {
        "responses": _responses(route, operation),
        "summary": operation.summary,
        "operationId": f"{name}_{path}" if is_old_form else name,
    }
    if is_old_form:
        described["description"] = "Use query parameters instead"
    if parameters:
        described["parameters"] = parameters
    if operation.needs_login:
        described["security"] = [{"basic": []}]
    if is_old_form or method == "post":
        described["deprecated"] = True
    return described | {"tags": [_tag(path)]}


def _argument(written: str) -> Document:
    name = written.rstrip("*")
    required = {"required": True} if written.endswith("*") else {}
    return {**_type(name), **required, "name": name, "in": "query"}


def _type(name: str) -> Document:
    return _TYPES.get(name, {"type": "string"})


def _responses(route: Route, operation: _Operation) -> Document:
    endpoint = route.endpoint
    success: Document = {"description": "Success"}
    if endpoint in MODELS:
        success["schema"] = _reference(MODELS[endpoint].name)
    # A path in which something else is named than there can be is none that there is.
    statuses = sorted({*operation.failures, *([404] if route.names else [])})
    failures: Document = {str(status): _failure(status) for status in statuses}
    return {"200": success, **failures} if operation.succeeds else failures


def _failure(status: int) -> Document:
    return {"description": HTTPStatus(status).phrase, "schema": _reference(_MODEL_OF.get(status, _ERROR))}


def _reference(name: str) -> Document:
    return {"$ref": f"#/definitions/{name}"}


def _definitions(models: Iterable[Model]) -> Document:
    """Each model, with those within it."""
    written: Document = {}
    for model in models:
        fields = {name: _schema(field) for name, field in model.fields.items()}
        written[model.name] = {"properties": fields, "type": "object"}
        written |= _definitions(field.holds for field in model.fields.values() if isinstance(field.holds, Model))
    return written


def _schema(field: Field) -> Document:
    holds = field.holds
    if isinstance(holds, Model):
        schema = _reference(holds.name)
        return {"type": "array", "items": schema} if field.is_list else schema
    if holds is Kind.TEXTS:
        return {"type": "array", "items": {"type": "string"}}
    # Swagger 2.0 knows no null; what reads it knows this of it.
    return {"type": holds.value} | ({"x-nullable": True} if field.may_lack else {})
