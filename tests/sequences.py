"""Sequences recorded from Copr: requests by several users, with reports of the backend in between.

A sequence is replayed against one fake, whose responses are compared with the recorded ones. See ``WRITING.md`` beside
the recordings for their format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from copr_chroot_fake import Build, FakeCopr, VirtualClock
from copr_chroot_fake.verify.comparison import Exchange, Response, differing_parts

from .adapters import SendRequest, authorization
from .recordings import DIRECTORY

FILES = ("submitting", "exhaustive")

_CHROOTS = [
    "fedora-rawhide-x86_64",
    "fedora-rawhide-aarch64",
    "fedora-43-x86_64",
    "fedora-43-aarch64",
    "fedora-43-i386",
    "fedora-42-x86_64",
    "epel-9-x86_64",
    "epel-10-s390x",
    "centos-stream-9-x86_64",
    {"name": "fedora-41-x86_64", "is_active": False},
]


def _account(name: str, *groups: str, **more: bool) -> Mapping[str, object]:
    return {"name": name, "login": f"{name}-login", "token": f"{name}-token", "groups": groups, **more}


SCENARIO = {
    "chroots": _CHROOTS,
    "accounts": [
        _account("admin1", admin=True),
        _account("frostyx", "@copr", "@llvm"),
        _account("jdoe"),
        _account("alice", "@copr"),
        _account("bob"),
        _account("expired", expired=True),
    ],
    "groups": [{"name": "@copr", "fas_name": "copr"}, {"name": "@llvm", "fas_name": "fedora-llvm"}],
}
"""What there is when a sequence starts."""


class Step(NamedTuple):
    """A request or a report, as it was recorded.

    :param at: Unix time of the step.
    """

    sequence: str
    number: int
    at: int
    recorded: Mapping[str, Any]

    @property
    def is_request(self) -> bool:
        return "method" in self.recorded

    def __str__(self) -> str:
        recorded = self.recorded
        if self.is_request:
            return f"{recorded['method']} {recorded['url']} by {recorded.get('user')}"
        return (
            f"{recorded.get('report', recorded.get('backend'))} of {recorded.get('build_id')} {recorded.get('chroot')}"
        )


@cache
def sequences() -> Mapping[str, Sequence[Step]]:
    """Return the recorded sequences by name."""
    found: dict[str, list[Step]] = {}
    for file in FILES:
        with (DIRECTORY / f"{file}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                recorded = json.loads(line)
                name = f"{file}-{recorded['sequence']}"
                found.setdefault(name, []).append(Step(name, recorded["step"], recorded["at"], recorded))
    return found


def new_fake() -> FakeCopr:
    """Return a fake in which nothing of a sequence has happened yet."""
    return FakeCopr.from_scenario(SCENARIO, default_limit=None, progress="manual")


# Requests.


class SentRequest(NamedTuple):
    """A request of a sequence, as it was sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def through(self, send: SendRequest) -> Response:
        return send(self.method, self.target, self.headers, self.body)


_BOUNDARY = "----recorded"


def encode_request(recorded: Mapping[str, Any]) -> SentRequest:
    """Return a recorded request with the headers and the body that it was sent with."""
    headers = dict(recorded.get("headers") or {})
    body = b""
    if "json" in recorded:
        body, content_type = json.dumps(recorded["json"]).encode(), "application/json"
    elif "form" in recorded:
        body, content_type = urlencode(recorded["form"], doseq=True).encode(), "application/x-www-form-urlencoded"
    elif "raw" in recorded:
        body, content_type = recorded["raw"].encode(), headers.get("Content-Type", "application/json")
    elif "multipart" in recorded:
        body = b"".join(_encode_part(name, part) for name, part in recorded["multipart"].items())
        body += f"--{_BOUNDARY}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={_BOUNDARY}"
    if body:
        headers["Content-Type"] = content_type
    if "user" in recorded:
        headers["Authorization"] = authorization(recorded["user"])
    if "authorization" in recorded:
        headers["Authorization"] = recorded["authorization"]
    return SentRequest(recorded["method"], recorded["url"], tuple(headers.items()), body)


