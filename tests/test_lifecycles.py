"""Lives as data: drawn durations and outcomes, the same for the same seed, and lives that cannot be refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr, InputError, Lifecycle, LogNormal, Stage, Uniform
from copr_chroot_fake.model.lifecycle import parse_lifecycle
from copr_chroot_fake.model.machine import Stamp
from copr_chroot_fake.scenario_cli.check import check

F41 = "fedora-41-x86_64"


def ends(lifecycle: Lifecycle | str, seed: int = 0, builds: int = 200) -> list[tuple[str, int]]:
    """How many builds that differ only in their id end, and how many seconds they take from start to end."""
    fake = FakeCopr(progress="immediate", seed=seed)
    chroots = [fake.add_build([F41], id=number, lifecycle=lifecycle)[F41] for number in range(1, builds + 1)]
    return [(str(chroot.state), (chroot.ended_on or 0) - (chroot.started_on or 0)) for chroot in chroots]


def test_outcomes_come_by_their_weights() -> None:
    """Of many builds, nine out of ten succeed where that is the weight."""
    life = Lifecycle(Stage("running", 10, {"succeeded": 9, "failed": 1, "pending": 0}))
    counts = Counter(state for state, _ in ends(life, builds=2000))
    assert set(counts) == {"succeeded", "failed"}
    assert 140 < counts["failed"] < 260


def test_a_stage_can_go_on_or_end_the_life_by_weight() -> None:
    """Of the endings of a stage, the next stage's state goes on with the life."""
    life = Lifecycle(Stage("importing", 1, {"pending": 1, "failed": 1}), Stage("pending", 1), Stage("skipped"))
    counts = Counter(state for state, _ in ends(life))
    assert set(counts) == {"skipped", "failed"}
    assert 60 < counts["failed"] < 140


def test_the_same_seed_is_the_same_run_on_every_python() -> None:
    """Pinned, so that a Python or a platform on which it differs is noticed; another seed is another run."""
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
    """Builds added before or after, and polls in between, do not change what is drawn."""
    alone, crowded = FakeCopr(progress="clock", seed=3), FakeCopr(progress="clock", seed=3)
    crowded.add_build([F41], id=1, lifecycle="realistic")
    chroots = [fake.add_build(["epel-9-s390x", F41], id=2, lifecycle="realistic")[F41] for fake in (alone, crowded)]
    crowded.add_build([F41], id=3, lifecycle="realistic")
    for fake in (alone, crowded):
        fake.clock.tick(100_000)
    assert chroots[0].ended_on == chroots[1].ended_on


@pytest.mark.parametrize(
    ("written", "made"),
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
def test_a_life_is_the_same_in_a_scenario_as_in_python(written: list[dict[str, object]], made: Lifecycle) -> None:
    """One ending can be said without a weight in both."""
    assert parse_lifecycle("lifecycle", {"stages": written}) == made


def test_a_life_is_written_out_as_it_was_drawn() -> None:
    """Each stage with all that was said of it."""
    written: list[dict[str, object]] = [
        {"state": "running", "lasts": 5},
        {"state": "running", "lasts": 1, "canceled": True},
        {"state": "failed", "without": ["ended_on", "packages"]},
    ]
    fake = FakeCopr()
    for number, lasts in enumerate((5, {"uniform": [5, 5]}), 1):
        stages = [{**written[0], "lasts": lasts}, *written[1:]]
        fake.add_build([F41], id=number, lifecycle={"stages": stages})
    assert [build["chroots"][0]["lifecycle"] for build in fake.to_scenario()["builds"]] == [{"stages": written}] * 2


def stages(*said: Mapping[str, object]) -> dict[str, object]:
    return {"stages": list(said)}


IMPOSSIBLE: list[tuple[object, str]] = [
    ("suceeds", "lifecycle: 'suceeds' is not possible; did you mean 'succeeds'? valid: succeeds, as-deployed, fails, "),
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
        "lifecycle.stages[0].ends: nothing follows; expected how it ends, or no seconds",
    ),
    (
        stages({"state": "running"}, {"state": "failed"}),
        "lifecycle.stages[0].lasts: another stage follows; expected how many",
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
        "lifecycle.stages[0].without[0]: 'end' is not possible; valid: started_on, ",
    ),
    (stages({"state": "failed", "canceled": 1}), "lifecycle.stages[0].canceled: expected true or false, got 1"),
]


