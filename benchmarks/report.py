"""Write figures as a Markdown table, as a plot, and as numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .figures import Figure

HEAD = "| figure | measured | bound |\n| --- | --- | --- |"


def row(figure: Figure) -> str:
    """Return the row of a figure in the table."""
    missed = "" if figure.is_within else " **missed**"
    return f"| {figure.name} | {figure.value:.4g} {figure.unit}{missed} | {figure.bound} |"


def write(figures: Sequence[Figure], into: Path) -> None:
    """Write table.md, figures.json and figures.svg to a directory; create it if necessary."""
    into.mkdir(parents=True, exist_ok=True)
    table = "\n".join([HEAD, *map(row, figures)])
    (into / "table.md").write_text(f"{table}\n", encoding="utf-8")
    numbers = [asdict(figure) | {"is_within": figure.is_within} for figure in figures]
    (into / "figures.json").write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    _plot(figures, into / "figures.svg")


def _plot(figures: Sequence[Figure], path: Path) -> None:
    """Draw each figure as a fraction of its bound: a figure within its bound ends left of the line at 1."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "figures"
    bottom_up = [*reversed(figures)]
    plot, axes = plt.subplots(figsize=(11, 0.32 * len(bottom_up) + 1), layout="constrained")
    colors = ["tab:blue" if figure.is_within else "tab:red" for figure in bottom_up]
    labels = [figure.name for figure in bottom_up]
    bars = axes.barh(labels, [figure.fraction_of_bound for figure in bottom_up], color=colors)
    axes.bar_label(bars, [f"{figure.value:.3g} {figure.unit}" for figure in bottom_up], padding=3, fontsize=8)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("fraction of the bound; a figure is within its bound up to 1")
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(x=0.15, y=0.01)
    plot.savefig(path, metadata={"Date": None})
    plt.close(plot)
