"""Measure every figure beside its baseline: a table on the terminal, and table, plot and numbers in files.

Status 1 where one is out of its bound, and in the short form, which machines that
are busy with other things run too, where one is far out of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from . import believable, companions, in_process, living, million, peers, plugin, scenarios, served
from .figures import Figure
from .report import HEAD, line, write

ROUNDS, SHORT_ROUNDS = 15, 5
ALL = (in_process, companions, served, peers, plugin, living, million, believable, scenarios)
SHORT = (in_process, companions, served, living, scenarios)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a part of the figures, in fewer rounds")
    parser.add_argument("--into", type=Path, default=Path("build/benchmarks"), help="directory for what is written")
    said = parser.parse_args()
    print(HEAD, flush=True)
    figures: list[Figure] = []
    for figure in _measured(said.short):
        figures.append(figure)
        print(line(figure), flush=True)
    write(figures, said.into)
    return any(figure.is_far_off if said.short else not figure.within for figure in figures)


def _measured(short: bool) -> Iterator[Figure]:
    for module in SHORT if short else ALL:
        yield from module.measure(SHORT_ROUNDS if short else ROUNDS)


sys.exit(main())
