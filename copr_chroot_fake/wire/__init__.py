"""The parts of HTTP that the fake needs, without I/O.

``target`` parses request targets by the table in ``routes``, ``headers`` reads request headers, and ``answer`` has the
response that every adapter delivers.
"""
