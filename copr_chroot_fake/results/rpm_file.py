"""The smallest RPM package that rpm takes for a whole one: a NEVRA, and nothing to install.

The format is that of RPM 4: a lead that nobody reads anymore, a signature with
sizes and digests, a header with tags, and a compressed archive. See
https://rpm-software-management.github.io/rpm/manual/format_v4.html.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Mapping
from typing import NamedTuple

from ..builds.nevra import Nevra

_LEAD = struct.Struct(">4sBBHH66sHH16x")
_LEAD_MAGIC = b"\xed\xab\xee\xdb"
_HEADER_MAGIC = b"\x8e\xad\xe8\x01\0\0\0\0"
_ENTRY = struct.Struct(">IIiI")

_ARCH_NUMBERS = {"x86_64": 1, "i386": 1, "i686": 1, "armv7hl": 12, "s390x": 15, "ppc64le": 16, "aarch64": 19}
_NO_ARCH = 255

_TRAILER = b"070701" + b"0" * 40 + b"00000001" + b"0" * 40 + b"0000000b" + b"0" * 8 + b"TRAILER!!!" + b"\0" * 4
"""An archive (cpio, newc) with nothing in it."""

_SHA256 = 8
_EQUAL = 8


class _Value(NamedTuple):
    """What a tag has: the number of its type, how many there are, how they are aligned, and their bytes."""

    type: int
    number: int
    alignment: int
    data: bytes


def _int32(number: int) -> _Value:
    return _Value(4, 1, 4, struct.pack(">I", number))


def _binary(data: bytes) -> _Value:
    return _Value(7, len(data), 1, data)


def _text(text: str) -> _Value:
    return _Value(6, 1, 1, _encode(text))


def _texts(*texts: str) -> _Value:
    return _Value(8, len(texts), 1, b"".join(map(_encode, texts)))


def _encode(text: str) -> bytes:
    return text.encode(errors="replace") + b"\0"


def _translated(text: str) -> _Value:
    return _text(text)._replace(type=9)


def write(nevra: Nevra, *, source: Nevra, vendor: str, built_on: int) -> bytes:
    """A package, the same for the same values.

    :param source: what it was built from.
    :param built_on: a Unix time.
    """
    payload = gzip.compress(_TRAILER, mtime=0)
    header = _header(63, _tags(nevra, source, vendor, built_on, payload))
    signature = _header(
        62,
        {
            269: _text(hashlib.sha1(header, usedforsecurity=False).hexdigest()),
            273: _text(hashlib.sha256(header).hexdigest()),
            1000: _int32(len(header) + len(payload)),
            1004: _binary(hashlib.md5(header + payload, usedforsecurity=False).digest()),
            1007: _int32(len(_TRAILER)),
        },
    )
    padding = b"\0" * (-len(signature) % 8)
    return _lead(nevra) + signature + padding + header + payload


def file_name(nevra: Nevra) -> str:
    """What the file of a package is called, in which no epoch is."""
    return f"{nevra.name}-{nevra.version}-{nevra.release}.{nevra.arch}.rpm"


def _tags(nevra: Nevra, source: Nevra, vendor: str, built_on: int, payload: bytes) -> dict[int, _Value]:
    epoch = f"{nevra.epoch}:" if nevra.epoch else ""
    tags = {
        100: _texts("C"),
        1000: _text(nevra.name),
        1001: _text(nevra.version),
        1002: _text(nevra.release),
        1004: _translated(f"A package called {nevra.name}, with nothing in it"),
        1005: _translated("A stand-in for what Copr would have built."),
        1006: _int32(built_on),
        1007: _text("localhost"),
        1009: _int32(0),
        1011: _text(vendor),
        1014: _text("MIT"),
        1016: _translated("Unspecified"),
        1021: _text("linux"),
        1022: _text(nevra.arch),
        1064: _text("4.20.1"),
        1124: _text("cpio"),
        1125: _text("gzip"),
        1126: _text("9"),
        5062: _text("utf-8"),
        5092: _texts(hashlib.sha256(payload).hexdigest()),
        5093: _int32(_SHA256),
    }
    if nevra.epoch is not None:
        tags[1003] = _int32(nevra.epoch)
    if nevra.arch == "src":
        tags[1106] = _int32(1)
    else:
        # Without the name of its source rpm takes a package for a source itself.
        tags[1044] = _text(file_name(source))
        tags[1047] = _texts(nevra.name)
        tags[1112] = _int32(_EQUAL)
        tags[1113] = _texts(f"{epoch}{nevra.version}-{nevra.release}")
    return tags


def _lead(nevra: Nevra) -> bytes:
    name = f"{nevra.name}-{nevra.version}-{nevra.release}".encode(errors="replace")[:65]
    number = _ARCH_NUMBERS.get(nevra.arch, _NO_ARCH)
    return _LEAD.pack(_LEAD_MAGIC, 3, 0, nevra.arch == "src", number, name, 1, 5)


def _header(region: int, tags: Mapping[int, _Value]) -> bytes:
    """An index of tags and their values, all of them within a region that nobody may change."""
    index, data = [], bytearray()
    for tag, value in sorted(tags.items()):
        data += b"\0" * (-len(data) % value.alignment)
        index.append(_ENTRY.pack(tag, value.type, len(data), value.number))
        data += value.data
    # The region ends with an entry of its own, which says how far back the index begins.
    index.insert(0, _ENTRY.pack(region, 7, len(data), _ENTRY.size))
    data += _ENTRY.pack(region, 7, -_ENTRY.size * len(index), _ENTRY.size)
    return _HEADER_MAGIC + struct.pack(">II", len(index), len(data)) + b"".join(index) + bytes(data)
