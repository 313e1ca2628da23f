"""The numbers of the RPM 4 format that the packages here need, under the names that rpm gives them."""

from __future__ import annotations

from enum import IntEnum


class Type(IntEnum):
    """Of what type the value of a tag is."""

    INT32 = 4
    STRING = 6
    BIN = 7
    STRING_ARRAY = 8
    I18NSTRING = 9


class Region(IntEnum):
    """What stands for all tags of a header together."""

    HEADERSIGNATURES = 62
    HEADERIMMUTABLE = 63


class SignatureTag(IntEnum):
    """What the signature has: sizes and digests of what comes after it."""

    SHA1 = 269
    SHA256 = 273
    SIZE = 1000
    MD5 = 1004
    PAYLOADSIZE = 1007


class Tag(IntEnum):
    """What the header has."""

    HEADERI18NTABLE = 100
    NAME = 1000
    VERSION = 1001
    RELEASE = 1002
    EPOCH = 1003
    SUMMARY = 1004
    DESCRIPTION = 1005
    BUILDTIME = 1006
    BUILDHOST = 1007
    SIZE = 1009
    VENDOR = 1011
    LICENSE = 1014
    GROUP = 1016
    OS = 1021
    ARCH = 1022
    SOURCERPM = 1044
    PROVIDENAME = 1047
    RPMVERSION = 1064
    SOURCEPACKAGE = 1106
    PROVIDEFLAGS = 1112
    PROVIDEVERSION = 1113
    PAYLOADFORMAT = 1124
    PAYLOADCOMPRESSOR = 1125
    PAYLOADFLAGS = 1126
    ENCODING = 5062
    PAYLOADDIGEST = 5092
    PAYLOADDIGESTALGO = 5093
