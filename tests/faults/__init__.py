"""Tests of faults: which requests they hit, what clients receive, and what they leave unchanged."""