def _encode_part(name: str, part: Mapping[str, str]) -> bytes:
    filename = f'; filename="{part["filename"]}"' if "filename" in part else ""
    lines = [f"--{_BOUNDARY}", f'Content-Disposition: form-data; name="{name}"{filename}']
    if "content_type" in part:
        lines.append(f"Content-Type: {part['content_type']}")
    return "\r\n".join([*lines, "", part["content"], ""]).encode()


# Reports.


def report(fake: FakeCopr, step: Step) -> bool | None:
    """Report to a fake what the backend reported to Copr; return whether that is accepted, if it was recorded."""
    if "backend" in step.recorded:
        _report_of_backend(fake, step)
        return None
    recorded = step.recorded
    build = fake.builds.get(recorded["build_id"])
    if build is None:
        return False
    if recorded["report"] == "imported":
        return build.report_import(failed_for=recorded.get("failed_for", ()))
    if recorded["chroot"] is None:
        given = {name: recorded[name] for name in ("package", "version", "url", "skip") if name in recorded}
        return build.report_source(recorded["report"], **given)
    chroot = build.get(recorded["chroot"])
    if chroot is None:
        return False
    given = {name: recorded[name] for name in ("packages", "result_dir") if name in recorded}
    return chroot.report(recorded["report"], **given)


_SOURCE = "srpm-builds"
_STATES = {0: "failed", 1: "succeeded", 3: "running", 6: "starting"}
"""The states of jobs by Copr's numbers."""

_BRANCHES = {
    "rawhide": "fedora-rawhide",
    "f43": "fedora-43",
    "f42": "fedora-42",
    "epel9": "epel-9",
    "epel10": "epel-10",
    "c9s": "centos-stream-9",
}
"""The distributions by their branches in dist-git."""


def _report_of_backend(fake: FakeCopr, step: Step) -> None:
    """Report what a request of the backend means; those about unknown builds, or nothing, mean nothing."""
    path, document = step.recorded["backend"], step.recorded["json"] or {}
    if path.startswith("/build-tasks/canceled/"):
        build_id, _, chrootname = path.split("/")[3].partition("-")
        _report_task(fake, int(build_id), chrootname or _SOURCE, "canceled")
    elif path == "/reschedule_build_chroot/":
        _report_task(fake, document["build_id"], document["chroot"], "pending")
    elif path == "/import-completed/":
        build = fake.builds.get(document["build_id"])
        if build is not None:
            branches = {_BRANCHES[branch] for branch in document["branch_commits"]}
            build.report_import(failed_for={_distribution(name) for name in build} - branches)
    else:
        for job in [document] if path == "/starting_build/" else document.get("builds", []):
            _report_job(fake, step, job)


def _report_task(fake: FakeCopr, build_id: int, chrootname: str, state: str) -> None:
    build = fake.builds.get(build_id)
    if build is None:
        return
    if chrootname == _SOURCE:
        build.report_source(state)  # type: ignore[arg-type]  # a state
    elif chrootname in build:
        build[chrootname].report(state)  # type: ignore[arg-type]  # a state


def _report_job(fake: FakeCopr, step: Step, job: Mapping[str, Any]) -> None:
    """Report the state of a job, whose times are the backend's own."""
    build, state = fake.builds.get(job.get("build_id", job.get("id"))), _STATES.get(job.get("status", -1))
    if build is None or state is None or "chroot" not in job:
        return
    results, time = job.get("results") or {}, job.get("ended_on") or job.get("started_on")
    if job["chroot"] == _SOURCE:
        assert isinstance(fake.clock, VirtualClock)
        fake.clock.restore(step.at if time is None else time)
        _report_source(build, state, job, results)
        fake.clock.restore(step.at)
    elif job["chroot"] in build:
        packages = results.get("packages", () if state == "succeeded" else None)
        given = {"at": time, "result_dir": job.get("result_dir") or None, "packages": packages}
        build[job["chroot"]].report(state, **given)  # type: ignore[arg-type]  # a state


