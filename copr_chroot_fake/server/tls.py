"""TLS of a connection, and the authority that issues its certificates."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import sys
import tempfile
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import BasicConstraints, ExtensionNotFound, SubjectKeyIdentifier, load_pem_x509_certificate

from ..atomic_file import replace_file
from ..errors import CoprFakeError, InputError
from ..validation.checks import listing
from .context import connection_of


class _TlsLayer(SSLProtocol):
    """asyncio's TLS, below a protocol that has got the connection before the handshake.

    Back pressure is that of the connection, to which all that is encrypted is written at once.
    """

    max_size = 64 * 1024
    """Bytes of the buffer that asyncio keeps for each connection."""

    def __init__(self, protocol: asyncio.BufferedProtocol, context: ssl.SSLContext) -> None:
        # Nothing waits for the handshake.
        waiter: asyncio.Future[None] = None  # type: ignore[assignment]  # asyncio allows it
        super().__init__(asyncio.get_running_loop(), protocol, context, waiter, server_side=True)
        self._first_protocol = protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._extra["connection"] = connection_of(transport)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        self._app_protocol.pause_writing()

    def resume_writing(self) -> None:
        self._app_protocol.resume_writing()

    def connection_lost(self, error: BaseException | None) -> None:
        transport = self._app_transport
        super().connection_lost(error)
        if transport is not None:
            # Python 3.10 warns of a transport that only its client has closed.
            transport.abort()
        # asyncio does not tell it if the handshake has not succeeded.
        self._first_protocol.connection_lost(None)


def start_tls(
    transport: asyncio.Transport, protocol: asyncio.BufferedProtocol, context: ssl.SSLContext, received: bytes
) -> None:
    """Begin TLS on a connection; ``protocol`` gets the new transport after the handshake.

    :param received: the first bytes from the client.
    """
    layer = _TlsLayer(protocol, context)
    transport.set_protocol(layer)
    layer.connection_made(transport)
    if sys.version_info >= (3, 11):
        layer.get_buffer(len(received))[: len(received)] = received
        layer.buffer_updated(len(received))
    else:
        layer.data_received(received)


LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""The names of this machine."""


class CertificateAuthority:
    """Issues certificates, which clients verify with its own, in a file."""

    def __init__(self, authority: trustme.CA, file: Path) -> None:
        self._authority = authority
        self.file = file
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
    """A new authority; the directory of its file is deleted after the block, but not by a forked child."""
    process, directory = os.getpid(), Path(tempfile.mkdtemp(prefix="copr-chroot-fake-"))
    authority, file = _new_authority(), directory / "authority.pem"
    file.write_bytes(authority.cert_pem.bytes())
    try:
        yield CertificateAuthority(authority, file)
    finally:
        if os.getpid() == process:
            shutil.rmtree(directory, ignore_errors=True)


def kept_authority(file: Path) -> CertificateAuthority:
    """Return the authority whose certificate is in a file, with its key in FILE.key; both are created if missing.

    :raises CoprFakeError: if they are not those of an authority, or cannot be read or written.
    """
    key = file.with_name(f"{file.name}.key")
    if not file.exists() and not key.exists():
        authority = _new_authority()
        replace_file(key, authority.private_key_pem.bytes(), mode=0o600)
        replace_file(file, authority.cert_pem.bytes())
        return CertificateAuthority(authority, file)
    try:
        return CertificateAuthority(_read_authority(file.read_bytes(), key.read_bytes()), file)
    except OSError as error:
        problem = f"{error.filename}: cannot be read: {error.strerror}"
    except (ValueError, TypeError, ExtensionNotFound) as error:
        problem = f"{file} and {key}: not the certificate and the key of an authority: {error}"
    raise CoprFakeError(f"{problem}; delete both files, and a new authority is created")


def _read_authority(certificate_pem: bytes, key_pem: bytes) -> trustme.CA:
    certificate = load_pem_x509_certificate(certificate_pem)
    if load_pem_private_key(key_pem, password=None).public_key() != certificate.public_key():
        raise ValueError("the key is that of another certificate")
    certificate.extensions.get_extension_for_class(SubjectKeyIdentifier)
    if not certificate.extensions.get_extension_for_class(BasicConstraints).value.ca:
        raise ValueError("the certificate may not issue others")
    return trustme.CA.from_pem(certificate_pem, key_pem)


def _new_authority() -> trustme.CA:
    return trustme.CA(organization_unit_name="copr-chroot-fake")
