"""Fetches results from a fake, without an HTTP client."""

from __future__ import annotations

import gzip
import re

from copr_chroot_fake import BuildChroot, FakeCopr


def path_of(chroot: BuildChroot) -> str:
    """Return the path of a chroot's default result directory."""
    build = chroot.build
    return f"/results/{build.project}/{chroot.name}/{build.id:08d}-{build.package}/"


def get(fake: FakeCopr, target: str) -> tuple[int, bytes]:
    """Return status and body."""
    answer = fake.answer("GET", target)
    return answer.status, answer.body


def links(page: bytes) -> set[str]:
    """Return the targets of the links in an index."""
    return set(re.findall(r'<a href="\./([^"]*)">', page.decode()))


def names_in(fake: FakeCopr, path: str) -> set[str]:
    """Return the names in a directory after fetching each of them; nothing if the directory does not exist."""
    status, page = get(fake, path)
    names = links(page) if status == 200 else set()
    assert all(get(fake, path + name)[0] == 200 for name in names)
    return names


def log_of(fake: FakeCopr, chroot: BuildChroot, name: str = "builder-live") -> str:
    """Return the current text of a log, compressed or not."""
    status, body = get(fake, f"{path_of(chroot)}{name}.log")
    if status == 301:
        return compressed_log_of(fake, chroot, name)
    assert status == 200
    return body.decode()


def compressed_log_of(fake: FakeCopr, chroot: BuildChroot, name: str) -> str:
    """Return the text of a compressed log."""
    status, body = get(fake, f"{path_of(chroot)}{name}.log.gz")
    assert status == 200
    return gzip.decompress(body).decode()
