"""Controlling a server: its worlds, the control API with its client, and the page."""
