"""Worlds: the isolated fakes of one server, with their snapshots and initial states. No I/O."""
