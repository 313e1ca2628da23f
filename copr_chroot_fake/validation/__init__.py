"""Validation of input: checks of values, fields of objects, collected errors and JSON Schemas."""
