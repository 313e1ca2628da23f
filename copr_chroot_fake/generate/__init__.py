"""Data that looks like Copr's: drawn, but consistent, and for one seed the same everywhere."""
