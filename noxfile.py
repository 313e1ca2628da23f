"""Sessions that check a change: all Pythons; the locked, oldest and newest dependencies; lint; wheel and sdist.

``nox --list`` names the sessions. A Python that is not installed is left out, and nox says so at the end.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "tests", "wheel", "extras"]

# Relative, as uv splits it at spaces; the sdist has these files, too.
for variable in ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"):
    os.environ[variable] = "constraints/locked.txt"

PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"

VERSIONS = [
    *((python, "locked") for python in PYTHONS if python != OWN),
    *((python, "oldest") for python in (PYTHONS[0], PYTHONS[-1])),
]
"""The versions of Python, and of the dependencies, that are tested together.

``make coverage`` runs the tests with the locked dependencies on the Python that also runs nox. The oldest dependencies
are tested with the first and the last Python, as the others differ from one of these by less.
"""

DIST = Path("build/dist").absolute()

NEWEST_ONLY = (
    "tests/control/test_document.py",
    "tests/control/test_document_requests.py",
    "tests/downstream/test_fuzzytail.py",
    "tests/test_typing.py",
    "tests/test_workflows.py",
)
"""Tests that need what only the dev group has: type checkers, schemathesis, fuzzytail, check-jsonschema."""

ON_EACH_PYTHON = (
    "tests/client",
    "tests/conformance",
    "tests/control/test_server.py",
    "tests/downstream/test_consumers.py",
    "tests/faults",
    "tests/messages",
    "tests/pytest_plugin",
    "tests/test_access_log.py",
    "tests/test_generated_data.py",
    "tests/test_adapter_equivalence.py",
    "tests/test_adapters.py",
    "tests/test_shutdown.py",
    "tests/test_official_client.py",
    "tests/test_packaging.py",
    "tests/test_proxy.py",
    "tests/test_public_names.py",
    "tests/test_requests.py",
    "tests/test_run.py",
    "tests/test_serve.py",
    "tests/test_threads.py",
    "tests/test_tls.py",
    "tests/test_wire_faults.py",
)
"""Tests that can depend on the versions of Python and of the dependencies: imports, adapters, plugin, server."""

IN_BETWEEN = (
    "tests/client",
    "tests/pytest_plugin",
    "tests/test_adapters.py",
    "tests/test_packaging.py",
    "tests/test_public_names.py",
    "tests/test_serve.py",
    "tests/test_threads.py",
    "tests/test_tls.py",
    "tests/test_wire_faults.py",
)
"""Those of these tests that run on the Pythons between the first and the last, which differ from these by less."""

OF_THE_WHEEL = (
    "tests/control/test_server.py",
    "tests/pytest_plugin",
    "tests/scenarios/test_commands.py",
    "tests/scenarios/test_bundled.py",
    "tests/test_packaging.py",
    "tests/test_public_names.py",
    "tests/test_serve.py",
)
"""Tests that can depend on how the kit is installed: its files, commands and entry points."""

PARALLEL = ("-n", "auto", "--dist", "worksteal")

QUICK = ("-m", "not slow")

STARTS = Path("docs/start")

ALONE = (
    "base",
    "faker",
    "httpx2",
    "messages",
    "requests",
    "rpm",
    "yaml",
    *sorted(page.name for page in STARTS.glob("*.md")),
)
"""What has to work with nothing else installed: extras, and start pages with the packages that they name.

The pages install the extras ``pytest`` and ``server``.
"""


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    session.install("--editable", ".[all]", "--group", "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
@nox.parametrize(("python", "versions"), VERSIONS, ids=["-".join(pair) for pair in VERSIONS])
def tests(session: nox.Session, versions: str) -> None:
    """Run tests with the locked versions, or with the oldest that pyproject.toml allows; arguments select others."""
    selected = ON_EACH_PYTHON if session.python in (PYTHONS[0], PYTHONS[-1]) else (*QUICK, *IN_BETWEEN)
    arguments = (*PARALLEL, *(session.posargs or selected))
    # What differs between versions shows with few examples.
    session.env["COPR_FAKE_EXAMPLES"] = "0.03"
    if versions == "locked":
        session.install("--editable", ".[all]", "--group", "dev")
        session.run("pytest", *arguments)
        return
    session.env["UV_CONSTRAINT"] = f"constraints/oldest-{session.python}.txt"
    session.install("--editable", ".[all]", "--group", "test")
    ignored = [f"--ignore={path}" for path in NEWEST_ONLY]
    session.log(f"left out, as they need newer versions: {', '.join(NEWEST_ONLY)}")
    session.run("pytest", *ignored, *arguments)


@nox.session
@nox.parametrize("versions", ["stable", "prerelease"], ids=["stable", "prerelease"])
def newest(session: nox.Session, versions: str) -> None:
    """Run tests with the newest dependencies of the kit, or with the newest pre-releases of everything."""
    session.install("--editable", ".[all]", "--group", "dev")
    locked = session.run("uv", "pip", "freeze", silent=True, external=True)
    session.env["UV_CONSTRAINT"] = session.env["UV_BUILD_CONSTRAINT"] = ""
    if versions == "stable":
        session.install("--upgrade", "--editable", ".[all]")
    else:
        session.install("--upgrade", "--prerelease", "allow", "--editable", ".[all]", "--group", "dev")
    installed = session.run("uv", "pip", "freeze", silent=True, external=True)
    newer = sorted({*str(installed).splitlines()} - {*str(locked).splitlines()})
    session.log(f"newer than locked: {', '.join(newer) or 'nothing'}")
    if newer:
        selected = (*QUICK, *ON_EACH_PYTHON) if versions == "stable" else ()
        session.run("pytest", *PARALLEL, *(session.posargs or selected))


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist, and the wheel from it, and check both."""
    session.install("--group", "dev")
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "build", "--installer", "uv", "--outdir", str(DIST))
    files = sorted(str(path) for path in DIST.iterdir())
    session.run("twine", "check", "--strict", *files)
    session.run("check-wheel-contents", *(file for file in files if file.endswith(".whl")))


