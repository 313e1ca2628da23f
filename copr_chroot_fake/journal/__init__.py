"""The recorded requests: the log, an index of it, and assertions."""
