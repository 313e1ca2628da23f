"""A certificate authority of a server, whose certificate clients have to trust."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import trustme

from ..errors import InputError
from ..validation.checks import listing

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""The names of this machine."""


class CertificateAuthority:
    """Issues certificates, which clients verify with its own, in a file.

    :param directory: where to write the file.
    """

    def __init__(self, directory: Path) -> None:
        self._authority = trustme.CA(organization_unit_name="copr-chroot-fake")
        self.directory = directory
        self.file = directory / "authority.pem"
        self.file.write_bytes(self._authority.cert_pem.bytes())
        self.context_for = lru_cache(maxsize=100)(self._make_context)

    def _make_context(self, *names: str) -> ssl.SSLContext:
        """Return the TLS settings of a server with names and addresses, some of which may occur twice.

        :raises InputError: for a name that cannot be in a certificate.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # No client resumes sessions often enough to gain from tickets.
        context.num_tickets = 0
        try:
            self._authority.issue_cert(*dict.fromkeys(names)).configure_cert(context)
        except ValueError as error:
            raise InputError("--tls", f"cannot issue a certificate for {listing(names)}: {error}") from None
        return context


@contextmanager
def certificate_authority() -> Iterator[CertificateAuthority]:
    """A new authority; its directory is deleted after the block, but not by a forked child."""
    process, directory = os.getpid(), Path(tempfile.mkdtemp(prefix="copr-chroot-fake-"))
    try:
        yield CertificateAuthority(directory)
    finally:
        if os.getpid() == process:
            shutil.rmtree(directory, ignore_errors=True)
