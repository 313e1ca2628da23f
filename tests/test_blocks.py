"""Run every block of code in the documentation, or parse it as its program would."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from .documents import CHECK, DOCUMENTS, ROOT, RUN, Page, blocks_of, environment, name_of, run

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("imported_kit")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_blocks_of_a_page_run_in_order(document: Path, pytester: pytest.Pytester) -> None:
    """The output is as the page shows it."""
    # Keep pytest from using the configuration of a directory above.
    pytester.makeini("")
    page = Page(pytester.path, pytester.runpytest_inprocess, {"__name__": document.stem})
    for block in blocks_of(document):
        page.take(block)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_block_is_used(document: Path) -> None:
    """Each block has a language that is run or parsed, and each file is mentioned and used."""
    blocks = list(blocks_of(document))
    for at, block in enumerate(blocks):
        where = f"{name_of(document)}:{block.line}"
        assert block.language in RUN, f"{where}: {block.language or 'no language'}"
        if block.file:
            CHECK[block.language](block.text)
            assert f"`{block.file}`" in document.read_text(), f"{where}: {block.file} is not mentioned"
            later = "".join(after.text for after in blocks[at + 1 :] if after.language in ("bash", "console"))
            used = "pytest" in later if block.file.endswith(".py") else block.file in later
            assert used or block.file in RUN_BELOW, f"{where}: {block.file} is not used"


RUN_BELOW = ("compose.yaml", "control.sh")


def test_compose_service_is_healthy_and_controlled(tmp_path: Path) -> None:
    """The command runs as in the container, and accepts the token that the script sends."""
    page = ROOT / "docs" / "how-to" / "compose.md"
    files = {block.file: block.text for block in blocks_of(page)}
    service = yaml.safe_load(files["compose.yaml"])["services"]["copr"]
    *shell, script = service["command"]
    assert shell == ["sh", "-c"]
    # Compose replaces $$ by $. The package is already installed here, and the port may be in use.
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
        health = run(tmp_path, f'python -c "{code.replace("http://127.0.0.1:5000", url)}"')
        assert health.returncode == 0, health.stdout
        controlled = run(tmp_path, files["control.sh"], COPR_URL=url, **service["environment"])
        assert '"status": 503' in controlled.stdout, controlled.stdout
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=10)
    assert server.returncode == 0
