"""Random but consistent Copr data: names, packages, builds and whole scenarios, reproducible from a seed."""
