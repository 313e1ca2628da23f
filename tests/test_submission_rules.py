"""Rules decide what happens to submitted builds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from copr_chroot_fake import Build, FakeCopr, InputError, Lifecycle, LifecycleName, ScenarioError, Stage

from .chroots import F42, F43
from .test_submitted_builds import HEADERS, fake_with_project, get, submit
from .uploads import upload

EPEL = "epel-10-s390x"
NANO = "https://example.org/nano-8-1.src.rpm"


@pytest.fixture
def fake() -> FakeCopr:
    """A fake whose builds end at once, with a project for three chroots."""
    fake = FakeCopr(progress="immediate")
    fake.add_project("jdoe/tools", chroots=[F43, F42, EPEL])
    return fake


def states(fake: FakeCopr, build_id: int = 1) -> dict[str, str]:
    build = fake.builds[build_id]
    # The source build makes the chroots known.
    assert build.state
    return {name: chroot.state.value for name, chroot in build.items()}


def test_rule_applies_to_a_package_and_a_chroot(fake: FakeCopr) -> None:
    rule = fake.on_submit(package="hello", chroot="epel-*", lifecycle="fails")
    submit(fake)
    submit(fake, pkgs=[NANO])
    assert states(fake) == {F43: "succeeded", F42: "succeeded", EPEL: "failed"}
    assert {*states(fake, 2).values()} == {"succeeded"}
    assert (rule.seen, rule.hits) == (1, 1)


def test_first_matching_rule_applies(fake: FakeCopr) -> None:
    rules = [fake.on_submit(chroot=F42, lifecycle=name) for name in ("fails", "skipped")]
    rules += [fake.on_submit(lifecycle="stuck-running", version="7-1"), fake.on_submit(lifecycle="fails")]
    submit(fake)
    assert states(fake) == {F43: "running", F42: "failed", EPEL: "running"}
    assert get(fake)["source_package"]["version"] == "7-1"
    assert [rule.hits for rule in rules] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"project": "jdoe/tools"}, True),
        ({"project": "jdoe/tools:pr:1"}, True),
        ({"project": "jdoe/other"}, False),
        ({"project": "jdoe/t*"}, True),
        ({"project": "*/tools:pr:?"}, True),
        ({"project": "bob/*"}, False),
        ({"url": "https://*/hello-*.src.rpm"}, True),
        ({"url": "hello-*.src.rpm"}, False),
        ({"committish": "main"}, False),
        ({"package": "hello"}, True),
        ({"package": "hello-2.0"}, False),
        ({"package": "hel*", "submitter": "j*"}, True),
        ({"chroot": "fedora-4[0-9]-*"}, True),
        ({"chroot": EPEL}, True),
        ({"chroot": "centos-*"}, False),
        ({"source_type": "link"}, True),
        ({"source_type": "scm"}, False),
        ({"submitter": "jdoe"}, True),
        ({"submitter": "bob"}, False),
        ({"nth": 1}, True),
        ({"nth": 2}, False),
        ({"when": lambda build: build.source.config["url"].endswith(".src.rpm")}, True),
        ({"when": lambda build: build.timeout < 100}, False),
        ({"package": "hello", "submitter": "bob"}, False),
    ],
)
def test_rule_matches_submissions(fake: FakeCopr, condition: Mapping[str, Any], matches: bool) -> None:
    rule = fake.on_submit(**condition, lifecycle="fails")
    submit(fake, pkgs=["https://example.org/hello-2.0-1.src.rpm"], project_dirname="tools:pr:1")
    assert ("failed" in states(fake).values()) == matches
    assert rule.hits == matches


SCM = {"clone_url": "https://example.org/nano.git", "committish": "v1.2", "srpm_build_method": "rpkg"}


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"committish": "v1.2"}, True),
        ({"committish": "v[01].*"}, True),
        ({"committish": "v2.*"}, False),
        ({"url": "https://example.org/nano.git"}, True),
        ({"url": "*/nano.git"}, True),
        ({"url": "*/vim.git"}, False),
        ({"url": "*/nano.git", "committish": "main"}, False),
    ],
)
def test_rule_matches_the_repository_of_a_source(fake: FakeCopr, condition: Mapping[str, Any], matches: bool) -> None:
    """A rule selects builds by their clone URL and their branch, tag or commit."""
    rule = fake.on_submit(lifecycle="fails", **condition)
    submit(fake, "scm", **SCM)
    assert rule.hits == matches


def test_rule_matches_the_name_of_an_uploaded_file(fake: FakeCopr) -> None:
    """A rule selects uploads by the name of the file."""
    rules = [fake.on_submit(lifecycle="fails", url=pattern) for pattern in ("nano*.spec", "vim.spec")]
    upload(fake, "nano.spec", b"Name: nano")
    assert [rule.hits for rule in rules] == [1, 0]


def test_nth_counts_builds_that_an_earlier_rule_decided(fake: FakeCopr) -> None:
    """Rules for the second and the fourth build apply to these."""
    rules = [fake.on_submit(nth=nth, lifecycle="fails") for nth in (2, 4)]
    for _ in range(5):
        submit(fake)
    assert [number for number in range(1, 6) if get(fake, number)["state"] == "failed"] == [2, 4]
    assert [(rule.seen, rule.hits) for rule in rules] == [(5, 1), (5, 1)]


def test_rule_counts_builds_whose_chroots_are_decided(fake: FakeCopr) -> None:
    """It applies to none of their chroots."""
    fake.on_submit(chroot="fedora-*", lifecycle="fails")
    rule = fake.on_submit(chroot="*", lifecycle="fails", project="jdoe/tools")
    submit(fake, pkgs=[NANO], chroots=[F42])
    assert (rule.seen, rule.hits) == (1, 0)


def test_nth_counts_the_submissions_that_match(fake: FakeCopr) -> None:
    rule = fake.on_submit(package="nano", nth=2, lifecycle="fails")
    submit(fake)
    for _ in range(3):
        submit(fake, pkgs=[NANO])
    assert [get(fake, number)["state"] for number in (1, 2, 3, 4)] == ["succeeded", "succeeded", "failed", "succeeded"]
    assert (rule.seen, rule.hits) == (3, 1)


@pytest.mark.parametrize(
    ("kind", "fields", "package"),
    [
        ("url", {"pkgs": ["https://example.org/hello.spec"]}, "hello"),
        ("pypi", {"pypi_package_name": "requests"}, "python-requests"),
        ("scm", {"clone_url": "https://example.org/hello.git"}, "hello"),
        ("custom", {"script": "true"}, "hello"),
    ],
)
def test_package_is_known_before_the_source_is_built(
    fake: FakeCopr, kind: str, fields: dict[str, object], package: str
) -> None:
    """A source without a name gets the one that its package will have."""
    rule = fake.on_submit(package=package, lifecycle="fails")
    submit(fake, kind, **fields)
    assert (rule.hits, fake.builds[1].package) == (1, package)


def test_rebuilt_packages_and_webhooks_follow_rules(fake: FakeCopr) -> None:
    rule = fake.on_submit(package="hello", lifecycle="fails")
    project = fake.add_project("jdoe/hooks", chroots=[F43])
    project.webhook_secret = "secret"
    package = {"ownername": "jdoe", "projectname": "hooks", "package_name": "hello"}
    source = {"source_type": "scm", "clone_url": "https://example.org/hello.git", "webhook_rebuild": True}
    sent = json.dumps({**package, **source}).encode()
    assert fake.answer("POST", "/api_3/package/add/jdoe/hooks/hello/scm", HEADERS, sent).status == 200
    assert fake.answer("POST", "/api_3/package/build", HEADERS, json.dumps(package).encode()).status == 200
    assert fake.answer("POST", f"/webhooks/custom/{project.id}/secret/hello/").status == 200
    assert [build.state for build in fake.builds.values()] == ["failed", "failed"]
    assert rule.hits == 2


def test_source_build_fails(fake: FakeCopr) -> None:
    fake.on_submit(lifecycle="source-fails")
    submit(fake)
    submit(fake, pkgs=[NANO], chroots=[F43])
    assert (get(fake)["state"], states(fake), fake.builds[1].package) == ("failed", {}, None)
    assert (get(fake, 2)["state"], states(fake, 2)) == ("failed", {F43: "failed"})
    assert fake.builds[1].source.version is None


def test_import_fails_for_some_chroots(fake: FakeCopr) -> None:
    """Copr stores no end for them, so that the build has none."""
    fake.on_submit(chroot="epel-*", lifecycle="import-fails")
    submit(fake)
    assert states(fake) == {F43: "succeeded", F42: "succeeded", EPEL: "failed"}
    assert (get(fake)["state"], get(fake)["ended_on"]) == ("failed", None)


@pytest.mark.parametrize("state", ["skipped", "forked"])
@pytest.mark.parametrize("chroot", ["epel-*", None])
def test_chroots_are_not_built(fake: FakeCopr, chroot: str | None, state: LifecycleName) -> None:
    fake.on_submit(chroot=chroot, lifecycle=state)
    submit(fake)
    expected = state if chroot is None else "succeeded"
    assert states(fake) == {F43: expected, F42: expected, EPEL: state}
    assert get(fake)["state"] == expected


def test_rule_gives_the_packages(fake: FakeCopr) -> None:
    fake.on_submit(chroot=F42, packages=["hello-9-1.fc42.src"])
    fake.on_submit(packages=["hello-8-1.src", "hello-doc-8-1.noarch"], version="8-1")
    submit(fake)
    assert {*states(fake).values()} == {"succeeded"}
    packages = {name: [str(package) for package in chroot.packages] for name, chroot in fake.builds[1].items()}
    others = ["hello-8-1.src", "hello-doc-8-1.noarch"]
    assert packages == {F43: others, F42: ["hello-9-1.fc42.src"], EPEL: others}


def test_version_is_unknown_until_the_source_is_built() -> None:
    fake = fake_with_project("manual")
    fake.on_submit(version="1:3.0-2")
    assert submit(fake)["items"][0]["source_package"]["version"] is None
    build = fake.builds[1]
    assert build.source.version is None
    build.report_source("succeeded")
    build.report_import()
    assert build.source.version == "1:3.0-2"
    build[F42].report("succeeded")
    assert str(build[F42].packages[0]) == "hello-1:3.0-2.fc42.src"


def test_rule_gives_files_of_the_results() -> None:
    """The result directory of a chroot has the files of the rule, also after the build was saved."""
    fake = FakeCopr(progress="manual")
    fake.add_project("jdoe/tools", chroots=[F43, F42])
    fake.on_submit(chroot=F43, results={"fedora-review/review.txt": "fine", "notes.txt": b"\xff"})
    submit(fake)
    restored = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, restored):
        each.builds[1].report_source("succeeded")
        each.builds[1].report_import()
        chroots = each.builds[1]
        assert chroots[F43].results == {"fedora-review/review.txt": b"fine", "notes.txt": b"\xff"}
        assert not chroots[F42].results


def test_rule_gives_the_name_of_the_package() -> None:
    """The name of the package is known once its source is built, also after the build was saved."""
    fake = fake_with_project("manual")
    fake.on_submit(url="*/hello-*", name="vim")
    submit(fake)
    restored = FakeCopr.from_scenario(fake.to_scenario())
    for each in (fake, restored):
        assert get(each)["source_package"]["name"] is None
        each.builds[1].report_source("succeeded")
        assert get(each)["source_package"]["name"] == "vim"
        assert each.builds[1].source.url is not None
        assert each.builds[1].source.url.endswith("/vim-2.0-1.fc40.src.rpm")


def test_rule_gives_the_progress() -> None:
    fake = fake_with_project("manual")
    fake.on_submit(package="hello", progress="immediate")
    submit(fake)
    submit(fake, pkgs=[NANO])
    assert [get(fake, number)["state"] for number in (1, 2)] == ["succeeded", "pending"]


@pytest.mark.parametrize("progress", ["poll", "clock"])
def test_failing_source_advances_like_others(progress: Any) -> None:
    fake = fake_with_project(progress)
    fake.on_submit(lifecycle="source-fails")
    submit(fake)
    seen = []
    for _ in range(60):
        seen.append(get(fake)["state"])
        fake.clock.tick(1)
    assert [*dict.fromkeys(seen)] == ["pending", "starting", "running", "failed"]


def test_reported_source_overrides_a_rule() -> None:
    fake = fake_with_project("manual")
    fake.on_submit(lifecycle="source-fails")
    submit(fake)
    assert fake.builds[1].report_source("succeeded")
    assert fake.builds[1].report_import()
    assert fake.builds[1][F42].report("succeeded")
    assert states(fake) == {F43: "pending", F42: "succeeded"}


def test_own_lifecycle_is_followed_from_pending_on() -> None:
    fake = fake_with_project("clock")
    fake.on_submit(lifecycle=Lifecycle(Stage("pending", 5), Stage("starting", 5), Stage("failed")))
    submit(fake)
    fake.clock.tick(60)
    assert {*states(fake).values()} == {"pending"}
    fake.clock.tick(10)
    assert {*states(fake).values()} == {"failed"}


def test_build_without_rule_succeeds(fake: FakeCopr) -> None:
    fake.on_submit(package="nano", lifecycle="fails")
    submit(fake)
    assert {*states(fake).values()} == {"succeeded"}
    assert [str(package) for package in fake.builds[1][F42].packages] == [
        "hello-2.0-1.fc42.src",
        "hello-2.0-1.fc42.x86_64",
    ]


def test_removed_rule_does_not_apply(fake: FakeCopr) -> None:
    first, second, third = (fake.on_submit(lifecycle="fails") for _ in range(3))
    fake.submission_rules.remove(first)
    fake.submission_rules.remove(second.id)
    assert [*fake.submission_rules] == [third]
    assert (len(fake.submission_rules), repr(fake.submission_rules)) == (1, "<SubmissionRules: 1 rule>")
    with pytest.raises(InputError, match=r"^rule: there is no rule 1; there are: 3$"):
        fake.submission_rules.remove(first)
    fake.submission_rules.clear()
    with pytest.raises(InputError, match=r"^rule: there is no rule 3; there are none$"):
        fake.submission_rules.remove(3)
    submit(fake)
    assert get(fake)["state"] == "succeeded"
    assert fake.on_submit(lifecycle="fails").id == 4


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {},
            "lifecycle: the rule changes nothing; expected one of lifecycle, packages, results, name, version, ",
        ),
        ({"package": "hello"}, "lifecycle: the rule changes nothing; "),
        ({"lifecycle": "fail"}, "lifecycle: 'fail' is not valid; did you mean 'fails'? valid: succeeds, "),
        (
            {"lifecycle": {"stages": [{"state": "waiting"}]}},
            "lifecycle: does not reach pending, the state after ",
        ),
        ({"lifecycle": "source-fails", "chroot": "epel-*"}, "lifecycle: source-fails cannot be combined with chroot, "),
        ({"version": "1-1", "chroot": F42}, "version: cannot be combined with chroot, as it is the same for all "),
        ({"name": "vim", "chroot": F42}, "name: cannot be combined with chroot, as it is the same for all "),
        ({"name": "a/b"}, "name: "),
        ({"results": {"../a": ""}}, "results"),
        ({"progress": "poll", "chroot": F42}, "progress: cannot be combined with chroot, as it is the same for all "),
        ({"lifecycle": "fails", "chroot": "epel"}, "chroot: 'epel' is neither a chroot name nor a pattern; expected "),
        ({"lifecycle": "fails", "chroot": ""}, "chroot: expected a text that is not empty"),
        ({"lifecycle": "fails", "project": "tools"}, "project: 'tools' is not a full name; expected owner/project"),
        (
            {"lifecycle": "fails", "source_type": "sccm"},
            "source_type: 'sccm' is not valid; did you mean 'scm'? valid",
        ),
        ({"lifecycle": "fails", "nth": 0}, "nth: expected a whole number from 1 to 2147483647, got 0"),
        ({"packages": ["hello"]}, "packages[0]: 'hello' is not a NEVRA"),
        ({"lifecycle": "fails", "when": "always"}, "when: expected a function that gets a build, got 'always'"),
    ],
)
def test_invalid_rule_is_rejected(fake: FakeCopr, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        fake.on_submit(**fields)
    assert str(raised.value).startswith(message)
    assert not len(fake.submission_rules)


def test_unknown_key_of_a_rule_is_an_error() -> None:
    with pytest.raises(ScenarioError, match=r"submissions\[0\].chroots: unknown key; did you mean 'chroot'\?"):
        FakeCopr.from_scenario({"submissions": [{"chroots": "epel-*", "lifecycle": "fails"}]})


def test_failing_function_submits_nothing(fake: FakeCopr) -> None:
    def fail(build: Build) -> bool:
        raise ValueError(build.id)

    first = fake.on_submit(chroot=F42, lifecycle="fails")
    fake.on_submit(when=fail, lifecycle="fails")
    with pytest.raises(ValueError, match="1"):
        submit(fake)
    assert not fake.builds
    assert (first.seen, fake.next_build_id) == (0, 1)


# Snapshots, scenarios, reset and clear.


def test_snapshot_restores_rules_and_counts(fake: FakeCopr) -> None:
    rule = fake.on_submit(nth=2, lifecycle="fails")
    submit(fake)
    snapshot = fake.snapshot()
    submit(fake)
    fake.submission_rules.clear()
    fake.on_submit(lifecycle="skipped")
    fake.restore(snapshot)
    assert [*fake.submission_rules] == [rule]
    assert (rule.seen, rule.hits) == (1, 0)
    submit(fake)
    assert get(fake, 2)["state"] == "failed"
    assert fake.on_submit(lifecycle="fails").id == 2


def test_scenario_has_rules_and_counts(fake: FakeCopr) -> None:
    fake.on_submit(package="hello", nth=2, lifecycle="fails")
    fake.on_submit(when=lambda build: False, lifecycle="fails")
    fake.on_submit(chroot="epel-*", packages=["hello-1-1.src"])
    submit(fake)
    scenario = json.loads(json.dumps(fake.to_scenario()))
    assert [(rule["id"], rule["seen"], rule.get("hits", 0)) for rule in scenario["submissions"]] == [
        (1, 1, 0),
        (3, 1, 1),
    ]
    loaded = FakeCopr.from_scenario(scenario, progress="immediate")
    assert loaded.to_scenario() == scenario
    submit(loaded)
    assert {*states(loaded, 2).values()} == {"failed"}


@pytest.mark.parametrize("lifecycle", ["source-fails", "import-fails", "skipped", "forked", "fails"])
@pytest.mark.parametrize("seconds", [0, 15, 25, 55, 70, 130, 400])
def test_decided_build_loads_back(lifecycle: LifecycleName, seconds: int) -> None:
    """Whatever state it is in, it goes on as decided."""
    fake = fake_with_project("clock")
    if lifecycle != "source-fails":
        fake.on_submit(chroot=F42, lifecycle=lifecycle, packages=["hello-1-1.src"])
    fake.on_submit(lifecycle=lifecycle, version="3-1")
    submit(fake)
    fake.clock.tick(seconds)
    loaded = FakeCopr.from_scenario(json.loads(json.dumps(fake.to_scenario())), progress="clock")
    for _ in range(2):
        assert (get(loaded), states(loaded)) == (get(fake), states(fake))
        for each in (fake, loaded):
            each.clock.tick(1000)


def test_reset_restores_the_rules_of_the_scenario() -> None:
    rule = {"package": "hello", "lifecycle": "fails"}
    fake = FakeCopr.from_scenario(
        {"projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": [F42]}], "submissions": [rule]},
        progress="immediate",
    )
    fake.on_submit(lifecycle="skipped")
    submit(fake)
    assert get(fake)["state"] == "failed"
    fake.reset()
    (left,) = fake.submission_rules
    assert (str(left), left.hits) == ("package 'hello', lifecycle 'fails'", 0)
    fake.clear()
    assert not len(fake.submission_rules)


def test_rule_of_a_scenario_keeps_its_id(fake: FakeCopr) -> None:
    """Unless another rule has it."""
    fake.on_submit(lifecycle="fails")
    fake.add_scenario({"submissions": [{"id": 2147483647, "lifecycle": "fails"}, {"id": 1, "lifecycle": "skipped"}]})
    assert [rule.id for rule in fake.submission_rules] == [1, 2147483647, 2]


def test_invalid_scenario_adds_no_rule(fake: FakeCopr) -> None:
    with pytest.raises(ScenarioError):
        fake.add_scenario({"submissions": [{"lifecycle": "fails"}], "builds": [{"id": 1, "batch": 5}]})
    assert not len(fake.submission_rules)


def _name(build: Build) -> bool:
    return True


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"chroot": "epel-*", "nth": 2, "lifecycle": "fails"}, "chroot 'epel-*', nth 2, lifecycle 'fails'"),
        ({"lifecycle": Lifecycle(Stage("pending"))}, "lifecycle <Lifecycle pending>"),
        ({"version": "1-1", "when": _name}, "version '1-1', when <function _name"),
    ],
)
def test_text_of_a_rule_has_its_fields(fake: FakeCopr, fields: dict[str, Any], text: str) -> None:
    assert str(fake.on_submit(**fields)).startswith(text)


# Ids of builds.


def test_next_build_id_is_set() -> None:
    fake = FakeCopr(next_build_id=100, progress="immediate")
    fake.add_project("jdoe/tools", chroots=[F42])
    assert fake.next_build_id == 100
    submit(fake)
    fake.next_build_id = 7_000_000
    submit(fake)
    assert [*fake.builds] == [100, 7_000_000]
    assert FakeCopr.from_scenario(fake.to_scenario()).next_build_id == 7_000_001


@pytest.mark.parametrize("start", [FakeCopr.clear, FakeCopr.reset], ids=["clear", "reset"])
def test_ids_start_again_at_the_option(start: Callable[[FakeCopr], None]) -> None:
    fake = FakeCopr(next_build_id=100)
    fake.add_build([F42])
    start(fake)
    assert fake.next_build_id == 100


def test_next_build_id_of_a_snapshot_is_restored() -> None:
    fake = FakeCopr()
    with fake.snapshot():
        fake.next_build_id = 50
    assert fake.next_build_id == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "next_build_id: expected a whole number from 1 to 2147483647, got 0"),
        ("7", "next_build_id: expected a whole number from 1 to 2147483647, got '7'"),
        (7, "next_build_id: 7 is not above 7, the highest id so far; expected a higher one"),
    ],
)
def test_used_build_id_is_rejected(value: Any, message: str) -> None:
    fake = FakeCopr()
    fake.add_build([F42], id=7)
    with pytest.raises(InputError) as raised:
        fake.next_build_id = value
    assert str(raised.value) == message
    assert fake.next_build_id == 8
