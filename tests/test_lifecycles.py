"""Lifecycles as data: random durations and outcomes, reproducible by seed, and errors for invalid lifecycles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr, InputError, Lifecycle, LifecycleName, LogNormal, Stage, Uniform
from copr_chroot_fake.cli.check import check
from copr_chroot_fake.model.lifecycle import StageFields, parse_lifecycle
from copr_chroot_fake.model.machine import Stamp

from .chroots import F41


def ends(lifecycle: Lifecycle | LifecycleName, seed: int = 0, builds: int = 200) -> list[tuple[str, int]]:
    """Return state and duration in seconds of builds that differ only in their id."""
    fake = FakeCopr(progress="immediate", seed=seed)
    chroots = [fake.add_build([F41], id=number, lifecycle=lifecycle)[F41] for number in range(1, builds + 1)]
    return [(str(chroot.state), (chroot.ended_on or 0) - (chroot.started_on or 0)) for chroot in chroots]


@pytest.mark.slow
def test_outcomes_follow_their_weights() -> None:
    lifecycle = Lifecycle(Stage("running", 10, {"succeeded": 9, "failed": 1, "pending": 0}))
    counts = Counter(state for state, _ in ends(lifecycle, builds=2000))
    assert set(counts) == {"succeeded", "failed"}
    assert 140 < counts["failed"] < 260


def test_stage_continues_or_ends_by_weight() -> None:
    """An ending with the next stage's state continues the lifecycle."""
    lifecycle = Lifecycle(Stage("importing", 1, {"pending": 1, "failed": 1}), Stage("pending", 1), Stage("skipped"))
    counts = Counter(state for state, _ in ends(lifecycle))
    assert set(counts) == {"skipped", "failed"}
    assert 60 < counts["failed"] < 140


def test_seed_gives_the_same_run_on_every_python() -> None:
    """The pinned values reveal a Python or platform on which it differs."""
    assert ends("realistic", seed=7, builds=8) == PINNED
    assert ends("realistic", seed=8, builds=8) != PINNED


PINNED = [
    ("succeeded", 263),
    ("succeeded", 1680),
    ("succeeded", 199),
    ("failed", 195),
    ("succeeded", 322),
    ("succeeded", 162),
    ("failed", 396),
    ("failed", 735),
]


def test_chroot_plan_depends_on_seed_build_and_name_only() -> None:
    """Other builds and polls do not change the draws."""
    alone, crowded = FakeCopr(progress="clock", seed=3), FakeCopr(progress="clock", seed=3)
    crowded.add_build([F41], id=1, lifecycle="realistic")
    chroots = [fake.add_build(["epel-9-s390x", F41], id=2, lifecycle="realistic")[F41] for fake in (alone, crowded)]
    crowded.add_build([F41], id=3, lifecycle="realistic")
    for fake in (alone, crowded):
        fake.clock.tick(100_000)
    assert chroots[0].ended_on == chroots[1].ended_on


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (
            [{"state": "running", "lasts": 5, "ends": {"succeeded": 2, "failed": 1}}],
            Lifecycle(Stage("running", 5, {"succeeded": 2, "failed": 1})),
        ),
        (
            [{"state": "running", "lasts": 5, "ends": "failed"}],
            Lifecycle(Stage("running", 5, ends={"failed": 1})),
        ),
        (
            [{"state": "pending", "lasts": {"uniform": [1, 2]}}, {"state": "canceled"}],
            Lifecycle(Stage("pending", Uniform(1, 2)), Stage("canceled")),
        ),
        (
            [
                {"state": "running", "lasts": {"lognormal": {"median": 5, "sigma": 1, "minimum": 1, "maximum": 9}}},
                {"state": "running", "lasts": 1, "canceled": True},
                {"state": "failed", "without": ["ended_on"]},
            ],
            Lifecycle(
                Stage("running", LogNormal(5, 1, 1, 9)),
                Stage("running", 1, canceled=True),
                Stage("failed", without=frozenset({Stamp.ENDED_ON})),
            ),
        ),
    ],
)
def test_scenario_and_python_lifecycles_are_equal(scenario: list[dict[str, object]], expected: Lifecycle) -> None:
    """A single ending needs no weight in either."""
    assert parse_lifecycle("lifecycle", {"stages": scenario}) == expected


