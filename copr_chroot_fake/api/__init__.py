"""Copr's API: maps one request to one response, without I/O.

There is a module for each resource, with its handlers, the forms that they read and the JSON that they return. Each
handler is declared as an endpoint with the decorator in ``endpoint.py``; ``routing.py`` collects the endpoints, parses
targets by their paths, and calls the handler. What handlers share is in the modules that they import: ``context.py``
has their arguments and results, and the others are named after what they read or check.
"""
