"""The recorded requests: the log, what each asked for, and assertions about them."""
