"""The fake as a process, or a thread, that is asked over HTTP: sockets, worlds, and who may control it."""