def test_dumped_lifecycle_has_all_given_fields() -> None:
    """Random durations are dumped as drawn."""
    dumped: list[StageFields] = [
        {"state": "running", "lasts": 5},
        {"state": "running", "lasts": 1, "canceled": True},
        {"state": "failed", "without": ["ended_on", "packages"]},
    ]
    fake = FakeCopr()
    durations: list[float | dict[str, object]] = [5, {"uniform": [5, 5]}]
    for number, lasts in enumerate(durations, 1):
        first: StageFields = {"state": "running", "lasts": lasts}
        fake.add_build([F41], id=number, lifecycle={"stages": [first, *dumped[1:]]})
    assert [build["chroots"][0]["lifecycle"] for build in fake.to_scenario()["builds"]] == [{"stages": dumped}] * 2


def stages(*given: Mapping[str, object]) -> dict[str, object]:
    return {"stages": list(given)}


INVALID_LIFECYCLES: list[tuple[object, str]] = [
    ("suceeds", "lifecycle: 'suceeds' is not valid; did you mean 'succeeds'? valid: succeeds, as-deployed, fails, "),
    ([], "lifecycle: expected an object, got []"),
    ({}, "lifecycle.stages: missing, and required"),
    (stages(), "lifecycle.stages: a lifecycle has at least one stage"),
    (stages({"state": "done"}), "lifecycle.stages[0].state: 'done' is not a stage; valid: importing, waiting, "),
    (
        stages({"state": "runing"}),
        "lifecycle.stages[0].state: 'runing' is not a stage; did you mean 'running'? valid: ",
    ),
    (stages({"state": []}), "lifecycle.stages[0].state: [] is not a stage; valid: importing, "),
    (stages({"state": "running", "last": 5}), "lifecycle.stages[0].last: unknown key; did you mean 'lasts'?"),
    (
        stages({"state": "running", "lasts": 5}),
        "lifecycle.stages[0].ends: no stage follows; expected the final state, or a stage",
    ),
    (
        stages({"state": "running"}, {"state": "failed"}),
        "lifecycle.stages[0].lasts: another stage follows; expected the seconds",
    ),
    (stages({"state": "running", "lasts": 5, "ends": "done"}), "lifecycle.stages[0].ends: 'done' is not an ending"),
    (stages({"state": "running", "lasts": 5, "ends": {"done": 1}}), "lifecycle.stages[0].ends.done: 'done' is"),
    (
        stages({"state": "running", "lasts": 5, "ends": {"failed": -1}}),
        "lifecycle.stages[0].ends.failed: expected a number from 0 ",
    ),
    (
        stages({"state": "running", "lasts": 5, "ends": {"failed": 0}}),
        "lifecycle.stages[0].ends: expected weights that are not all 0",
    ),
    (
        stages({"state": "pending", "lasts": 5}, {"state": "running"}),
        "lifecycle.stages[0]: no event leads from pending to running; see the table of events",
    ),
    (
        stages({"state": "succeeded", "lasts": 5}, {"state": "failed"}),
        "lifecycle.stages[0]: no event leads from succeeded to failed",
    ),
    (
        stages({"state": "pending", "lasts": 5}, {"state": "absent"}),
        "lifecycle.stages[0]: absent can only be the first stage of a lifecycle, and not an ending",
    ),
    (
        stages({"state": "deleted"}),
        "lifecycle.stages[0].state: a lifecycle cannot begin with deleted; expected a state, or absent",
    ),
    (
        stages({"state": "importing", "lasts": 5}, {"state": "pending", "lasts": 5, "ends": {"absent": 1}}),
        "lifecycle.stages[1].ends.absent: 'absent' is not an ending; valid: ",
    ),
    (
        stages({"state": "running", "lasts": 5}, {"state": "deleted", "lasts": 5}, {"state": "pending"}),
        "lifecycle.stages[1]: no event leads from deleted to pending",
    ),
    (
        stages({"state": "pending", "lasts": 5, "canceled": True}, {"state": "starting"}),
        "lifecycle.stages[0]: no event leads from pending, once its build is canceled, to starting",
    ),
    (stages({"state": "failed", "without": 7}), "lifecycle.stages[0].without: expected a list, got 7"),
    (
        stages({"state": "failed", "without": ["end"]}),
        "lifecycle.stages[0].without[0]: 'end' is not valid; valid: started_on, ",
    ),
    (stages({"state": "failed", "canceled": 1}), "lifecycle.stages[0].canceled: expected true or false, got 1"),
]


