"""Validation of input: checks of values, specs of objects, and their errors."""
