"""Generate docs/reference/control.md, the control API, from its OpenAPI document (``make docs``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from copr_chroot_fake.admin.openapi import document

Schema = Mapping[str, Any]

HEAD = """\
# The control API

This page is generated from the code by `make docs`. A server returns the same information as an OpenAPI 3.1 document at
`/_fake/openapi.json`. [Standalone server](../server.md) describes how to use it.

Every path is below `/_fake`, and below `/worlds/NAME/_fake` for [a world](../server.md#worlds). An optional field can
also be null, which means the same as a missing field.

## Calls

| call | purpose | query or body | response |
| --- | --- | --- | --- |"""

ERRORS = """
## Errors

| status | when |
| --- | --- |"""


def main() -> None:
    made = document()
    components: Schema = made["components"]  # type: ignore[assignment] # the structure of an OpenAPI document
    print(HEAD)
    for line in calls(made["paths"]):  # type: ignore[arg-type]  # the paths of an OpenAPI document
        print(line)
    print(ERRORS)
    for status, response in components["responses"].items():
        print(f"| {status} | {code(response['description'])} |")
    print("\n## Schemas")
    for name, schema in components["schemas"].items():
        for line in schema_lines(name, schema):
            print(line)


def calls(paths: Mapping[str, Mapping[str, Schema]]) -> Iterator[str]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            cells = (
                f"`{method.upper()} {path}`",
                code(operation["summary"]),
                input_of(operation),
                response_of(operation),
            )
            yield f"| {' | '.join(cells)} |"


def input_of(operation: Schema) -> str:
    parameters = [each for each in operation["parameters"] if each["in"] == "query"]
    query = [f"`{each['name']}=` ({type_of(each['schema'])})" for each in parameters]
    if "requestBody" not in operation:
        return ", ".join(query)
    body = operation["requestBody"]
    return type_of(content(body)) + ("" if body["required"] else ", optional")


def response_of(operation: Schema) -> str:
    status, response = next(iter(operation["responses"].items()))
    return f"{status} {type_of(content(response))}" if "content" in response else str(status)


def content(described: Schema) -> Schema:
    schema: Schema = described["content"]["application/json"]["schema"]
    return schema


def schema_lines(name: str, schema: Schema) -> Iterator[str]:
    yield f"\n### {name}"
    text = code(schema.get("description", "")) or ("" if "properties" in schema else type_of(schema))
    if text:
        yield f"\n{text}"
    if schema.get("properties"):
        yield "\n| field | type |\n| --- | --- |"
    for field, type_ in schema.get("properties", {}).items():
        required = field in schema.get("required", ())
        yield f"| `{field}` | {type_of(type_) if required else type_of(without_null(type_)) + '; optional'} |"


def without_null(schema: Schema) -> Schema:
    kept = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return {"anyOf": kept} if kept else schema


def type_of(schema: Schema) -> str:
    """Describe a type in words. Null is omitted, as it means the same as a missing field."""
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
        return f"list of {type_of(schema.get('items', {}))}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"an object with values of type {type_of(values)}" if isinstance(values, Mapping) else "an object"
    return {"integer": "integer", "number": "number", "string": "string", "boolean": "boolean"}.get(
        schema.get("type", ""), str(schema.get("type", "anything"))
    ) + bounds(schema)


def bounds(schema: Schema) -> str:
    """Return the minimum and maximum of a number; the maximum only if it is not the general one."""
    minimum, maximum = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    default = f", {schema['default']} by default" if "default" in schema else ""
    if maximum is not None and maximum < 2**31 - 1:
        return f" from {minimum} to {maximum}{default}"
    return default if minimum is None else f" from {minimum}{default}"


def code(text: str) -> str:
    """Convert the code markup of a docstring to Markdown, on one line."""
    return " ".join(text.replace("``", "`").split())


if __name__ == "__main__":
    main()
