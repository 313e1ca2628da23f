"""The ways in which code under test reaches a fake: each a thin adapter to ``answer``."""
