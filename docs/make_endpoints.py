"""Generate docs/reference/endpoints.md from the declared endpoints (``make docs``)."""

from __future__ import annotations

import inspect

from copr_chroot_fake.api.endpoint import Endpoint
from copr_chroot_fake.api.routing import ENDPOINTS

HEAD = """\
# The endpoints

This page is generated from the declarations in `copr_chroot_fake/api/` by `make docs`. [Endpoints](../endpoints.md)
describes how they behave.

A project that is not in the path is named by `ownername=` and `projectname=`, in the query or, if the request writes,
in the body. A method in parentheses is deprecated: its response has a `Warning`, as in Copr. `HEAD` and `OPTIONS` are
omitted.

| name | path | method | effect |
| --- | --- | --- | --- |"""


def main() -> None:
    print(HEAD)
    for endpoint in ENDPOINTS.values():
        print(row(endpoint))


def row(endpoint: Endpoint) -> str:
    paths = ", ".join(f"`{route.path}`" for route in endpoint.routes)
    methods = [
        f"({method})" if method == endpoint.deprecated else method
        for method in endpoint.methods
        if method not in ("HEAD", "OPTIONS")
    ]
    effect = (inspect.getdoc(endpoint.handler) or "").partition("\n")[0].rstrip(".").replace("``", "`")
    return f"| `{endpoint.name}` | {paths} | {', '.join(methods)} | {effect} |"


if __name__ == "__main__":
    main()
