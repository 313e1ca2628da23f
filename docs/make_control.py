"""Prints docs/reference/control.md, the control API, from its OpenAPI document: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from copr_chroot_fake.admin.openapi import document

Schema = Mapping[str, Any]

HEAD = """\
# The control API

This page is made from the code by `make docs`. The server has the same as an OpenAPI 3.1 document, at
`/_fake/openapi.json`. [The standalone server](../server.md) describes how to use it.

Every path is below `/_fake`, and below `/worlds/NAME/_fake` for [a world](../server.md#worlds). A field that may be
missing may also be null, which means the same.

## Calls

| call | what | sent | answered |
| --- | --- | --- | --- |"""

ERRORS = """
## Errors

| status | when |
| --- | --- |"""


def main() -> None:
    made = document()
    components: Schema = made["components"]  # type: ignore[assignment]  # of the document's form
    print(HEAD)
    for line in calls(made["paths"]):  # type: ignore[arg-type]  # the paths of an OpenAPI document
        print(line)
    print(ERRORS)
    for status, response in components["responses"].items():
        print(f"| {status} | {code(response['description'])} |")
    print("\n## What is sent and answered")
    for name, schema in components["schemas"].items():
        for line in described(name, schema):
            print(line)


def calls(paths: Mapping[str, Mapping[str, Schema]]) -> Iterator[str]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            cells = f"`{method.upper()} {path}`", code(operation["summary"]), sent(operation), answered(operation)
            yield f"| {' | '.join(cells)} |"


def sent(operation: Schema) -> str:
    asked = [each for each in operation["parameters"] if each["in"] == "query"]
    query = [f"`{each['name']}=` ({type_of(each['schema'])})" for each in asked]
    if "requestBody" not in operation:
        return ", ".join(query)
    body = operation["requestBody"]
    return type_of(content(body)) + ("" if body["required"] else ", or nothing")


def answered(operation: Schema) -> str:
    status, response = next(iter(operation["responses"].items()))
    return f"{status} {type_of(content(response))}" if "content" in response else str(status)


def content(said: Schema) -> Schema:
    schema: Schema = said["content"]["application/json"]["schema"]
    return schema


def described(name: str, schema: Schema) -> Iterator[str]:
    yield f"\n### {name}"
    text = code(schema.get("description", "")) or ("" if "properties" in schema else type_of(schema))
    if text:
        yield f"\n{text}"
    if schema.get("properties"):
        yield "\n| field | what |\n| --- | --- |"
    for field, type_ in schema.get("properties", {}).items():
        required = field in schema.get("required", ())
        yield f"| `{field}` | {type_of(type_) if required else type_of(without_null(type_)) + '; may be missing'} |"


def without_null(schema: Schema) -> Schema:
    kept = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return {"anyOf": kept} if kept else schema


def type_of(schema: Schema) -> str:
    """A type in words; null is nothing of its own, as it says the same as a field that is missing."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(type_of(each) for each in schema["anyOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"a list of: {type_of(schema.get('items', {}))}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"an object, its values: {type_of(values)}" if isinstance(values, Mapping) else "an object"
    return {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}.get(
        schema.get("type", ""), str(schema.get("type", "anything"))
    ) + bounds(schema)


def bounds(schema: Schema) -> str:
    """The least that a number can be, and the most where that is not simply the largest number of all."""
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    default = f", {schema['default']} by default" if "default" in schema else ""
    if most is not None and most < 2**31 - 1:
        return f" from {least} to {most}{default}"
    return default if least is None else f" from {least}{default}"


def code(text: str) -> str:
    """A docstring's code as Markdown's, and its lines as one."""
    return " ".join(text.replace("``", "`").split())


if __name__ == "__main__":
    main()
