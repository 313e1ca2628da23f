"""The version of the kit."""

__version__ = "0.1.0"

COPR_VERSION = "2026-08-07"
"""The date of the source of Copr's frontend that the fake imitates."""
