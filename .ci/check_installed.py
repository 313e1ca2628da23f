"""Check, where only the built wheel is installed, that the command serves the scenario and the page in the wheel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import copr_chroot_fake

assert Path(sys.prefix) in Path(copr_chroot_fake.__file__).parents, "not the installed package"

command = [str(Path(sys.executable).with_name("copr-chroot-fake")), "serve", "--port", "0"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
    try:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("Copr fake: ").strip()
        with urllib.request.urlopen(f"{url}/api_3/build-chroot/list?build_id=1", timeout=10) as response:
            states = {item["state"] for item in json.load(response)["items"]}
        with urllib.request.urlopen(f"{url}/_fake/", timeout=10) as response:
            parts = re.findall(r'(?:src|href)="([^":]+[.](?:js|css))"', response.read().decode())
        for part in parts:
            with urllib.request.urlopen(f"{url}/_fake/{part}", timeout=10) as response:
                assert response.read(), part
    finally:
        process.terminate()
assert parts, "the page has no parts"
assert copr_chroot_fake.FakeCopr.from_scenario("mass-rebuild").builds
assert states == {state.value for state in copr_chroot_fake.State}, states
print("the wheel serves its scenario and its page")
