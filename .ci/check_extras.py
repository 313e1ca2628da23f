"""Check, where only the wheel and some extras are installed, that what needs no other package works.

``python check_extras.py base`` and so on run one of the checks below; ``python
check_extras.py PAGE.md`` follows a start page: it writes its files and runs its
commands. It needs only the standard library, as nothing else may be installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path

import copr_chroot_fake
from copr_chroot_fake import CoprClient, FakeCopr

OF_HTTPX = {"anyio", "certifi", "exceptiongroup", "h11", "httpcore", "httpx", "idna", "sniffio", "typing-extensions"}
"""httpx and the packages that it needs on one Python or another."""

COPR = "https://copr.fedorainfracloud.org/api_3"
STATE = "/build-chroot?build_id=1&chrootname=fedora-43-x86_64"


def fake_with_build() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build(["fedora-43-x86_64"], id=1, state="succeeded")
    return fake


def check_base() -> None:
    """Use the fake with httpx and the reference client; everything else names the extra that it needs."""
    import httpx

    installed = {re.sub("[-_.]+", "-", each.metadata["Name"]).lower() for each in distributions()}
    assert installed <= OF_HTTPX | {"copr-chroot-fake"}, installed - OF_HTTPX

    fake = fake_with_build()
    with httpx.Client(transport=fake.transport, base_url=COPR) as client:
        assert client.get(STATE).json()["state"] == "succeeded"
    with CoprClient(transport=fake.transport) as copr:
        assert copr.get(1, "fedora-43-x86_64").state == "succeeded"
    assert FakeCopr.from_scenario("mass-rebuild").builds

    for extra, use in NEEDS_EXTRA.items():
        message = import_error_of(use)
        assert f"pip install 'copr-chroot-fake[{extra}]'" in message, message

    for command in (
        [str(Path(sys.executable).with_name("copr-chroot-fake"))],
        [sys.executable, "-m", "copr_chroot_fake"],
    ):
        refused = subprocess.run([*command, "serve"], capture_output=True, text=True, check=False)
        assert (refused.returncode, refused.stdout) == (2, ""), refused
        assert "pip install 'copr-chroot-fake[server]'" in refused.stderr, refused


def import_error_of(use: Callable[[], object]) -> str:
    """Return the message of the ImportError that a call raises, or an empty text."""
    try:
        use()
    except ImportError as error:
        return str(error)
    return ""


def check_requests() -> None:
    import requests

    with fake_with_build().mock_requests():
        assert requests.get(COPR + STATE, timeout=10).json()["state"] == "succeeded"


def check_httpx2() -> None:
    import_module("httpx2")
    assert "pip install 'copr-chroot-fake[pytest]'" in import_error_of(answer_httpx2)


def check_faker() -> None:
    assert FakeCopr().populate(builds=1)


def check_yaml() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "scenario.yaml")
        path.write_text("builds: [{id: 1, chroots: [{name: fedora-43-x86_64}]}]")
        assert 1 in FakeCopr.from_scenario(path).builds


def check_rpm() -> None:
    fake = FakeCopr(progress="immediate")
    fake.add_project("jdoe/p", chroots=["fedora-43-x86_64"])
    headers = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "multipart/form-data; boundary=x"}
    parts = (
        'name="json"; filename="json"\r\n\r\n{"ownername": "jdoe", "projectname": "p"}',
        'name="pkgs"; filename="any.spec"\r\n\r\nName: tree\nVersion: 1\nRelease: 1\n',
    )
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--x--\r\n"
    assert fake.answer("POST", "/api_3/build/create/upload", headers, body.encode()).status == 200
    assert fake.builds[1].package == "tree"


def check_messages() -> None:
    fake = FakeCopr()
    fake.add_build({"fedora-43-x86_64": "running"})["fedora-43-x86_64"].report("succeeded")
    (message,) = fake.messages
    message.to_fedora_messaging().validate()


def serve() -> None:
    with FakeCopr().serving():
        pass


def serve_tls() -> None:
    with FakeCopr().serving(tls=True):
        pass


def answer_httpx() -> None:
    with FakeCopr().mock_httpx():
        pass


def answer_httpx2() -> None:
    with FakeCopr().mock_httpx2():
        pass


def answer_requests() -> None:
    with FakeCopr().mock_requests():
        pass


NEEDS_EXTRA: Mapping[str, Callable[[], object]] = {
    "faker": check_faker,
    "messages": check_messages,
    "pytest": answer_httpx,
    "requests": answer_requests,
    "server": serve,
    "tls": serve_tls,
    "yaml": check_yaml,
}

CHECKS: Mapping[str, Callable[[], None]] = {
    "base": check_base,
    "faker": check_faker,
    "httpx2": check_httpx2,
    "messages": check_messages,
    "requests": check_requests,
    "rpm": check_rpm,
    "yaml": check_yaml,
}


def follow(page: Path) -> None:
    """Write the files of a page and run its commands, each of which has to succeed.

    tests/test_blocks.py compares their output with the page, where all extras are installed.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    environment = own | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = 0
    with tempfile.TemporaryDirectory() as directory:
        # A directory above may have a configuration for other versions of pytest, or for plugins.
        Path(directory, "pytest.ini").touch()
        for language, file, text in re.findall(
            r"^```(\w+) ?(\S*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE
        ):
            if file:
                Path(directory, file).write_text(text)
            elif language == "console":
                for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
                    script = ["bash", "-euo", "pipefail", "-c", command]
                    subprocess.run(script, cwd=directory, env=environment, check=True, timeout=60)
                    ran += 1
    assert ran, f"{page} has no commands"


assert Path(sys.prefix) in Path(copr_chroot_fake.__file__).parents, "not the installed package"
if sys.argv[1] in CHECKS:
    CHECKS[sys.argv[1]]()
else:
    follow(Path(sys.argv[1]))
