"""Malformed requests, with which programs that read them differently can be deceived."""

from __future__ import annotations

from typing import NamedTuple


class Malformed(NamedTuple):
    """Bytes that are no valid request, or that another program may read as different requests.

    :param admitted: why this server answers it all the same; empty if it rejects it.
    :param stricter: why this server rejects what h11 and nginx both admit.
    """

    data: bytes
    admitted: str = ""
    stricter: str = ""


def _get(*lines: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes = b"Host: localhost") -> bytes:
    return b"\r\n".join([line, host, *lines, b"", b""])


def _post(*lines: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return _get(*lines, line=b"POST / HTTP/" + version) + body


_CHUNKED = b"Transfer-Encoding: chunked"
_END = b"0\r\n\r\n"


def _connect(target: bytes, *headers: bytes) -> bytes:
    return _get(*headers, line=b"CONNECT %b HTTP/1.1" % target)


def _chunks(body: bytes) -> bytes:
    return _post(_CHUNKED, body=body)


_ONE_EMPTY_LINE = "RFC 9112 2.2: a server should ignore an empty line before a request"
_ONE_ORIGIN = "the server has one origin; the control API checks the name itself"
_ANY_METHOD = "any method gets a response, such as Copr's 405"
_LINE_FEED = "a line feed alone ends a line for some programs only"
_TRAILER = "RFC 9112 7.1.2: a trailer must not tell where the request ends"
_CHUNK_LINE = "RFC 9112 7.1 does not allow it"

MALFORMED: dict[str, Malformed] = {
    # The request line.
    "line: no version": Malformed(b"GET /\r\n\r\n"),
    "line: no version, with headers": Malformed(b"GET /\r\nHost: localhost\r\n\r\n"),
    "line: no target": Malformed(_get(line=b"GET HTTP/1.1")),
    "line: no method": Malformed(_get(line=b"/ HTTP/1.1")),
    "line: empty": Malformed(_get(line=b"")),
    "line: two spaces before the target": Malformed(_get(line=b"GET  / HTTP/1.1")),
    "line: two spaces before the version": Malformed(_get(line=b"GET /  HTTP/1.1")),
    "line: space at the end": Malformed(_get(line=b"GET / HTTP/1.1 ")),
    "line: space at the beginning": Malformed(_get(line=b" GET / HTTP/1.1")),
    "line: tab before the target": Malformed(_get(line=b"GET\t/ HTTP/1.1")),
    "line: tab before the version": Malformed(_get(line=b"GET /\tHTTP/1.1")),
    "line: space in the target": Malformed(_get(line=b"GET /a b HTTP/1.1")),
    "line: control character in the target": Malformed(_get(line=b"GET /\x01 HTTP/1.1")),
    "line: NUL in the target": Malformed(_get(line=b"GET /\0 HTTP/1.1")),
    "line: DEL in the target": Malformed(_get(line=b"GET /\x7f HTTP/1.1")),
    "line: byte above ASCII in the target": Malformed(_get(line=b"GET /\xe9 HTTP/1.1")),
    "line: relative target": Malformed(_get(line=b"GET a HTTP/1.1")),
    "line: authority as target": Malformed(_get(line=b"GET localhost:80 HTTP/1.1")),
    "line: scheme without host": Malformed(_get(line=b"GET http:// HTTP/1.1")),
    "line: CONNECT with a body": Malformed(_connect(b"x:443", b"Content-Length: 3") + b"abc"),
    "line: CONNECT with chunks": Malformed(_connect(b"x:443", _CHUNKED) + _END),
    "line: CONNECT with a path": Malformed(_connect(b"/x")),
    "line: CONNECT with a path after the port": Malformed(_connect(b"x:443/")),
    "line: CONNECT with a scheme": Malformed(_connect(b"https://x:443")),
    "line: CONNECT with a user": Malformed(_connect(b"u@x:443")),
    "line: CONNECT without a host": Malformed(_connect(b":443")),
    "line: CONNECT without a port": Malformed(_connect(b"x")),
    "line: CONNECT with an empty port": Malformed(_connect(b"x:")),
    "line: CONNECT with port 0": Malformed(_connect(b"x:0")),
    "line: CONNECT with port 65536": Malformed(_connect(b"x:65536")),
    "line: CONNECT with a signed port": Malformed(_connect(b"x:+443")),
    "line: CONNECT with two ports": Malformed(_connect(b"x:443:443")),
    "line: CONNECT with an address without brackets": Malformed(_connect(b"::1:443")),
    "line: CONNECT with an asterisk": Malformed(_connect(b"*")),
    "line: method with a colon": Malformed(_get(line=b"GE:T / HTTP/1.1")),
    "line: method with NUL": Malformed(_get(line=b"G\0T / HTTP/1.1")),
    "line: method with a byte above ASCII": Malformed(_get(line=b"G\xc9T / HTTP/1.1")),
    "line: quoted method": Malformed(_get(line=b'"GET" / HTTP/1.1')),
    "line: method in lower case": Malformed(_get(line=b"get / HTTP/1.1"), admitted=_ANY_METHOD),
    "line: version in lower case": Malformed(_get(line=b"GET / http/1.1")),
    "line: version 0.9": Malformed(_get(line=b"GET / HTTP/0.9")),
    "line: version 1.2": Malformed(
        _get(line=b"GET / HTTP/1.2"), stricter="RFC 9110 2.5 would allow it, but the parser knows no such version"
    ),
    "line: version 2.0": Malformed(_get(line=b"GET / HTTP/2.0")),
    "line: version with a sign": Malformed(_get(line=b"GET / HTTP/+1.1")),
    "line: version with two digits": Malformed(_get(line=b"GET / HTTP/1.10")),
    "line: version without minor": Malformed(_get(line=b"GET / HTTP/1")),
    "line: version with a comma": Malformed(_get(line=b"GET / HTTP/1,1")),
    "line: other protocol": Malformed(_get(line=b"GET / ICY/1.1")),
    "line: HTTP/2 preface": Malformed(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "line: TLS": Malformed(bytes.fromhex("16030100f1010000ed0303") + b"x" * 200),
    "line: empty line before": Malformed(b"\r\n" + _get(), admitted=_ONE_EMPTY_LINE),
    "line: line feed before": Malformed(b"\n" + _get()),
    # Ends of lines.
    "ends: line feeds only": Malformed(b"GET / HTTP/1.1\nHost: localhost\n\n", stricter=_LINE_FEED),
    "ends: line feed after the request line": Malformed(
        b"GET / HTTP/1.1\nHost: localhost\r\n\r\n", stricter=_LINE_FEED
    ),
    "ends: line feed after a header": Malformed(_get(b"X: y\nZ: z"), stricter=_LINE_FEED),
    "ends: line feed as empty line": Malformed(b"GET / HTTP/1.1\r\nHost: localhost\r\n\n", stricter=_LINE_FEED),
    "ends: line feed instead of the last line end": Malformed(
        b"GET / HTTP/1.1\r\nHost: localhost\n\r\n", stricter=_LINE_FEED
    ),
    "ends: carriage return only": Malformed(b"GET / HTTP/1.1\rHost: localhost\r\r"),
    "ends: carriage return after a header": Malformed(_get(b"X: y\rZ: z")),
    "ends: two carriage returns": Malformed(b"GET / HTTP/1.1\r\nHost: localhost\r\r\n\r\n"),
    "ends: carriage return before the colon": Malformed(_get(b"X\r: y")),
    # Headers.
    "header: folded": Malformed(_get(b"X: y\r\n z")),
    "header: folded with a tab": Malformed(_get(b"X: y\r\n\tz")),
    "header: folded with nothing": Malformed(_get(b"X: y\r\n ")),
    "header: first one folded": Malformed(b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n"),
    "header: folded length": Malformed(_post(b"Content-Length:\r\n 3", body=b"abc")),
    "header: folded encoding": Malformed(_post(b"Transfer-Encoding:\r\n chunked", body=_END)),
    "header: space before the colon": Malformed(_get(b"X : y")),
    "header: tab before the colon": Malformed(_get(b"X\t: y")),
    "header: space before the colon of the length": Malformed(_post(b"Content-Length : 3", body=b"abc")),
    "header: space before the colon of the encoding": Malformed(_post(b"Transfer-Encoding : chunked", body=_END)),
    "header: space in the name": Malformed(_get(b"X y: z")),
    "header: no colon": Malformed(_get(b"X")),
    "header: no name": Malformed(_get(b": y")),
    "header: NUL in the name": Malformed(_get(b"X\0: y")),
    "header: NUL in the value": Malformed(_get(b"X: \0")),
    "header: control character in the name": Malformed(_get(b"X\x01: y")),
    "header: control character in the value": Malformed(_get(b"X: \x01")),
    "header: DEL in the value": Malformed(_get(b"X: \x7f")),
    "header: vertical tab before the length": Malformed(_post(b"Content-Length: \x0b3", body=b"abc")),
    "header: byte above ASCII in the name": Malformed(_get(b"X\xe9: y")),
    "header: brackets in the name": Malformed(_get(b"X[]: y")),
    "header: quote in the name": Malformed(_get(b'X"y: z')),
    "header: slash in the name": Malformed(_get(b"X/y: z")),
    # Host.
    "host: twice": Malformed(_get(b"Host: localhost")),
    "host: twice, different": Malformed(_get(b"Host: evil.example")),
    "host: none": Malformed(b"GET / HTTP/1.1\r\nX: y\r\n\r\n", admitted=_ONE_ORIGIN),
    "host: with a slash": Malformed(_get(host=b"Host: localhost/x"), admitted=_ONE_ORIGIN),
    "host: with a space": Malformed(_get(host=b"Host: local host"), admitted=_ONE_ORIGIN),
    # Lengths.
    "length: twice": Malformed(_post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc")),
    "length: twice, different": Malformed(_post(b"Content-Length: 3", b"Content-Length: 0", body=b"abc")),
    "length: list": Malformed(_post(b"Content-Length: 3, 3", body=b"abc")),
    "length: list, different": Malformed(_post(b"Content-Length: 3, 0", body=b"abc")),
    "length: empty": Malformed(_post(b"Content-Length:")),
    "length: plus sign": Malformed(_post(b"Content-Length: +3", body=b"abc")),
    "length: minus sign": Malformed(_post(b"Content-Length: -3", body=b"abc")),
    "length: hexadecimal": Malformed(_post(b"Content-Length: 0x3", body=b"abc")),
    "length: fraction": Malformed(_post(b"Content-Length: 3.0", body=b"abc")),
    "length: underscore": Malformed(_post(b"Content-Length: 1_0", body=b"x" * 10)),
    "length: space within": Malformed(_post(b"Content-Length: 1 0", body=b"x" * 10)),
    "length: quoted": Malformed(_post(b'Content-Length: "3"', body=b"abc")),
    "length: other digits": Malformed(_post("Content-Length: \u0663".encode(), body=b"abc")),
    "length: more than 64 bits": Malformed(_post(b"Content-Length: 18446744073709551619", body=b"abc")),
    "length: word": Malformed(_post(b"Content-Length: three", body=b"abc")),
    # Encodings.
    "encoding: with a length": Malformed(_post(b"Content-Length: 5", _CHUNKED, body=_END)),
    "encoding: before a length": Malformed(_post(_CHUNKED, b"Content-Length: 5", body=_END)),
    "encoding: with the length 0": Malformed(_post(b"Content-Length: 0", _CHUNKED, body=_END)),
    "encoding: twice": Malformed(_post(_CHUNKED, _CHUNKED, body=_END)),
    "encoding: chunked twice": Malformed(_post(b"Transfer-Encoding: chunked, chunked", body=_END)),
    "encoding: unknown": Malformed(_post(b"Transfer-Encoding: xchunked", body=_END)),
    "encoding: identity": Malformed(_post(b"Transfer-Encoding: identity")),
    "encoding: gzip": Malformed(_post(b"Transfer-Encoding: gzip")),
    "encoding: gzip, chunked": Malformed(_post(b"Transfer-Encoding: gzip, chunked", body=_END)),
    "encoding: chunked, gzip": Malformed(_post(b"Transfer-Encoding: chunked, gzip", body=_END)),
    "encoding: chunked, then another": Malformed(_post(_CHUNKED, b"Transfer-Encoding: identity", body=_END)),
    "encoding: quoted": Malformed(_post(b'Transfer-Encoding: "chunked"', body=_END)),
    "encoding: with a parameter": Malformed(_post(b"Transfer-Encoding: chunked;q=1", body=_END)),
    "encoding: comma after it": Malformed(_post(b"Transfer-Encoding: chunked,", body=_END)),
    "encoding: vertical tab before it": Malformed(_post(b"Transfer-Encoding: \x0bchunked", body=_END)),
    "encoding: empty": Malformed(_post(b"Transfer-Encoding:", body=_END)),
    "encoding: in HTTP/1.0": Malformed(_post(_CHUNKED, body=_END, version=b"1.0")),
    # Chunks.
    "chunk: no size": Malformed(_chunks(b"\r\nabc\r\n" + _END)),
    "chunk: size is a word": Malformed(_chunks(b"zz\r\nabc\r\n" + _END)),
    "chunk: size with a sign": Malformed(_chunks(b"+3\r\nabc\r\n" + _END)),
    "chunk: size with a minus sign": Malformed(_chunks(b"-3\r\nabc\r\n" + _END)),
    "chunk: size with 0x": Malformed(_chunks(b"0x3\r\nabc\r\n" + _END)),
    "chunk: size with an underscore": Malformed(_chunks(b"1_0\r\n" + b"x" * 16 + b"\r\n" + _END)),
    "chunk: size with more than 64 bits": Malformed(_chunks(b"10000000000000003\r\nabc\r\n" + _END)),
    "chunk: space before the size": Malformed(_chunks(b" 3\r\nabc\r\n" + _END)),
    "chunk: space after the size": Malformed(_chunks(b"3 \r\nabc\r\n" + _END), stricter=_CHUNK_LINE),
    "chunk: tab after the size": Malformed(_chunks(b"3\t\r\nabc\r\n" + _END), stricter=_CHUNK_LINE),
    "chunk: line feed after the size": Malformed(_chunks(b"3\nabc\r\n" + _END)),
    "chunk: line feed after the data": Malformed(_chunks(b"3\r\nabc\n" + _END)),
    "chunk: nothing after the data": Malformed(_chunks(b"3\r\nabc" + _END)),
    "chunk: less data": Malformed(_chunks(b"3\r\nab\r\n" + _END)),
    "chunk: more data": Malformed(_chunks(b"3\r\nabcd\r\n" + _END)),
    "chunk: line feed in an extension": Malformed(_chunks(b"3;a\nb\r\nabc\r\n" + _END)),
    "chunk: carriage return in an extension": Malformed(_chunks(b"3;a\rb\r\nabc\r\n" + _END)),
    "chunk: NUL in an extension": Malformed(_chunks(b"3;\0\r\nabc\r\n" + _END), stricter=_CHUNK_LINE),
    "chunk: line feed after the last one": Malformed(_chunks(b"3\r\nabc\r\n0\n\r\n")),
    "chunk: line feed as the last line": Malformed(_chunks(b"3\r\nabc\r\n0\r\n\n"), stricter=_LINE_FEED),
    # Trailers.
    "trailer: folded": Malformed(
        _chunks(b"3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n"), stricter="folded lines are read in different ways"
    ),
    "trailer: no colon": Malformed(_chunks(b"3\r\nabc\r\n0\r\nX\r\n\r\n")),
    "trailer: space before the colon": Malformed(_chunks(b"3\r\nabc\r\n0\r\nX : y\r\n\r\n")),
    "trailer: length": Malformed(_chunks(b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n"), stricter=_TRAILER),
    "trailer: encoding": Malformed(_chunks(b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), stricter=_TRAILER),
}
