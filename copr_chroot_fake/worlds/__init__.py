"""Worlds: the isolated fakes of one server, with their snapshots, initial states and memory limit. No I/O."""
