"""The environment of programs that reach a fake through its proxy, and the files that it names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_DIRECT = "localhost,127.0.0.1,::1"
"""Hosts that programs contact without the proxy."""

_SYSTEM_WGETRC = "/etc/wgetrc"


def proxy_variables(url: str, authority: Path, directory: Path, config: str) -> Mapping[str, str]:
    """Return environment variables for programs, after writing the files that they name.

    :param url: of the proxy.
    :param authority: the file of the certificate with which programs verify those of the proxy.
    :param directory: where to write the files.
    :param config: the content of a configuration file for Copr's clients.
    """
    bundle = directory / "bundle.pem"
    bundle.write_text(f"{_trusted_certificates()}\n{authority.read_text()}")
    copr_config = directory / "copr.conf"
    copr_config.touch(mode=0o600)
    copr_config.write_text(config)
    wgetrc = directory / "wgetrc"
    wgetrc.write_text(f"{_system_wgetrc()}\nca_certificate = {bundle}\n")
    # Programs differ in the case that they read: curl and wget read only http_proxy.
    proxies = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": _DIRECT}
    return {
        **proxies,
        **{name.lower(): value for name, value in proxies.items()},
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"), str(bundle)),
        "SYSTEM_WGETRC": str(wgetrc),
        # Node adds it to its own certificates.
        "NODE_EXTRA_CA_CERTS": str(authority),
        "NODE_USE_ENV_PROXY": "1",
        "COPR_CONFIG": str(copr_config),
    }


def sleep_variables(url: str) -> Mapping[str, str]:
    """Return environment variables with which ``sleep``, also Python's, moves the fake's clock instead of waiting.

    :param url: of the fake, whose control API the programs call.
    """
    directory = str(Path(__file__).with_name("no_sleep"))
    return {
        "PATH": os.pathsep.join([directory, os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(filter(None, [directory, os.environ.get("PYTHONPATH")])),
        "COPR_FAKE_URL": url,
    }


def client_config(url: str, name: str = "jdoe", login: str = "jdoe", token: str = "token") -> str:
    """Return the content of a configuration file for copr-cli and the official client.

    :param url: the fake's own address. At Copr's, the client would leave the proxy with the second page of a list.
    """
    is_encrypted = url.startswith("https:")
    return (
        f"[copr-cli]\ncopr_url = {url}\nusername = {name}\nlogin = {login}\ntoken = {token}\n"
        f"encrypted = {is_encrypted}\n"
    )


def _trusted_certificates() -> str:
    """Return the certificates that the system trusts; programs need them for hosts that the proxy allows."""
    # Imported late, as a configuration file alone needs none.
    import ssl

    # It respects SSL_CERT_FILE. Some systems have no such file.
    file = ssl.get_default_verify_paths().cafile
    if file is not None:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    return "".join(map(ssl.DER_cert_to_PEM_cert, ssl.create_default_context().get_ca_certs(binary_form=True)))


def _system_wgetrc() -> str:
    """Return the system's configuration of wget, which reads no variable with certificates."""
    path = Path(os.environ.get("SYSTEM_WGETRC", _SYSTEM_WGETRC))
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
