"""Benchmarks, which measure the figures in docs/benchmarks.md: ``make bench``, or ``python -m benchmarks``.

Machines differ, and measurements are noisy. Therefore most figures are a ratio of two measurements that alternate in
one run.
"""
