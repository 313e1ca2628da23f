"""Control calls that report source builds and imports, and their effect on Copr's responses."""

from __future__ import annotations

from typing import Any

import pytest

from ..chroots import F41, F42
from .clients import S390X, Control

SOURCE = "/builds/1/report-source"
IMPORT = "/builds/1/report-import"


@pytest.fixture
def control(control: Control) -> Control:
    """With a submitted build whose source build is pending, and that no package is known of."""
    project = {"ownername": "jdoe", "projectname": "tools", "chroots": [F41, F42, S390X]}
    build = {"id": 1, "project": "jdoe/tools", "package": None, "source_state": "pending", "source": {"type": "scm"}}
    control.post("/scenario", {"projects": [project], "builds": [build]})
    return control


def states(view: dict[str, Any]) -> dict[str, str]:
    return {chroot["name"]: chroot["state"] for chroot in view["chroots"]}


def test_build_goes_on_with_reports(control: Control) -> None:
    """The package and the chroots appear once the source has succeeded; the import makes the chroots pending."""
    for state in ("starting", "running"):
        view = control.post(SOURCE, {"state": state})
        assert view["accepted"]
        assert (view["build"]["source_state"], view["build"]["package"], view["build"]["chroots"]) == (
            state,
            None,
            [],
        )
        assert control.get("/builds/1") == view["build"]
    view = control.post(SOURCE, {"state": "succeeded", "package": "nano", "version": "2-1"})["build"]
    assert (view["source_state"], view["package"], view["version"]) == ("importing", "nano", "2-1")
    assert states(view) == dict.fromkeys((F41, F42, S390X), "waiting")
    view = control.post(IMPORT)
    assert view["accepted"]
    assert view["build"]["source_state"] == "succeeded"
    assert states(view["build"]) == control.states() == dict.fromkeys((F41, F42, S390X), "pending")


def test_succeeded_source_gets_defaults(control: Control) -> None:
    """Package, version and URL fit each other."""
    view = control.post(SOURCE, {"state": "succeeded"})["build"]
    (written,) = control.get("/scenario")["builds"]
    assert written["source_package"]["version"] == view["version"]
    assert written["source_package"]["url"].endswith(f"/{view['package']}-{view['version']}.src.rpm")


def test_reported_url_is_kept(control: Control) -> None:
    url = "https://example.com/nano-2-1.src.rpm"
    control.post(SOURCE, {"state": "succeeded", "package": "nano", "version": "2-1", "url": url})
    (written,) = control.get("/scenario")["builds"]
    assert written["source_package"] == {"version": "2-1", "url": url}


def test_skipped_chroots_are_not_built(control: Control) -> None:
    view = control.post(SOURCE, {"state": "succeeded", "skip": [S390X]})["build"]
    assert states(view) == {F41: "waiting", F42: "waiting", S390X: "skipped"}
    view = control.post(IMPORT)["build"]
    assert states(view) == {F41: "pending", F42: "pending", S390X: "skipped"}


def test_failed_import_ends_chroots_of_the_distribution(control: Control) -> None:
    control.post(SOURCE, {"state": "succeeded"})
    view = control.post(IMPORT, {"failed_for": ["fedora-42"]})["build"]
    assert view["source_state"] == "failed"
    assert states(view) == {F41: "pending", F42: "failed", S390X: "pending"}
    assert control.copr_chroot(1, F42)["ended_on"] is None


def test_failed_source_ends_the_build(control: Control) -> None:
    control.post(SOURCE, {"state": "running"})
    view = control.post(SOURCE, {"state": "failed"})["build"]
    assert (view["source_state"], view["state"], view["finished"], view["chroots"]) == (
        "failed",
        "failed",
        True,
        [],
    )


def test_late_reports_are_not_taken(control: Control) -> None:
    """Copr does not wait for the import, or does not start a canceled build."""
    assert not control.post(IMPORT)["accepted"]
    assert not control.post(SOURCE, {"state": "pending"})["accepted"]
    control.post("/builds/1/cancel")
    view = control.post(SOURCE, {"state": "starting"})
    assert (view["accepted"], view["build"]["source_state"]) == (False, "pending")


@pytest.mark.parametrize(
    ("target", "body", "where"),
    [
        (SOURCE, {}, "state"),
        (SOURCE, {"state": "done"}, "state"),
        (SOURCE, {"state": "succeeded", "package": "a/b"}, "package"),
        (SOURCE, {"state": "succeeded", "version": ""}, "version"),
        (SOURCE, {"state": "succeeded", "url": 5}, "url"),
        (SOURCE, {"state": "succeeded", "skip": ["fedora"]}, "skip[0]"),
        (SOURCE, {"state": "succeeded", "skp": []}, "skp"),
        (IMPORT, {"failed_for": "fedora-42"}, "failed_for"),
        (IMPORT, {"failed_for": ["fedora-42", "fedora"]}, "failed_for[1]"),
        (IMPORT, {"failed": []}, "failed"),
    ],
)
def test_invalid_report_is_rejected(control: Control, target: str, body: object, where: str) -> None:
    """Nothing changes."""
    before = control.get("/scenario")
    refused = control.request("POST", target, body)
    assert (refused.status, refused.where) == (422, where)
    assert control.get("/scenario") == before


def test_impossible_report_is_a_conflict(control: Control) -> None:
    """The backend does not report that a source is waiting, for example."""
    refused = control.request("POST", SOURCE, {"state": "waiting"})
    assert refused.status == 409
    assert "the backend cannot report waiting for a source build; possible: starting" in refused.document["error"]


def test_report_of_missing_build_is_404(control: Control) -> None:
    for target, body in (("/builds/9/report-source", {"state": "running"}), ("/builds/9/report-import", None)):
        assert control.request("POST", target, body).status == 404


def test_lifecycles_wait_for_the_import(control: Control) -> None:
    """They continue from pending, also after the fake is loaded again."""
    control.post("/builds", {"id": 2, "chroots": [F41, F42], "lifecycle": "fails"})
    control.do("PATCH", "/clock", {"tick": 30})
    view = control.post("/builds/2/report-source", {"state": "succeeded"})["build"]
    assert states(view) == {F41: "waiting", F42: "waiting"}
    control.do("PATCH", "/clock", {"tick": 5000})
    assert control.states(2) == {F41: "waiting", F42: "waiting"}
    refused = control.request("POST", f"/builds/2/chroots/{F41}/advance")
    assert refused.status == 409
    assert "its source package is not imported; report that with report_import()" in refused.document["error"]
    control.do("PUT", "/scenario", control.get("/scenario"))
    control.post("/builds/2/report-import")
    assert control.states(2) == {F41: "pending", F42: "pending"}
    control.do("PATCH", "/clock", {"tick": 5000})
    assert control.states(2) == {F41: "failed", F42: "failed"}


def test_canceled_build_does_not_wait_for_the_import(control: Control) -> None:
    control.post("/builds", {"id": 2, "chroots": [F41], "lifecycle": "succeeds"})
    control.post("/builds/2/report-source", {"state": "succeeded"})
    control.post("/builds/2/cancel")
    control.do("PATCH", "/clock", {"tick": 60})
    assert control.states(2) == {F41: "canceled"}
