"""The OpenAPI document of the control API, generated from the table of calls and their types."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import get_type_hints

from .. import __version__
from ..validation.schema import Schema, Schemas, whole
from ..worlds.world import NAME
from . import views
from .operations import Operation, all_operations, parameters_in

_ERRORS = {
    401: "The control token is missing or wrong.",
    403: "``Host``, ``Origin`` or ``Sec-Fetch-Site`` belongs to another site.",
    404: "An object in the path does not exist.",
    409: "The operation is not possible now.",
    413: "The body is too large.",
    422: "Invalid body or query; ``where`` is the location.",
}
_ID: Schema = {"type": "integer", "minimum": 1}
_PARAMETERS: dict[str, Schema] = {
    "build_id": _ID,
    "fault_id": _ID,
    "snapshot_id": _ID,
    "chrootname": {"type": "string", "minLength": 1},
    "world": {"type": "string", **whole(NAME.pattern).keywords},
}


def document(url: str = "/_fake") -> dict[str, object]:
    """Return the document of the API at a URL."""
    return {**_document(), "servers": [{"url": url}]}


@lru_cache(maxsize=1)
def _document() -> dict[str, object]:
    schemas = Schemas(nulls=True)
    paths: dict[str, dict[str, object]] = {}
    for path, method, operation in all_operations():
        paths.setdefault(path, {})[method.lower()] = _operation(path, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "copr-chroot-fake, control", "version": __version__},
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "responses": {str(status): _error(status, text, schemas) for status, text in _ERRORS.items()},
            "schemas": schemas.definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(path: str, operation: Operation, schemas: Schemas) -> dict[str, object]:
    description: dict[str, object] = {
        "operationId": operation.run.__name__,
        "summary": (inspect.getdoc(operation.run) or "").split("\n\n")[0],
        "parameters": [*_in_path(path), *_in_query(operation, schemas)],
        "responses": _responses(path, operation, schemas),
    }
    if operation.takes is not None:
        description["requestBody"] = {
            "required": not operation.has_optional_body,
            "content": _json(schemas.ref(operation.takes)),
        }
    return description


def _in_path(path: str) -> list[object]:
    return [{"name": name, "in": "path", "required": True, "schema": _PARAMETERS[name]} for name in parameters_in(path)]


def _in_query(operation: Operation, schemas: Schemas) -> list[object]:
    if operation.query is None:
        return []
    hints = get_type_hints(operation.query, include_extras=True)
    return [{"name": name, "in": "query", "schema": schemas.ref(type_)} for name, type_ in hints.items()]


def _responses(path: str, operation: Operation, schemas: Schemas) -> dict[str, object]:
    success: dict[str, object] = {"description": "Success."}
    if operation.returns is not None:
        success["content"] = _json(schemas.ref(operation.returns))
    possible = [status for status in _ERRORS if status != 404 or parameters_in(path)]
    errors = {str(status): {"$ref": f"#/components/responses/{status}"} for status in possible}
    return {str(operation.status): success, **errors}


def _error(status: int, text: str, schemas: Schemas) -> dict[str, object]:
    return {
        "description": text,
        "content": _json(schemas.ref(views.InputErrorView if status == 422 else views.ErrorView)),
    }


def _json(schema: Schema) -> dict[str, object]:
    return {"application/json": {"schema": schema}}
