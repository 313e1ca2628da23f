"""Run every block of code in the documentation, or parse it as its program would."""

from __future__ import annotations

from pathlib import Path

import pytest

from .documents import CHECK, DOCUMENTS, RUN, Page, blocks_of, name_of

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("imported_kit")]


STARTING_PROGRAMS = {
    "docs/how-to/any-program.md",
    "docs/how-to/commands.md",
    "docs/how-to/results.md",
    "docs/how-to/stuck.md",
    "docs/how-to/submitting.md",
    "docs/how-to/unittest.md",
    "docs/how-to/xdist.md",
    "docs/scenario-tools.md",
    "docs/server.md",
    "docs/start/any-language.md",
    "docs/start/official-client.md",
    "docs/start/shell.md",
}
"""Pages whose blocks take seconds, as each starts processes."""


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(page, id=name_of(page), marks=[pytest.mark.slow] * (name_of(page) in STARTING_PROGRAMS))
        for page in DOCUMENTS
    ],
)
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
        assert block.language in (CHECK if block.file else RUN), f"{where}: {block.language or 'no language'}"
        if block.file:
            CHECK[block.language](block.text)
            assert f"`{block.file}`" in document.read_text(), f"{where}: {block.file} is not mentioned"
            later = "".join(after.text for after in blocks[at + 1 :] if after.language in ("bash", "console"))
            used = "pytest" in later if block.file.endswith(".py") else block.file in later
            assert used or block.file in RUN_BELOW, f"{where}: {block.file} is not used"


RUN_BELOW = ("test_vcr_before.py", "compose.yaml", "copr.conf", "copr.yaml", "fedora-messaging.toml", "control.sh")
