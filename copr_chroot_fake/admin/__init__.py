"""The control API, ``/_fake/``: whatever Python can do with a fake, over HTTP, and a page to watch it."""