@pytest.mark.parametrize(
    ("lifecycle", "message"), INVALID_LIFECYCLES, ids=[message[:50] for _, message in INVALID_LIFECYCLES]
)
def test_invalid_lifecycle_is_rejected(lifecycle: object, message: str) -> None:
    """The error names the stage and the reason, and nothing is added."""
    fake = FakeCopr()
    with pytest.raises(InputError) as raised:
        fake.add_build([F41], id=1, lifecycle=lifecycle)  # type: ignore[arg-type]  # wrong on purpose
    assert str(raised.value).startswith(message)
    assert not fake.builds


@pytest.mark.parametrize(
    ("stage", "locations"),
    [
        ({"state": "runing", "lasts": -1, "ends": {"x": 1}}, ["ends.x", "lasts", "state"]),
        # The relation between endings and duration is not checked if either is invalid.
        ({"state": "running", "lasts": -1, "ends": {"failed": 1}}, ["lasts"]),
        ({"state": "running", "lasts": 1, "ends": {"x": 0}}, ["ends.x"]),
        (
            {"state": "running", "lasts": {"lognormal": {"median": -1, "sigma": -1, "minimum": 0, "maximum": 1}}},
            ["lasts.lognormal.median", "lasts.lognormal.sigma"],
        ),
    ],
)
def test_all_errors_of_a_stage_are_reported(tmp_path: Path, stage: dict[str, object], locations: list[str]) -> None:
    """Errors that only follow from another error are not reported."""
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({"builds": [{"id": 1, "lifecycle": stages({"state": "running", "lasts": 5}, stage)}]}))
    (checked,) = check([path])
    assert sorted(error.location for error in checked.errors) == [
        f"builds[0].lifecycle.stages[1].{location}" for location in locations
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lifecycle": "succeeds", "state": "failed"}, "chroots[0].state: failed is not a stage of its lifecycle"),
        (
            {"lifecycle": "succeeds", "started_on": 5},
            "chroots[0].started_on: its lifecycle sets it; expected none, or the state it is in",
        ),
        (
            {"lifecycle": "succeeds", "hold": "rnning"},
            "chroots[0].hold: 'rnning' is not a state; did you mean 'running'?",
        ),
        ({"lifecycle": "fails", "hold": "succeeded"}, "chroots[0].hold: its lifecycle does not reach succeeded"),
        (
            {"state": "running", "hold": "running"},
            "chroots[0].hold: only a chroot that advances has it; expected a life",
        ),
        ({"state": "running", "polls": 1}, "chroots[0].polls: only a chroot that advances has it"),
        ({"state": "running", "progress": "nope"}, "chroots[0].progress: 'nope' is not valid; valid: poll, "),
        ({"lifecycle": "succeeds", "progress": "never"}, "chroots[0].progress: 'never' is not valid; valid: poll, "),
    ],
)
def test_field_that_contradicts_the_lifecycle_is_rejected(given: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as raised:
        FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": [{"name": F41, **given}]}]})
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: "running", "stages[0]: expected a Stage, got 'running'"),
        (lambda: Stage("running", 5, ends={"failed": "x"}), "ends.failed: expected a number from 0 "),  # type: ignore[dict-item]  # wrong on purpose
        (lambda: Stage("running", 5, ends=7), "ends: expected an object, got 7"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda: Stage("pending", 5, ends="succeeded"), "stages[0]: no event leads from pending to succeeded"),
    ],
)
def test_lifecycle_constructor_validates(wrong: Callable[[], Stage], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Lifecycle(wrong())
    assert str(raised.value).startswith(message)


def test_lifecycle_starting_at_running_has_started() -> None:
    """The chroot has a start time and a result directory."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("running", 10), Stage("succeeded")))[F41]
    assert (chroot.started_on, chroot.ended_on, chroot.result_dir) == (1_700_000_000, None, "00000001-hello")
    chroot.advance()
    assert (chroot.ended_on, bool(chroot.packages)) == (1_700_000_010, True)


def test_first_stage_can_cancel_the_build() -> None:
    lifecycle = Lifecycle(Stage("pending", 5, canceled=True), Stage("canceled"))
    assert FakeCopr().add_build([F41], id=1, lifecycle=lifecycle).is_canceled


def test_lifecycles_with_equal_stages_are_equal() -> None:
    """Their hashes are equal too."""
    lifecycles = {Lifecycle(Stage("pending", 5), Stage("skipped")) for _ in range(2)}
    assert lifecycles == {Lifecycle(Stage("pending", 5), Stage("skipped"))}
    assert Lifecycle(Stage("pending", 6), Stage("skipped")) not in lifecycles


def test_repr_lists_the_stages() -> None:
    assert repr(Lifecycle(Stage("pending", 5), Stage("skipped"))) == "<Lifecycle pending skipped>"
