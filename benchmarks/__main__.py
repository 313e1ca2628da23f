"""Measure every figure and print the table; status 1 where one is out of its bound."""

from __future__ import annotations

import sys

from . import believable, companions, in_process, living, million, peers, plugin, scenarios, served

ROUNDS = 15

print("| figure | measured | bound |\n| --- | --- | --- |", flush=True)
missed = 0
for module in (in_process, companions, served, peers, plugin, living, million, believable, scenarios):
    for figure in module.measure(ROUNDS):
        missed += not figure.within
        mark = "" if figure.within else " **missed**"
        print(f"| {figure.what} | {figure.value:.4g} {figure.unit}{mark} | {figure.bound} |", flush=True)
sys.exit(missed > 0)