def _report_source(build: Build, state: str, job: Mapping[str, Any], results: Mapping[str, Any]) -> None:
    given = {}
    if "pkg_name" in job:
        given = {"package": job["pkg_name"], "version": job["pkg_version"], "url": job["srpm_url"]}
    elif state == "succeeded":
        # Copr counts a source build without a package as failed.
        state = "failed"
    skipped = [*_skipped(build, results.get("architecture_specific_tags") or {})]
    if state in ("succeeded", "failed") and job["started_on"]:
        # The report of an end has a start, too.
        build.source.started_on = job["started_on"]
    build.report_source(state, skip=skipped, **given)  # type: ignore[arg-type]  # a state


def _skipped(build: Build, tags: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[str]:
    """Yield the chroots whose architecture the package excludes."""
    for name in build.project.active_chroots:
        tag = tags.get(_distribution(name))
        arch = name.rpartition("-")[2]
        if tag and (arch in tag["excludearch"] or (tag["exclusivearch"] and arch not in tag["exclusivearch"])):
            yield name


def _distribution(chrootname: str) -> str:
    return chrootname.rpartition("-")[0]


# Replaying.


class Difference(NamedTuple):
    """A step that the fake takes otherwise than Copr, and the parts that differ."""

    step: Step
    parts: Sequence[str]
    expected: object
    got: object


class Replay:
    """Sends the requests of a sequence, with the names that the fake chose in place of those that Copr chose."""

    def __init__(self, send: SendRequest) -> None:
        self._send = send
        self._chosen: dict[str, str] = {}
        """The names that the fake chose, by Copr's."""

    def request(self, step: Step) -> tuple[SentRequest, Response]:
        """Send a request; return it, and the response."""
        sent = encode_request(step.recorded)
        for recorded, chosen in self._chosen.items():
            sent = sent._replace(target=sent.target.replace(recorded, chosen))
        response = sent.through(self._send)
        if response.status == step.recorded["status"] == 200:
            self._learn(step, response)
        return sent, response

    def _learn(self, step: Step, response: Response) -> None:
        """Note the names that were chosen, as the later requests of the recording have Copr's."""
        path = step.recorded["url"].partition("?")[0]
        keys = _CHOSEN.get("/".join(path.split("/")[2:4]), _CHOSEN.get(path.removeprefix("/api_3/"), ()))
        if keys:
            recorded, got = json.loads(step.recorded["body"]), json.loads(response.body)
            self._chosen.update({recorded[key]: got[key] for key in keys})

    def compare(self, step: Step, response: Response) -> Difference | None:
        """Compare a response with the recorded one."""
        recorded = step.recorded
        text = response.body.decode()
        for copr, chosen in self._chosen.items():
            text = text.replace(chosen, copr)
        expected_body, body = (_TEMPORARY.sub("tmp", body) for body in (recorded["body"], text))
        keys = ("method", "url", "status", "content_type", "allow", "warning")
        given: dict[str, Any] = {key: recorded[key] for key in keys if key in recorded}
        expected = Exchange(step.sequence, body=expected_body, **given)
        # Allow was not always recorded.
        headers = {name: value for name, value in response.headers.items() if name != "allow" or "allow" in recorded}
        got = Response(response.status, headers, body.encode())
        parts = differing_parts(expected, got, is_submitted=True)
        return Difference(step, parts, recorded, response) if parts else None


_CHOSEN = {"webhook/generate": ["webhook_secret"], "api-token": ["api_login", "api_token"]}
"""The keys with what the service chooses, by endpoint."""

_TEMPORARY = re.compile(r"tmp[0-9a-z_]{8}")
"""The directory of an uploaded file."""
