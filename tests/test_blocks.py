"""Every block of code in the documents is run, or read as the program would read it."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from .documents import CHECK, DOCUMENTS, ROOT, RUN, Page, blocks_of, environment, name_of, run

pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_blocks_run_one_after_the_other(document: Path, tmp_path: Path) -> None:
    """Whoever does what a document shows, in order, sees what it shows."""
    # Wherever temporary directories are, this is no part of a project.
    (tmp_path / "pytest.ini").touch()
    page = Page(tmp_path, {"__name__": document.stem})
    for block in blocks_of(document):
        page.take(block)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_nothing_is_shown_that_nothing_runs(document: Path) -> None:
    """Each block has a language that is run or read, and each file that is written is named and used."""
    shown = list(blocks_of(document))
    for at, block in enumerate(shown):
        where = f"{name_of(document)}:{block.line}"
        assert block.language in RUN, f"{where}: {block.language or 'no language'}"
        if block.file:
            CHECK[block.language](block.text)
            assert f"`{block.file}`" in document.read_text(), f"{where}: {block.file} is not told of"
            later = "".join(after.text for after in shown[at + 1 :] if after.language in ("bash", "console"))
            used = "pytest" in later if block.file.endswith(".py") else block.file in later
            assert used or block.file in RUN_BELOW, f"{where}: {block.file} is not used"


RUN_BELOW = ("compose.yaml", "steer.sh")


def test_the_service_of_docker_compose_answers_and_is_steered(tmp_path: Path) -> None:
    """Its command, started as the container would start it, is healthy, and takes its token from the script."""
    page = ROOT / "docs" / "how-to" / "compose.md"
    files = {block.file: block.text for block in blocks_of(page)}
    service = yaml.safe_load(files["compose.yaml"])["services"]["copr"]
    *shell, script = service["command"]
    assert shell == ["sh", "-c"]
    # Compose reads $$ as $; what there is to install is installed, and the port may be taken here.
    _, _, command = script.replace("$$", "$").partition(" && ")
    server = subprocess.Popen(
        ["sh", "-c", f"{command} --port 0"],
        env=environment(tmp_path) | service["environment"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = re.sub(r"^.*:(\d+)\n$", r"http://127.0.0.1:\1", server.stdout.readline())
        *test, code = service["healthcheck"]["test"]
        assert test == ["CMD", "python", "-c"]
        asked = run(tmp_path, f'python -c "{code.replace("http://127.0.0.1:5000", url)}"')
        assert asked.returncode == 0, asked.stdout
        steered = run(tmp_path, files["steer.sh"], COPR_URL=url, **service["environment"])
        assert '"status": 503' in steered.stdout, steered.stdout
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=10)
    assert server.returncode == 0
