"""The parts of HTTP that the fake needs, without I/O.

``target`` decodes request targets, ``headers`` reads request headers, ``answer`` has the response that every adapter
delivers, and ``endpoint_name`` the names of the endpoints.
"""
