"""The recorded requests: the log, and assertions."""
