"""Parsing of requests, and responses as bytes."""
