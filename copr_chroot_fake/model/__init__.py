"""The state machine of build chroots, their lifecycles, and the values that describe builds, projects and faults."""
