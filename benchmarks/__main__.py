"""Measure all figures: print them as a table, and write a table, a plot and the numbers to files.

The exit status is 1 if a figure is outside its bound. With --short, which also runs on busy machines, it is 1 only if
a figure is far outside its bound.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from . import (
    generated_data,
    in_process,
    messages,
    million,
    other_endpoints,
    other_servers,
    plugin,
    polls,
    scenarios,
    served,
    submissions,
)
from .figures import Figure
from .report import HEAD, row, write

ROUNDS, SHORT_ROUNDS = 15, 5
ALL = (
    in_process,
    other_endpoints,
    submissions,
    messages,
    served,
    other_servers,
    plugin,
    polls,
    million,
    generated_data,
    scenarios,
)
SHORT = (in_process, other_endpoints, messages, served, scenarios)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="measure some of the figures, in fewer rounds")
    parser.add_argument("--into", type=Path, default=Path("build/benchmarks"), help="output directory")
    options = parser.parse_args()
    print(HEAD, flush=True)
    figures: list[Figure] = []
    for figure in _measure(options.short):
        figures.append(figure)
        print(row(figure), flush=True)
    write(figures, options.into)
    return any(figure.is_far_outside if options.short else not figure.is_within for figure in figures)


def _measure(short: bool) -> Iterator[Figure]:
    for module in SHORT if short else ALL:
        yield from module.measure(SHORT_ROUNDS if short else ROUNDS)


sys.exit(main())
