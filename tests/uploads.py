"""Uploading sources to a fake, and making source packages with rpmbuild."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.engine.build import Build

from .programs import needs

needs_rpmbuild = needs("rpmbuild")

_HEADERS = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "multipart/form-data; boundary=x"}


def upload(fake: FakeCopr, name: str, content: bytes, project: str = "jdoe/tools") -> Build:
    """Submit a build of an uploaded file as jdoe."""
    owner, projectname = project.split("/")
    form = json.dumps({"ownername": owner, "projectname": projectname}).encode()
    parts = ((b'name="json"; filename="json"', form), (b'name="pkgs"; filename="%b"' % name.encode(), content))
    body = b"".join(b"--x\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % part for part in parts)
    answer = fake.answer("POST", "/api_3/build/create/upload", _HEADERS, body + b"--x--\r\n")
    assert answer.status == 200, answer.body
    return fake.builds[json.loads(answer.body)["id"]]


def make_source_package(directory: Path, spec: str) -> Path:
    """Return the source package that rpmbuild makes of a spec."""
    file = directory / "made.spec"
    file.write_text(spec)
    command = ["rpmbuild", "-bs", "--nodeps", "--define", f"_topdir {directory}", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return Path(done.stdout.removeprefix("Wrote: ").strip())
