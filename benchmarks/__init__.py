"""Where the figures in docs/benchmarks.md come from: ``python -m benchmarks``, or ``make bench``.

Machines differ and are noisy, so a figure is a ratio of two things measured in
turn in one run, and a table says beside it how far it may go.
"""
