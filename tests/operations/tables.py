"""The public operations with strategies for their arguments, and the members that change nothing."""

from __future__ import annotations

from collections.abc import Mapping

import hypothesis.strategies as st

from copr_chroot_fake import LIFECYCLES, Fault, Lifecycle, LogNormal, Stage, State, Uniform
from copr_chroot_fake.model.machine import Stamp

Arguments = st.SearchStrategy[dict[str, object]]
Writes = st.SearchStrategy[tuple[str, str, dict[str, object]]]

EPOCH = 1_700_000_000
LAST = 2**31 - 1
"""The last time that Copr can store."""

IDS = [1, 2, 3]
NAMES = ["fedora-41-x86_64", "epel-9-s390x", "fedora-rawhide-aarch64"]
PROJECTS = ["jdoe/playground", "@copr/tools", "@copr/tools:pr:1"]

ids = st.sampled_from(IDS)
names = st.sampled_from([*NAMES * 4, "x y", "fedora"])
known_names = st.sampled_from(NAMES)
# Mostly states that are not final.
states = st.sampled_from([*State, *[State.PENDING] * 6, *[State.RUNNING] * 3, *[State.WAITING] * 2])
# Multiples of 0.25, which floats represent exactly.
seconds = st.sampled_from([0, 0.25, 1, 10, 29.75, 60, 100, 400, 10_000, LAST - EPOCH - 9, -1])
times = st.sampled_from([0, 5, EPOCH - 1, EPOCH, EPOCH + 7, EPOCH + 500, LAST, -1])
texts = st.sampled_from(["a", "00000007-other"] * 3 + ["", "a/b"])
packages = st.sampled_from([[], *[["hello-1:2-3.fc41.src", "hello-1:2-3.fc41.x86_64"]] * 3, ["no nevra"]])

UNUSUAL = {
    "no start": Lifecycle(
        Stage("pending", 9), Stage("starting", 9, without=frozenset({Stamp.STARTED_ON})), Stage("running")
    ),
    "no results": Lifecycle(
        Stage("pending", 10),
        Stage("starting", 10, without=frozenset({Stamp.RESULT_DIR})),
        Stage("running", 5, "pending"),
    ),
    "skipped without an end": Lifecycle(
        Stage("pending", 10.25), Stage("skipped", without=frozenset({Stamp.ENDED_ON, Stamp.RESULT_DIR}))
    ),
    "canceled once it is queued": Lifecycle(
        Stage("waiting", 10), Stage("pending", 20, canceled=True), Stage("canceled")
    ),
    "twice": Lifecycle(
        *(Stage("pending", 10), Stage("starting", 10), Stage("running", 10)),
        *(Stage("pending", 20), Stage("starting", 20), Stage("running", 20), Stage("failed", 50), Stage("deleted")),
    ),
    "for ages": Lifecycle(Stage("pending", LAST), Stage("starting", LAST), Stage("running", LAST), Stage("succeeded")),
    "drawn": Lifecycle(
        Stage("importing", Uniform(1, 100)),
        Stage("pending", LogNormal(40, 1, 5, 1800), {"starting": 1, "skipped": 1}),
        Stage("starting", 20, {"running": 1, "failed": 1, "pending": 1}),
        Stage("running", 30, {"succeeded": 1, "failed": 1, "deleted": 1}),
    ),
    "deleted after its end": Lifecycle(Stage("running", 9), Stage("succeeded", 9), Stage("deleted")),
}
lifecycles = st.sampled_from([*LIFECYCLES, *UNUSUAL.values()])
progress = st.sampled_from(["poll", {"poll": 2}, {"poll": {"running": 3, "other": 1}}, "clock", "manual", "immediate"])


def optional(**arguments: st.SearchStrategy[object]) -> Arguments:
    return st.fixed_dictionaries({}, optional=arguments)


def required(**arguments: st.SearchStrategy[object]) -> Arguments:
    return st.fixed_dictionaries(arguments)


def both(one: Arguments, other: Arguments) -> Arguments:
    return st.builds(lambda these, those: {**these, **those}, one, other)


nothing: Arguments = st.just({})
at = optional(at=times)

