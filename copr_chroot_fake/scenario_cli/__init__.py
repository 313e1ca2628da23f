"""Tools for scenarios: they are checked, shown and made up."""
