"""Scenarios, which describe the initial state of a fake: reading and writing, and specs of objects that code adds."""