_settings = optional(
    state=states,
    lifecycle=lifecycles,
    progress=progress,
    hold=states,
    polls=st.sampled_from([0, 1, LAST]),
    stage=st.sampled_from([0, 1, 3]),
    remaining=st.sampled_from([0, 5, -5, LAST]),
    started_on=times,
    ended_on=times,
    result_dir=texts,
    planned=optional(result_dir=texts, packages=packages),
    packages=packages,
    result_url=st.just("http://x"),
    build_config=st.just({"a": [1]}),
    canceled=st.booleans(),
)
_fixed = both(
    required(state=states),
    optional(
        ended_on=st.just(5),
        result_dir=texts,
        packages=packages,
        result_url=st.just("http://x"),
        build_config=st.just({"a": [1]}),
    ),
)
_advancing = both(required(lifecycle=lifecycles), optional(progress=progress, result_dir=texts, packages=packages))
_canceled = st.just({"state": "failed", "canceled": True})
_any_settings = states | _advancing | _advancing | _fixed | _canceled | _settings
_chroots = st.dictionaries(known_names, _any_settings, max_size=3)
added = optional(state=states) | both(required(lifecycle=lifecycles), optional(progress=progress))
_build = both(
    required(id=ids, chroots=_chroots),
    optional(
        project=st.sampled_from(PROJECTS),
        package=st.sampled_from(["hello", "nano"]),
        state=states,
        lifecycle=lifecycles,
        progress=progress,
        timeout=st.sampled_from([0, 5]),
        enable_net=st.booleans(),
        bootstrap=st.sampled_from(["on", None]),
    ),
)

first_build = both(
    required(
        id=st.just(1),
        chroots=st.dictionaries(
            known_names,
            _fixed | required(lifecycle=lifecycles, progress=progress, result_dir=st.just("planned")),
            min_size=1,
            max_size=2,
        ),
    ),
    optional(progress=progress),
)
"""One that can be, to begin with."""

_build_entry = both(
    required(
        id=ids,
        chroots=st.lists(
            both(required(name=known_names), _settings), max_size=3, unique_by=lambda entry: entry["name"]
        ),
    ),
    optional(
        projectname=st.sampled_from(["playground", "tools"]),
        ownername=st.sampled_from(["jdoe", "@copr"]),
        submitted_on=times,
        source_state=states,
        source_result_dir=texts,
        canceled=st.booleans(),
        confirmed_by=seconds | st.just(EPOCH + 30),
        lifecycle=lifecycles,
        progress=progress,
    ),
)
scenarios = optional(
    now=st.sampled_from([0, 1000.25, EPOCH, EPOCH + 100, LAST]),
    chroots=st.lists(names, max_size=2),
    builds=st.lists(_build_entry, max_size=2),
    faults=st.lists(st.sampled_from(["outage", {"id": LAST, "status": 500, "nth": 9, "seen": LAST}]), max_size=1),
    submissions=st.lists(
        st.sampled_from([{"lifecycle": "fails"}, {"id": LAST, "version": "3-1", "seen": LAST, "hits": LAST}]),
        max_size=1,
    ),
)

CHROOT: Mapping[str, Arguments] = {
    "report": both(required(state=states), optional(at=times, result_dir=texts, packages=packages)),
    "set_state": both(required(state=states), optional(started_on=times | st.none(), ended_on=times | st.none())),
    "advance": optional(to=states | st.just("end")),
    "hold": optional(state=states),
    "release": nothing,
    "add_result": required(
        name=st.sampled_from(["review.json", "builder-live.log", "a/b"]), content=st.sampled_from(["", "é\n", b"\xff"])
    ),
}
_likely = st.tuples(st.just("possible event"), required(which=st.integers(0, 3)))
_any = st.sampled_from([*CHROOT]).flatmap(lambda operation: st.tuples(st.just(operation), CHROOT[operation]))
_forced = st.tuples(st.just("set_state"), CHROOT["set_state"])
_tick = st.tuples(st.just("tick"), required(seconds=seconds))
history = st.lists(_likely | _likely | _any | _forced | _tick, min_size=1, max_size=8)
"""Operations on one chroot, one after the other."""

BUILD: Mapping[str, Arguments] = {
    "cancel": nothing,
    "delete": nothing,
    "report_source": both(
        required(state=states),
        optional(
            package=st.sampled_from(["nano", "a/b"]),
            version=st.just("2-1"),
            url=st.just("https://example.com/nano-2-1.src.rpm"),
            skip=st.lists(names, max_size=1),
        ),
    ),
    "report_import": optional(failed_for=st.sampled_from([[], ["fedora-41"], ["fedora"]])),
    "add_chroot": both(required(name=names), optional(state=states, lifecycle=lifecycles, progress=progress)),
    "source_state": required(value=states),
}
PROJECT: Mapping[str, Arguments] = {"enable": required(chrootname=names), "disable": required(chrootname=names)}
FAULTS: Mapping[str, Arguments] = {
    "add": required(
        fault=st.sampled_from(
            [
                *("outage", "gateway-timeout", {"status": 500, "probability": 0.5}, {"body": "cut", "every": 2}),
                *(Fault(endpoint="build", status=404, after=1, first=2), {"id": LAST, "delay": 2, "seen": LAST}),
                {"breaks": "reset", "lasts": 7.5, "every": 2},
                {"status": 1000},
            ]
        )
    ),
    "remove": required(fault=st.sampled_from([1, 2, LAST, 9])),
    "clear": nothing,
}
_OWNERS = st.sampled_from(["jdoe/playground", "@copr/tools", "jdoe/tools"])
_BUILD_IDS = st.sampled_from([1, 2, 3, 4, 5])


