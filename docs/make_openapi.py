"""Print the OpenAPI document of the control API, from the table of calls and their types: ``make docs``."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields
from types import NoneType
from typing import get_args, get_type_hints

from copr_chroot_fake import __version__
from copr_chroot_fake.control import views
from copr_chroot_fake.control.call import Operation
from copr_chroot_fake.control.events import EVENT_STREAM, WorldEvents
from copr_chroot_fake.control.operations import OPERATIONS
from copr_chroot_fake.control.worlds import NAME
from copr_chroot_fake.validation.rule import whole
from copr_chroot_fake.wire.answer import JSON

from .schemas import Schema, Schemas

_ERRORS = {
    401: "The control token is missing or wrong.",
    403: "``Host``, ``Origin`` or ``Sec-Fetch-Site`` belongs to another site.",
    404: "An object in the path does not exist.",
    409: "The operation is not possible now.",
    413: "The body is too large.",
    422: "Invalid body or query; ``where`` is the location of the first error.",
}
_ID: Schema = {"type": "integer", "minimum": 1}
_PARAMETERS: dict[str, Schema] = {
    "build_id": _ID,
    "fault_id": _ID,
    "rule_id": _ID,
    "snapshot_id": _ID,
    "chrootname": {"type": "string", "minLength": 1},
    "world": {"type": "string", **whole(NAME.pattern).keywords},
}


def main() -> None:
    schemas = Schemas()
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "copr-chroot-fake, control", "version": __version__},
        "servers": [{"url": "/_fake"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "responses": {str(status): _error(status, text, schemas) for status, text in _ERRORS.items()},
            "schemas": schemas.definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    print(json.dumps(document, indent=2))


def _operation(operation: Operation, schemas: Schemas) -> dict[str, object]:
    description: dict[str, object] = {
        "operationId": operation.run.__name__,
        "summary": (inspect.getdoc(operation.run) or "").split("\n\n")[0],
        "parameters": [*_in_path(operation.path), *_in_query(operation, schemas)],
        "responses": _responses(operation, schemas),
    }
    if "body" in operation.hints:
        description["requestBody"] = {
            "required": not operation.has_optional_body,
            "content": _json(schemas.ref(operation.hints["body"])),
        }
    return description


def _in_path(path: str) -> list[object]:
    names = re.findall(r"{(\w+)}", path)
    return [{"name": name, "in": "path", "required": True, "schema": _PARAMETERS[name]} for name in names]


def _in_query(operation: Operation, schemas: Schemas) -> list[object]:
    if "query" not in operation.hints:
        return []
    query = operation.hints["query"]
    hints = get_type_hints(query, include_extras=True)
    return [
        {"name": field.name, "in": "query", "schema": _argument(hints[field.name], field.default, schemas)}
        for field in fields(query)
    ]


def _argument(type_: object, default: object, schemas: Schemas) -> Schema:
    """Return the schema of an optional argument of a query; without a default it is ``X | None``, and never null."""
    if default is None:
        return schemas.ref(get_args(type_)[0])
    return {**schemas.ref(type_), "default": default}


def _responses(operation: Operation, schemas: Schemas) -> dict[str, object]:
    returned = operation.hints["return"]
    success: dict[str, object] = {"description": "Success."}
    if returned is WorldEvents:
        success["content"] = {EVENT_STREAM: {"schema": _event(schemas)}}
    elif returned is not NoneType:
        success["content"] = _json(schemas.ref(returned))
    status = 201 if operation.creates else 204 if returned is NoneType else 200
    errors = {
        str(error): {"$ref": f"#/components/responses/{error}"}
        for error in _ERRORS
        if error != 404 or "{" in operation.path
    }
    return {str(status): success, **errors}


def _event(schemas: Schemas) -> Schema:
    """Return the schema of each event."""
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": schemas.ref(views.WorldView)}
    return {"type": "object", "properties": {"data": data}, "required": ["data"]}


def _error(status: int, text: str, schemas: Schemas) -> dict[str, object]:
    return {
        "description": text,
        "content": _json(schemas.ref(views.InputErrorView if status == 422 else views.ErrorView)),
    }


def _json(schema: Schema) -> dict[str, object]:
    return {JSON: {"schema": schema}}


if __name__ == "__main__":
    main()
