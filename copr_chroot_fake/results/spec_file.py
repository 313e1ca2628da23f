"""The spec of a package, from which rpm would make the packages that a build is said to have made."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.nevra import Nevra
from .job import Job


def write_spec(job: Job) -> bytes:
    return "".join(f"{line}\n" for line in _lines(job)).encode(errors="replace")


def _lines(job: Job) -> Iterator[str]:
    source = job.source
    # One package may be built under one name for several architectures.
    built = {nevra.name: nevra for nevra in job.packages if nevra.arch != "src"}
    yield f"Name:           {source.name}"
    yield f"Version:        {source.version}"
    yield f"Release:        {source.release}"
    if source.epoch is not None:
        yield f"Epoch:          {source.epoch}"
    yield from _description(source.name, built.get(source.name))
    others = {name: nevra for name, nevra in built.items() if name != source.name}
    for name, nevra in others.items():
        yield ""
        yield f"%package -n {name}"
        yield from _description(name, nevra, f" -n {name}")
    if source.name in built or not built:
        yield ""
        yield "%files"
    for name in others:
        yield ""
        yield f"%files -n {name}"


def _description(name: str, nevra: Nevra | None, of: str = "") -> Iterator[str]:
    yield f"Summary:        A package called {name}, with nothing in it"
    if not of:
        yield "License:        MIT"
    if nevra is not None and nevra.arch == "noarch":
        yield "BuildArch:      noarch"
    yield ""
    yield f"%description{of}"
    yield "A stand-in for what Copr has built."
