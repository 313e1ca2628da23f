"""The in-memory state of Copr: projects, builds, chroots and faults, and how they change over time."""