def _write(method: str, path: str | st.SearchStrategy[str], **fields: st.SearchStrategy[object]) -> Writes:
    paths = st.just(path) if isinstance(path, str) else path
    return st.tuples(st.just(method), paths, st.fixed_dictionaries({}, optional=fields))


_submitted: dict[str, st.SearchStrategy[object]] = {
    "ownername": st.just("jdoe"),
    "projectname": st.just("playground"),
    "chroots": st.lists(known_names, max_size=2),
    "project_dirname": st.sampled_from(["playground:pr:1", "other"]),
    "background": st.booleans(),
    "after_build_id": _BUILD_IDS,
    "with_build_id": _BUILD_IDS,
}
_chroot_settings: dict[str, st.SearchStrategy[object]] = {
    "with_opts": st.sampled_from(["a", "a b"]),
    "additional_repos": st.just("https://example.com/"),
    "isolation": st.sampled_from(["simple", "other"]),
}
_project_settings: dict[str, st.SearchStrategy[object]] = {
    "name": st.sampled_from(["tools", "playground", "a b"]),
    "chroots": st.lists(known_names, max_size=2),
    "description": st.sampled_from(["", "Tools."]),
    "devel_mode": st.booleans(),
    "unlisted_on_hp": st.booleans(),
    "delete_after_days": st.sampled_from([1, -1]),
    "repo_priority": st.sampled_from([5, 1000]),
}

WRITES: Writes = st.one_of(
    _write("POST", "build/create/url", **_submitted, pkgs=st.just("https://example.com/nano-2-1.src.rpm")),
    _write("POST", "build/create/pypi", **_submitted, pypi_package_name=st.just("nano")),
    _write("POST", "build/create/scm", **_submitted, clone_url=st.just("https://example.com/nano.git")),
    _write("PUT", _BUILD_IDS.map("build/cancel/{}".format)),
    _write("DELETE", _BUILD_IDS.map("build/delete/{}".format)),
    _write("DELETE", "build/delete/list", builds=st.lists(_BUILD_IDS, max_size=2)),
    _write("POST", st.sampled_from(["project/add/jdoe", "project/add/@copr"]), **_project_settings),
    _write("PUT", _OWNERS.map("project/edit/{}".format), **_project_settings),
    _write("DELETE", _OWNERS.map("project/delete/{}".format), verify=st.just("Yes")),
    _write(
        "POST", _OWNERS.map("project/fork/{}".format), name=st.sampled_from(["fork", "tools"]), confirm=st.just("y")
    ),
    _write("PUT", _OWNERS.map("project/permissions/request/{}/".format), builder=st.booleans()),
    _write("PUT", _OWNERS.map("project/permissions/set/{}/".format), other=st.just({"builder": "approved"})),
    _write("PUT", st.builds("project-chroot/edit/{}/{}".format, _OWNERS, known_names), **_chroot_settings),
    _write(
        "POST", _OWNERS.map("package/add/{}/nano/pypi".format), pypi_package_name=st.just("nano"), max_builds=st.just(2)
    ),
    _write("POST", "package/build", **_submitted, package_name=st.sampled_from(["nano", "hello"])),
    _write("DELETE", "package/delete", **_submitted, package_name=st.sampled_from(["nano", "hello"])),
    _write("POST", _OWNERS.map("webhook/generate/{}".format)),
    _write("POST", "api-token"),
)
"""Method, path and body of requests that change something."""

