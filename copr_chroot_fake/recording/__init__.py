"""Recording: what a Copr answers about real builds, read into a scenario that answers the same."""