@pytest.mark.parametrize(("life", "message"), IMPOSSIBLE, ids=[message[:50] for _, message in IMPOSSIBLE])
def test_a_life_that_cannot_be_is_refused_with_place_and_reason(life: object, message: str) -> None:
    """The error names the stage and what is wrong with it, and nothing is added."""
    fake = FakeCopr()
    with pytest.raises(InputError) as refused:
        fake.add_build([F41], id=1, lifecycle=life)  # type: ignore[arg-type]  # wrong on purpose
    assert str(refused.value).startswith(message)
    assert not fake.builds


@pytest.mark.parametrize(
    ("stage", "places"),
    [
        ({"state": "runing", "lasts": -1, "ends": {"x": 1}}, ["ends.x", "lasts", "state"]),
        # Whether endings go with what it lasts is open where one of them is wrong.
        ({"state": "running", "lasts": -1, "ends": {"failed": 1}}, ["lasts"]),
        ({"state": "running", "lasts": 1, "ends": {"x": 0}}, ["ends.x"]),
        (
            {"state": "running", "lasts": {"lognormal": {"median": -1, "sigma": -1, "minimum": 0, "maximum": 1}}},
            ["lasts.lognormal.median", "lasts.lognormal.sigma"],
        ),
    ],
)
def test_all_that_is_wrong_with_a_stage_is_found(tmp_path: Path, stage: dict[str, object], places: list[str]) -> None:
    """Nothing is said that only comes of another mistake, in that stage or in their order."""
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({"builds": [{"id": 1, "lifecycle": stages({"state": "running", "lasts": 5}, stage)}]}))
    (checked,) = check([path])
    assert sorted(error.location for error in checked.errors) == [
        f"builds[0].lifecycle.stages[1].{place}" for place in places
    ]


@pytest.mark.parametrize(
    ("said", "message"),
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
        ({"lifecycle": "fails", "hold": "succeeded"}, "chroots[0].hold: its lifecycle does not get to succeeded"),
        (
            {"state": "running", "hold": "running"},
            "chroots[0].hold: only a chroot that advances has it; expected a life",
        ),
        ({"state": "running", "polls": 1}, "chroots[0].polls: only a chroot that advances has it"),
        ({"state": "running", "progress": "nope"}, "chroots[0].progress: 'nope' is not possible; valid: poll, "),
        ({"lifecycle": "succeeds", "progress": "never"}, "chroots[0].progress: 'never' is not possible; valid: poll, "),
    ],
)
def test_what_does_not_fit_a_life_is_refused(said: dict[str, object], message: str) -> None:
    """The error names the field and the reason."""
    with pytest.raises(InputError) as refused:
        FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": [{"name": F41, **said}]}]})
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: "running", "stages[0]: expected a Stage, got 'running'"),
        (lambda: Stage("running", 5, ends={"failed": "x"}), "ends.failed: expected a number from 0 "),  # type: ignore[dict-item]
        (lambda: Stage("running", 5, ends=7), "ends: expected an object, got 7"),  # type: ignore[arg-type]
        (lambda: Stage("pending", 5, ends="succeeded"), "stages[0]: no event leads from pending to succeeded"),
    ],
)
def test_a_life_in_python_is_checked_where_it_is_made(wrong: Callable[[], Stage], message: str) -> None:
    """As one in a scenario is."""
    with pytest.raises(InputError) as refused:
        Lifecycle(wrong())
    assert str(refused.value).startswith(message)


def test_a_life_that_begins_late_begins_as_copr_would_show_it() -> None:
    """A chroot that is running from the first has started, and has its results where they will be."""
    fake = FakeCopr()
    chroot = fake.add_build([F41], id=1, lifecycle=Lifecycle(Stage("running", 10), Stage("succeeded")))[F41]
    assert (chroot.started_on, chroot.ended_on, chroot.result_dir) == (1_700_000_000, None, "00000001-hello")
    chroot.advance()
    assert (chroot.ended_on, bool(chroot.packages)) == (1_700_000_010, True)


def test_a_life_can_begin_in_a_canceled_build() -> None:
    """The first stage cancels it as any other does."""
    life = Lifecycle(Stage("pending", 5, canceled=True), Stage("canceled"))
    assert FakeCopr().add_build([F41], id=1, lifecycle=life).is_canceled


def test_lives_of_the_same_stages_are_the_same() -> None:
    """In a set there is one of them."""
    lives = {Lifecycle(Stage("pending", 5), Stage("skipped")) for _ in range(2)}
    assert lives == {Lifecycle(Stage("pending", 5), Stage("skipped"))}
    assert Lifecycle(Stage("pending", 6), Stage("skipped")) not in lives


def test_a_life_tells_what_it_is() -> None:
    """In a failed assertion, and where it is refused what it does not get to."""
    assert repr(Lifecycle(Stage("pending", 5), Stage("skipped"))) == "<Lifecycle pending skipped>"
