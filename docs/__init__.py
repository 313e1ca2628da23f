"""The documentation, and what generates parts of it and the schemas in the package."""
