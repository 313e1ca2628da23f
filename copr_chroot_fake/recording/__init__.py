"""Record builds of a real Copr as a scenario that gives the same responses."""
