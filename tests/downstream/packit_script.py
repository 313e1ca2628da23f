"""Runs with packit's own Python, and uses its helper for Copr as packit does; prints what the helper returns.

The argument is the path of a source package.
"""

from __future__ import annotations

import json
import sys

from packit.copr_helper import CoprHelper
from packit.exceptions import PackitCoprProjectException
from packit.local_project import LocalProject

F43, F42 = "fedora-43-x86_64", "fedora-42-x86_64"


def main(path: str) -> None:
    project = LocalProject(git_url="https://github.com/jdoe/hello", full_name="jdoe/hello", refresh=False)
    helper = CoprHelper(project)
    helper.create_or_update_copr_project(project="tools", owner="jdoe", chroots=[F43])
    helper.create_or_update_copr_project(project="tools", owner="jdoe", chroots=[F42], description="Tools.")
    build = helper.copr_client.build_proxy.create_from_file("jdoe", "tools", path, buildopts={"enable_net": False})
    reports: list[list[str]] = []
    state = helper.watch_copr_build(build.id, 3600, lambda *report, **details: reports.append([*report]))
    try:
        helper.create_or_update_copr_project(project="other", owner="jdoe", chroots=["fedora-7-x86_64"])
    except PackitCoprProjectException as raised:
        error = str(raised)
    printed = {
        "state": state,
        "reports": reports,
        "url": helper.copr_web_build_url(build),
        "repository": helper.get_repo_download_url("jdoe", "tools", F42),
        "chroots": sorted(helper.get_chroots("jdoe", "tools")),
        "available": helper.get_available_chroots(),
        "canceled": helper.cancel_build(build.id),
        "error": error,
    }
    print(json.dumps(printed))


if __name__ == "__main__":
    main(sys.argv[1])
