"""The OpenAPI document of the control API is valid and complete."""

from __future__ import annotations

import json
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from copr_chroot_fake.control.operations import OPERATIONS, TABLE

from .clients import DOCUMENT, fresh_control


@pytest.mark.slow
def test_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    assert DOCUMENT["openapi"] == "3.1.0"


def test_document_has_exactly_the_operations() -> None:
    """Each has a unique id and a summary."""
    assert {path: {*methods} for path, methods in DOCUMENT["paths"].items()} == {
        path: {method.lower() for method in operations} for path, operations in TABLE.items()
    }
    written = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in written]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    for operation in written:
        assert operation["summary"].endswith("."), operation


def test_every_schema_is_used() -> None:
    """Every reference is valid."""
    text = json.dumps(DOCUMENT)
    used = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert used == set(DOCUMENT["components"]["schemas"])


def test_document_has_errors_of_every_operation() -> None:
    """404 if its path has a parameter; 422 with the location."""
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            failures = {status for status in operation["responses"] if status[0] == "4"}
            assert failures == {"401", "403", "409", "413", "422"} | ({"404"} if "{" in path else set())
    input_error, error = (DOCUMENT["components"]["schemas"][name] for name in ("InputErrorView", "ErrorView"))
    assert (input_error["required"], error["required"]) == (["error", "where", "errors"], ["error"])
    for status, response in DOCUMENT["components"]["responses"].items():
        view = "InputErrorView" if status == "422" else "ErrorView"
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{view}"}


@pytest.mark.parametrize("name", ["", "x"])
def test_document_has_url_of_the_world(name: str) -> None:
    document = fresh_control(name).get("/openapi.json")
    assert document == {**DOCUMENT, "servers": [{"url": "/worlds/x/_fake" if name else "/_fake"}]}