@nox.session(requires=["build"])
def release(session: nox.Session) -> None:
    """Check that a second build is the same; write the licenses of the dependencies and a bill of materials."""
    again = Path(session.create_tmp()).absolute() / "dist"
    session.install("--group", "release", "build[uv]")
    session.run("python", "-m", "build", "--installer", "uv", "--outdir", str(again))
    for built in sorted(again.iterdir()):
        if built.read_bytes() != (DIST / built.name).read_bytes():
            session.error(f"{built.name} differs from the first build")
    (wheel,) = DIST.glob("*.whl")
    requirement = f"copr-chroot-fake[all] @ {wheel.as_uri()}"
    session.run("uv", "tool", "run", "--from", requirement, "copr-chroot-fake", "--version", external=True)
    environment = again.parent / "installed"
    session.run("uv", "venv", "--quiet", "--clear", str(environment), external=True)
    python = str(environment / "bin" / "python")
    session.run("uv", "pip", "install", "--quiet", "--python", python, requirement, external=True)
    session.run("cyclonedx-py", "environment", "--output-file", str(DIST.parent / "sbom.cdx.json"), python)
    session.run(
        *("pip-licenses", "--python", python, "--format", "markdown", "--with-urls"),
        *("--output-file", str(DIST.parent / "licenses.md")),
    )


@nox.session(requires=["build"])
def wheel(session: nox.Session) -> None:
    """Install the wheel where there is no checkout, and run tests of the sdist there; arguments select others."""
    (built,) = DIST.glob("*.whl")
    checks = Path(".ci/check_installed.py").absolute()
    session.install(f"copr-chroot-fake[server] @ {built.as_uri()}")
    session.chdir(_tests_alone(Path(session.create_tmp())))
    session.run("python", str(checks))
    session.install(f"copr-chroot-fake[all] @ {built.as_uri()}", "--group", "dev")
    session.run("pytest", *PARALLEL, *(session.posargs or OF_THE_WHEEL))


@nox.session(requires=["build"])
@nox.parametrize("use", ALONE, ids=ALONE)
def extras(session: nox.Session, use: str) -> None:
    """Install the wheel with one extra, or what a start page says, and check that this is all it takes."""
    (built,) = DIST.glob("*.whl")
    script = Path(".ci/check_extras.py").absolute()
    if use.endswith(".md"):
        check = str((STARTS / use).absolute())
        (line,) = re.findall("^pip install (.*)$", Path(check).read_text(), re.MULTILINE)[:1]
        packages = shlex.split(line, comments=True)
    else:
        check = use
        packages = ["copr-chroot-fake" if use == "base" else f"copr-chroot-fake[{use}]"]
    own = rf"copr-chroot-fake\1 @ {built.as_uri()}"
    session.install(*(re.sub(r"^(?:\.|copr-chroot-fake)((?:\[.*\])?)$", own, package) for package in packages))
    session.chdir(session.create_tmp())
    session.run("python", str(script), check)


def _tests_alone(where: Path) -> Path:
    """Unpack the sdist without the package itself."""
    (sources,) = DIST.glob("*.tar.gz")
    unpacked = where.absolute() / sources.name.removesuffix(".tar.gz")
    shutil.rmtree(unpacked, ignore_errors=True)
    with tarfile.open(sources) as archive:
        archive.extractall(where, filter="data")
    shutil.rmtree(unpacked / "copr_chroot_fake")
    return unpacked
