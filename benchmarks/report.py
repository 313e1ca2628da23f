"""Figures as a table in Markdown, as a plot, and as numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .figures import Figure

HEAD = "| figure | measured | bound |\n| --- | --- | --- |"


def line(figure: Figure) -> str:
    missed = "" if figure.within else " **missed**"
    return f"| {figure.what} | {figure.value:.4g} {figure.unit}{missed} | {figure.bound} |"


def write(figures: Sequence[Figure], into: Path) -> None:
    """Write table.md, figures.json and figures.svg into a directory, which is made if it is not there."""
    into.mkdir(parents=True, exist_ok=True)
    table = "\n".join([HEAD, *map(line, figures)])
    (into / "table.md").write_text(f"{table}\n", encoding="utf-8")
    numbers = [figure._asdict() | {"within": figure.within} for figure in figures]
    (into / "figures.json").write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    plot(figures, into / "figures.svg")


def plot(figures: Sequence[Figure], path: Path) -> None:
    """Draw how much of its bound each figure takes: all that is within it ends left of the line at 1."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "figures"
    shown = [*reversed(figures)]
    drawn, axes = plt.subplots(figsize=(11, 0.32 * len(shown) + 1), layout="constrained")
    colors = ["tab:blue" if figure.within else "tab:red" for figure in shown]
    labels = [figure.what for figure in shown]
    bars = axes.barh(labels, [figure.of_its_bound for figure in shown], color=colors)
    axes.bar_label(bars, [f"{figure.value:.3g} {figure.unit}" for figure in shown], padding=3, fontsize=8)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("measured, as a part of its bound; 1 is the bound itself")
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(x=0.15, y=0.01)
    drawn.savefig(path, metadata={"Date": None})
    plt.close(drawn)
