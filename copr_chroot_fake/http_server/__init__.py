"""Serving worlds and their control API over HTTP: sockets, protocol, access control, logs."""
