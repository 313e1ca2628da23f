"""A minimal ASGI application, the baseline for the served fake. It imports nothing."""

BODY = (
    b'{"started_on": 1700000000, "ended_on": 1700000300, "state": "succeeded", "name": "bulk-050-x86_64", '
    b'"result_url": "https://download.copr.fedorainfracloud.org/results/jdoe/playground/bulk-050-x86_64/00000001-hello/"}\n'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def app(scope, receive, send):  # type: ignore[no-untyped-def]  # annotations would need an import
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
