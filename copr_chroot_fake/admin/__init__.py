"""The control API, ``/_fake/``: control of a fake over HTTP, and a page to watch it."""
