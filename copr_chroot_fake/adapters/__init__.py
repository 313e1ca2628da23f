"""Adapters: each connects one client library, or ASGI, to a fake's ``answer``."""
