"""The files of a result directory at a moment, each made when somebody asks for it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from ..model.nevra import Nevra, dump_package
from . import logs, rpm_file
from .job import Job, Phase
from .spec_file import write_spec


class File(NamedTuple):
    """A file: when it was last written, as a Unix time, and how to make its bytes."""

    name: str
    modified: int
    make: Callable[[], bytes]


LIVE_LOGS = {"builder-live.log": logs.builder_live, "backend.log": logs.backend}
"""Those that are there, and grow, while the build goes on."""

_MOCK_LOGS = {"build.log": logs.build, "root.log": logs.root, "state.log": logs.state}


def files_of(job: Job) -> list[File]:
    """What there is by now, in the order of its names.

    While a build goes on, there are its logs; once it has ended they are
    compressed, and what came out is beside them (from the backend's source).
    """
    return sorted(_files(job), key=lambda file: file.name)


def _files(job: Job) -> Iterator[File]:
    if job.phase is not Phase.STARTING:
        yield File("build.info", job.started_on, partial(_build_info, job))
    if not job.phase.is_over:
        for name, write in LIVE_LOGS.items():
            if name == "backend.log" or job.phase is Phase.RUNNING:
                yield File(name, job.modified, partial(write, job))
        return
    # The worker of a canceled build downloads nothing from the builder.
    downloaded = {} if job.phase is Phase.CANCELED or job.is_of_source else _MOCK_LOGS
    for name, write in {**LIVE_LOGS, **downloaded}.items():
        yield File(f"{name}.gz", job.modified, partial(_compressed, write, job))
    if job.phase is Phase.CANCELED:
        return
    yield File(f"{job.package}.spec", job.modified, partial(write_spec, job))
    if job.phase is Phase.SUCCEEDED:
        yield File("success", job.modified, lambda: b"done")
        yield File("results.json", job.modified, partial(_results, job))
        for name, nevra in {rpm_file.file_name(nevra): nevra for nevra in job.packages}.items():
            if "/" not in name:
                yield File(name, job.modified, partial(_package, nevra, job))


def _compressed(write: Callable[[Job], bytes], job: Job) -> bytes:
    return gzip.compress(write(job), mtime=job.modified)


def _package(nevra: Nevra, job: Job) -> bytes:
    return rpm_file.write(nevra, source=job.source, vendor=f"Fedora Copr - {job.project}", built_on=job.modified)


def _build_info(job: Job) -> bytes:
    return f"build_id={job.build_id}\nbuilder_ip=127.0.0.1".encode()


def _results(job: Job) -> bytes:
    if job.is_of_source:
        # Only the name, which the package's file has, is surely the spec's.
        source = dump_package(job.source)
        document: object = {key: source[key] for key in ("name", "epoch", "version", "release")}
    else:
        document = {"packages": [dump_package(nevra) for nevra in job.packages]}
    return json.dumps(document, indent=4).encode()
