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

from ..model.nevra import Nevra
from .rpm_tags import Region, SignatureTag, Tag, Type

_LEAD = struct.Struct(">4sBBHH66sHH16x")
_LEAD_MAGIC = b"\xed\xab\xee\xdb"
_HEADER_MAGIC = b"\x8e\xad\xe8\x01\0\0\0\0"
_ENTRY = struct.Struct(">IIiI")

_ARCH_NUMBERS = {"x86_64": 1, "i386": 1, "i686": 1, "armv7hl": 12, "s390x": 15, "ppc64le": 16, "aarch64": 19}
_NO_ARCH = 255

_TRAILER = b"070701" + b"0" * 40 + b"00000001" + b"0" * 40 + b"0000000b" + b"0" * 8 + b"TRAILER!!!" + b"\0" * 4
"""An archive (cpio, newc) with nothing in it."""

_SHA256 = 8
"""The number of a digest's algorithm."""

_EQUAL = 8
"""The flag of what provides just one version."""


class _Value(NamedTuple):
    """What a tag has: its type, how many there are, how they are aligned, and their bytes."""

    type: Type
    number: int
    alignment: int
    data: bytes


def _int32(number: int) -> _Value:
    return _Value(Type.INT32, 1, 4, struct.pack(">I", number))


def _binary(data: bytes) -> _Value:
    return _Value(Type.BIN, len(data), 1, data)


def _text(text: str) -> _Value:
    return _Value(Type.STRING, 1, 1, _encode(text))


def _texts(*texts: str) -> _Value:
    return _Value(Type.STRING_ARRAY, len(texts), 1, b"".join(map(_encode, texts)))


def _encode(text: str) -> bytes:
    return text.encode(errors="replace") + b"\0"


def _translated(text: str) -> _Value:
    return _text(text)._replace(type=Type.I18NSTRING)


def write(nevra: Nevra, *, source: Nevra, vendor: str, built_on: int) -> bytes:
    """A package, the same for the same values.

    :param source: what it was built from.
    :param built_on: a Unix time.
    """
    payload = gzip.compress(_TRAILER, mtime=0)
    header = _header(Region.HEADERIMMUTABLE, _tags(nevra, source, vendor, built_on, payload))
    signature = _header(
        Region.HEADERSIGNATURES,
        {
            SignatureTag.SHA1: _text(hashlib.sha1(header, usedforsecurity=False).hexdigest()),
            SignatureTag.SHA256: _text(hashlib.sha256(header).hexdigest()),
            SignatureTag.SIZE: _int32(len(header) + len(payload)),
            SignatureTag.MD5: _binary(hashlib.md5(header + payload, usedforsecurity=False).digest()),
            SignatureTag.PAYLOADSIZE: _int32(len(_TRAILER)),
        },
    )
    padding = b"\0" * (-len(signature) % 8)
    return _lead(nevra) + signature + padding + header + payload


def file_name(nevra: Nevra) -> str:
    """What the file of a package is called, in which no epoch is."""
    return f"{nevra.name}-{nevra.version}-{nevra.release}.{nevra.arch}.rpm"


def _tags(nevra: Nevra, source: Nevra, vendor: str, built_on: int, payload: bytes) -> dict[int, _Value]:
    epoch = f"{nevra.epoch}:" if nevra.epoch else ""
    tags: dict[int, _Value] = {
        Tag.HEADERI18NTABLE: _texts("C"),
        Tag.NAME: _text(nevra.name),
        Tag.VERSION: _text(nevra.version),
        Tag.RELEASE: _text(nevra.release),
        Tag.SUMMARY: _translated(f"A package called {nevra.name}, with nothing in it"),
        Tag.DESCRIPTION: _translated("A stand-in for what Copr would have built."),
        Tag.BUILDTIME: _int32(built_on),
        Tag.BUILDHOST: _text("localhost"),
        Tag.SIZE: _int32(0),
        Tag.VENDOR: _text(vendor),
        Tag.LICENSE: _text("MIT"),
        Tag.GROUP: _translated("Unspecified"),
        Tag.OS: _text("linux"),
        Tag.ARCH: _text(nevra.arch),
        Tag.RPMVERSION: _text("4.20.1"),
        Tag.PAYLOADFORMAT: _text("cpio"),
        Tag.PAYLOADCOMPRESSOR: _text("gzip"),
        Tag.PAYLOADFLAGS: _text("9"),
        Tag.ENCODING: _text("utf-8"),
        Tag.PAYLOADDIGEST: _texts(hashlib.sha256(payload).hexdigest()),
        Tag.PAYLOADDIGESTALGO: _int32(_SHA256),
    }
    if nevra.epoch is not None:
        tags[Tag.EPOCH] = _int32(nevra.epoch)
    if nevra.arch == "src":
        tags[Tag.SOURCEPACKAGE] = _int32(1)
    else:
        # Without the name of its source package, rpm takes a package for a source package.
        tags[Tag.SOURCERPM] = _text(file_name(source))
        tags[Tag.PROVIDENAME] = _texts(nevra.name)
        tags[Tag.PROVIDEFLAGS] = _int32(_EQUAL)
        tags[Tag.PROVIDEVERSION] = _texts(f"{epoch}{nevra.version}-{nevra.release}")
    return tags


def _lead(nevra: Nevra) -> bytes:
    name = f"{nevra.name}-{nevra.version}-{nevra.release}".encode(errors="replace")[:65]
    number = _ARCH_NUMBERS.get(nevra.arch, _NO_ARCH)
    return _LEAD.pack(_LEAD_MAGIC, 3, 0, nevra.arch == "src", number, name, 1, 5)


def _header(region: Region, tags: Mapping[int, _Value]) -> bytes:
    """An index of tags and their values, all of them within a region that nobody may change."""
    index, data = [], bytearray()
    for tag, value in sorted(tags.items()):
        data += b"\0" * (-len(data) % value.alignment)
        index.append(_ENTRY.pack(tag, value.type, len(data), value.number))
        data += value.data
    # The region ends with an entry of its own, which says how far back the index begins.
    index.insert(0, _ENTRY.pack(region, Type.BIN, len(data), _ENTRY.size))
    data += _ENTRY.pack(region, Type.BIN, -_ENTRY.size * len(index), _ENTRY.size)
    return _HEADER_MAGIC + struct.pack(">II", len(index), len(data)) + b"".join(index) + bytes(data)
