"""The requests that an attack mutates: one of each kind that the server answers."""

from __future__ import annotations

from ..chroots import F41
from ..fuzz.mutating import REQUESTS as HTTP_REQUESTS
from ..served import raw

SCENARIO = "all-states"
"""The bundled scenario of the attacked server; it has the builds that the requests name."""

LARGE = raw("GET", "/_fake/openapi.json")
"""A request with a response of 250 KB, which takes the server little time."""

_LOGIN = {"Authorization": "Basic YTpi"}
_JSON = {"Content-Type": "application/json"}
_URL = b'{"ownername": "jdoe", "projectname": "tools", "pkgs": "https://example.org/a-1-1.src.rpm"}'
_UPLOAD = b"\r\n".join(
    [
        *(b"--x", b'Content-Disposition: form-data; name="json"; filename="json"', b""),
        b'{"ownername": "jdoe", "projectname": "tools", "chroots": []}',
        *(b"--x", b'Content-Disposition: form-data; name="pkgs"; filename="a-1-1.src.rpm"'),
        *(b"Content-Type: application/x-rpm", b"", b"RPM", b"--x--", b""),
    ]
)

REQUESTS: tuple[bytes, ...] = (
    *HTTP_REQUESTS,
    *(
        raw("GET", target)
        for target in (
            "/api_3/build/1",
            "/api_3/build/list?ownername=@copr&projectname=mass-rebuild&limit=5",
            "/api_3/build-chroot/1/fedora-43-x86_64",
            "/api_3/build-chroot/list?build_id=1&limit=10&offset=3&order_type=DESC",
            "/api_3/build-chroot/build-config?build_id=1&chrootname=fedora-43-x86_64",
            "/api_3/mock-chroots/list",
            "/api_3/monitor?ownername=jdoe&projectname=tools",
            "/api_3/rpmrepo/jdoe/tools/fedora-43",
            "/results/jdoe/tools/",
            "/_fake/",
            "/_fake/builds?limit=1",
            "/_fake/messages",
            "/_fake/openapi.json",
            "/_fake/requests?limit=2",
        )
    ),
    raw("GET", "/api_3/auth-check", b"", **_LOGIN),
    raw("POST", "/api_3/project/add/jdoe", b'{"name": "tools", "chroots": ["fedora-43-x86_64"]}', **_JSON, **_LOGIN),
    raw("POST", "/api_3/build/create/url", _URL, **_JSON, **_LOGIN),
    raw("POST", "/api_3/build/create/url", _URL, Expect="100-continue", **_JSON, **_LOGIN),
    raw("POST", "/api_3/build/create/upload", _UPLOAD, Content_Type="multipart/form-data; boundary=x", **_LOGIN),
    raw("PUT", "/api_3/build/cancel/1", b"", **_LOGIN),
    raw("POST", "/webhooks/github/1/abc/", b'{"ref": "refs/heads/main"}', X_GitHub_Event="push", **_JSON),
    raw("POST", "/_fake/builds", b'{"chroots": ["%s"]}' % F41.encode(), **_JSON),
    raw("POST", "/_fake/faults", b'{"status": 503, "first": 1}', **_JSON),
    raw("DELETE", "/_fake/faults"),
    raw("PATCH", "/_fake/clock", b'{"tick": 10}', **_JSON),
    raw("POST", "/_fake/verify", b'{"assertion": "requested", "endpoint": "build"}', **_JSON),
    raw("POST", "/_fake/builds/1/cancel"),
)
"""Those of the fuzzer are about HTTP; these also reach the handlers of Copr's API and of the control API."""
