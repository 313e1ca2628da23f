"""The OpenAPI document of the control API, made from the table of its calls and their types."""

from __future__ import annotations

from typing import get_type_hints

from .. import __version__
from ..schemas import Schemas
from . import views
from .operations import TABLE, Operation

_ERRORS = {
    404: "What the path names is not there.",
    409: "That is not possible now; the error says why.",
    413: "The body is larger than the server takes.",
    422: "The body or the query cannot be so; ``where`` is the place.",
}
_NAMED = {
    "build_id": {"type": "integer", "minimum": 1},
    "fault_id": {"type": "integer", "minimum": 1},
    "snapshot_id": {"type": "integer", "minimum": 1},
    "chrootname": {"type": "string", "minLength": 1},
    "world": {"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,100}$"},
}


def document() -> dict[str, object]:
    """The whole document; paths are below ``/_fake``, and below ``/worlds/<name>/_fake`` for a world."""
    schemas = Schemas(nulls=True)
    paths: dict[str, dict[str, object]] = {}
    for operation in TABLE.operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    error = schemas.ref(views.ErrorView)
    return {
        "openapi": "3.1.0",
        "info": {"title": "copr-chroot-fake, control", "version": __version__},
        "servers": [{"url": "/_fake"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "responses": {
                str(status): {"description": text, "content": {"application/json": {"schema": error}}}
                for status, text in _ERRORS.items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, schemas: Schemas) -> dict[str, object]:
    written: dict[str, object] = {
        "operationId": operation.run.__name__,
        "summary": operation.summary,
        "parameters": [*_in_path(operation), *_in_query(operation, schemas)],
        "responses": _responses(operation, schemas),
    }
    if operation.takes is not None:
        schema = schemas.ref(operation.takes)
        written["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return written


def _in_path(operation: Operation) -> list[object]:
    return [{"name": name, "in": "path", "required": True, "schema": _NAMED[name]} for name in operation.named]


def _in_query(operation: Operation, schemas: Schemas) -> list[object]:
    if operation.query is None:
        return []
    hints = get_type_hints(operation.query, include_extras=True)
    return [{"name": name, "in": "query", "schema": schemas.ref(type_)} for name, type_ in hints.items()]


def _responses(operation: Operation, schemas: Schemas) -> dict[str, object]:
    done: dict[str, object] = {"description": "Done."}
    if operation.shows is not None:
        done["content"] = {"application/json": {"schema": schemas.ref(operation.shows)}}
    possible = [409, *([404] if operation.named else []), *([413, 422] if operation.takes or operation.query else [])]
    errors = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(possible)}
    return {str(operation.answer_status): done, **errors}