RULES: Mapping[str, Arguments] = {"remove": required(rule=st.sampled_from([1, 1, 2, 0])), "clear": nothing}
VIRTUAL_CLOCK: Mapping[str, Arguments] = {
    "tick": required(seconds=seconds),
    "move_to": required(now=times),
    "restore": required(now=times),
}
SYSTEM_CLOCK: Mapping[str, Arguments] = {
    **VIRTUAL_CLOCK,
    "pause": nothing,
    "resume": nothing,
    "speed": required(value=st.sampled_from([1e-300, 2e-300, 0])),
}
FAKE: Mapping[str, Arguments] = {
    "add_project": both(
        required(project=st.sampled_from(["jdoe/playground", "@copr/tools", "jdoe/tools", "a b/tools", "tools"])),
        optional(
            chroots=st.lists(names, max_size=2, unique=True)
            | st.dictionaries(names, st.sampled_from([{}, {"with_opts": ["a"]}, {"bootstrap": "on"}]), max_size=2),
            devel_mode=st.booleans(),
            repo_priority=st.sampled_from([0, 5]),
            description=st.sampled_from(["", "Tools."]),
            additional_repos=st.just(["https://example.com/"]),
            unlisted_on_hp=st.booleans(),
            isolation=st.sampled_from(["simple", "other"]),
            delete_after_days=st.sampled_from([1, -1]),
            permissions=st.just({"other": {"builder": "approved"}}),
        ),
    ),
    "add_build": _build,
    "add_account": both(
        required(
            name=st.sampled_from(["jdoe", "other"]),
            login=st.sampled_from(["abc", "def", "a:b"]),
            token=st.just("secret"),
        ),
        optional(groups=st.just(["@copr"]), admin=st.booleans(), expired=st.booleans()),
    ),
    "add_group": both(
        required(name=st.sampled_from(["@copr", "@other", "copr"])), optional(fas_name=st.sampled_from(["copr", ""]))
    ),
    "add_scenario": required(source=scenarios),
    "on_submit": both(
        optional(
            project=st.sampled_from(PROJECTS),
            package=st.sampled_from(["nano", "python-nano", "a/b"]),
            chroot=st.sampled_from(["fedora-*", "epel-9-s390x", "fedora"]),
            source_type=st.sampled_from(["link", "pypi", "git"]),
            committish=st.sampled_from(["main", "v*"]),
            url=st.sampled_from(["*.src.rpm", "https://example.org/nano.git"]),
            submitter=st.sampled_from(["jdoe", "other"]),
            nth=st.sampled_from([1, 2]),
            name=st.just("vim"),
            version=st.just("3-1"),
            packages=packages,
            progress=progress,
        ),
        optional(lifecycle=lifecycles),
    ),
    "next_build_id": required(value=st.sampled_from([1, 4, 9, LAST])),
    "clear": nothing,
    "reset": nothing,
    "reseed": required(seed=st.sampled_from([0, 1, 7, -1])),
    "populate": optional(builds=st.sampled_from([0, 1]), chroots=st.just(2), seed=st.sampled_from([1, 2])),
    "clear_requests": nothing,
}
"""The operations; ``OWN_RULE`` has those with a separate rule."""

OWN_RULE: Mapping[str, str] = {
    "FakeCopr.answer": "poll",
    "FakeCopr.snapshot": "take_snapshot",
    "FakeCopr.restore": "restore_snapshot",
    "FakeCopr.to_scenario": "save_scenario",
    "FakeCopr.from_scenario": "continue_with_reloaded",
    "FakeCopr.add_mock_chroots": "add_mock_chroots",
}
"""By member, the rule of the machine that draws it."""

READ_ONLY: Mapping[str, str] = {
    "FakeCopr": (
        "accounts asgi assert_all_pages_read assert_canceled assert_not_requested assert_polled_no_faster_than "
        "assert_project_created assert_project_edited assert_requested assert_submitted assert_waited_for builds "
        "changes clock copr_version default_limit faults from_options groups messages mock_httpx mock_httpx2 "
        "mock_requests on_request projects proxying requests requests_after results_url seed serving "
        "submission_rules subscribe transport unmatched"
    ),
    "Build": (
        "batch bootstrap chroots enable_net ended_at ended_on get id is_background is_canceled is_finished isolation "
        "items keys memory_limit package project project_dirname source started_at started_on state submitted_on "
        "submitter timeout values"
    ),
    "BuildChroot": (
        "build build_config can_advance ended_at ended_on held_in is_absent name overrides packages "
        "possible_events result_dir result_url results run started_at started_on state"
    ),
    "Project": (
        "active_chroots added_after build_ids chroots created_on creator days_until_deletion directories full_name "
        "group id known_chroots ownername packages permissions projectname published settings store "
        "stored_packages webhook_secret"
    ),
    "Faults": "write",
    "SubmissionRules": "write",
    "VirtualClock": "now",
    "SystemClock": "is_paused now",
}
"""The members that only read, or only lead to the fake."""

THROUGH_ANOTHER = {
    "Project.drop_chroots": "Project.disable",
    "Project.enable_chroots": "Project.enable",
    **dict.fromkeys(
        (
            "Project.add_package",
            "Project.forget_build",
            "Project.note_build",
            "Project.publish",
            "Project.update_package",
        ),
        "FakeCopr.answer",
    ),
}
"""Operations that are only called by another one."""
