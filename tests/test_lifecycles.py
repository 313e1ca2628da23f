"""Lives as data: drawn durations and outcomes, the same for the same seed, and lives that cannot be refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random

import pytest

from copr_chroot_fake import FakeCopr, InputError, Lifecycle, LogNormal, Stage, Uniform
from copr_chroot_fake.lives.durations import draw_whole
from copr_chroot_fake.lives.lifecycle import read_lifecycle, write_lifecycle

F41 = "fedora-41-x86_64"


def ends(lifecycle: Lifecycle | str, seed: int = 0, builds: int = 200) -> list[tuple[str, int]]:
    """How many builds that differ only in their id end, and how many seconds they take from start to end."""
    fake = FakeCopr(progress="immediate", seed=seed)
    chroots = [fake.add_build(number, [F41], lifecycle=lifecycle)[F41] for number in range(1, builds + 1)]
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


@pytest.mark.parametrize(
    ("duration", "least", "most"), [(Uniform(60, 120), 60, 120), (LogNormal(300, 0.5, 200, 1000), 200, 1000)]
)
def test_drawn_durations_stay_within_their_bounds_and_differ(
    duration: Uniform | LogNormal, least: int, most: int
) -> None:
    """Every duration is within the bounds, and hardly two are the same."""
    life = Lifecycle(Stage("pending", 1), Stage("starting", duration), Stage("running", 0), Stage("succeeded"))
    seconds = [taken for _, taken in ends(life)]
    assert least <= min(seconds) < max(seconds) <= most
    assert len(set(seconds)) > 40


def test_a_log_normal_duration_has_its_median() -> None:
    """Half of them are shorter, half are longer."""
    life = Lifecycle(Stage("pending", 1), Stage("starting", LogNormal(300, 0.5, 0, 10_000)), Stage("failed"))
    shorter = sum(taken < 300 for _, taken in ends(life, builds=1000))
    assert 430 < shorter < 570


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


def test_a_chroots_run_depends_on_nothing_but_the_seed_the_build_and_its_name() -> None:
    """Builds added before or after, and looks in between, do not change what is drawn."""
    alone, crowded = FakeCopr(progress="clock", seed=3), FakeCopr(progress="clock", seed=3)
    crowded.add_build(1, [F41], lifecycle="realistic")
    chroots = [fake.add_build(2, ["epel-9-s390x", F41], lifecycle="realistic")[F41] for fake in (alone, crowded)]
    crowded.add_build(3, [F41], lifecycle="realistic")
    for fake in (alone, crowded):
        fake.clock.tick(100_000)
    assert chroots[0].ended_on == chroots[1].ended_on


@pytest.mark.parametrize(
    "written",
    [
        {"stages": [{"state": "running", "lasts": 5, "ends": {"succeeded": 2, "failed": 1}}]},
        {"stages": [{"state": "pending", "lasts": {"uniform": [1, 2]}}, {"state": "canceled"}]},
        {
            "stages": [
                {"state": "running", "lasts": {"lognormal": {"median": 5, "sigma": 1, "least": 1, "most": 9}}},
                {"state": "running", "lasts": 1, "canceled": True},
                {"state": "failed", "without": ["ended_on"]},
            ]
        },
    ],
)
def test_a_life_reads_back_as_it_is_written(written: Mapping[str, object]) -> None:
    """The form in a scenario says all that a life is."""
    life = read_lifecycle("lifecycle", written)
    assert write_lifecycle(life.stages) == written
    assert read_lifecycle("lifecycle", write_lifecycle(life.stages)) == life


def stages(*said: Mapping[str, object]) -> dict[str, object]:
    return {"stages": list(said)}


IMPOSSIBLE: list[tuple[object, str]] = [
    ("suceeds", "lifecycle: 'suceeds' is not possible; did you mean 'succeeds'? valid: succeeds, as-deployed, fails, "),
    ([], "lifecycle: expected an object, got []"),
    ({}, "lifecycle.stages: missing, and required"),
    (stages(), "lifecycle.stages: a life has at least one stage"),
    (stages({"state": "done"}), "lifecycle.stages[0].state: 'done' is no stage; valid: importing, waiting, "),
    (stages({"state": "running", "last": 5}), "lifecycle.stages[0].last: no such key here; did you mean 'lasts'?"),
    (
        stages({"state": "running", "lasts": -5}),
        "lifecycle.stages[0].lasts: expected seconds, not negative, or an object",
    ),
    (
        stages({"state": "running", "lasts": {"normal": 5}}),
        "lasts: expected seconds, not negative, or an object with uni",
    ),
    (
        stages({"state": "running", "lasts": {"uniform": [5]}}),
        "lasts.uniform: expected two numbers of seconds, [least, ",
    ),
    (stages({"state": "running", "lasts": {"uniform": [5, 4]}}), "lasts.uniform.least: expected seconds, not negative"),
    (
        stages({"state": "running", "lasts": {"lognormal": {"median": 5, "sigma": 1, "least": 6, "most": 9}}}),
        "lasts.lognormal.median: expected seconds from least to most, above 0, got 5",
    ),
    (stages({"state": "running", "lasts": {"lognormal": {"median": 5}}}), "lasts.lognormal."),
    (stages({"state": "running", "lasts": 5}), "stages[0].ends: nothing follows; expected how it ends, or no seconds"),
    (stages({"state": "running"}, {"state": "failed"}), "stages[0].lasts: another stage follows; expected how many"),
    (stages({"state": "running", "lasts": 5, "ends": {"done": 1}}), "stages[0].ends: 'done' is no stage"),
    (
        stages({"state": "running", "lasts": 5, "ends": {"failed": -1}}),
        "stages[0].ends.failed: expected a number from 0 ",
    ),
    (
        stages({"state": "running", "lasts": 5, "ends": {"failed": 0}}),
        "stages[0].ends: expected weights that are not all 0",
    ),
    (
        stages({"state": "pending", "lasts": 5}, {"state": "running"}),
        "stages[0]: no event leads from pending to running; see the table of events",
    ),
    (stages({"state": "succeeded", "lasts": 5}, {"state": "failed"}), "no event leads from succeeded to failed"),
    (
        stages({"state": "pending", "lasts": 5}, {"state": "absent"}),
        "stages[0]: absent can only be the first stage of a life, and no ending",
    ),
    (stages({"state": "deleted"}), "stages[0].state: a life cannot begin with deleted; expected a state, or absent"),
    (stages({"state": "running", "lasts": 5, "ends": {"absent": 1}}), "absent can only be the first stage"),
    (
        stages({"state": "running", "lasts": 5}, {"state": "deleted", "lasts": 5}, {"state": "pending"}),
        "no event leads from deleted to pending",
    ),
    (
        stages({"state": "pending", "lasts": 5, "canceled": True}, {"state": "starting"}),
        "no event leads from pending, once its build is canceled, to starting",
    ),
    (stages({"state": "failed", "without": ["end"]}), "stages[0].without: 'end' is not possible; valid: started_on, "),
    (stages({"state": "failed", "canceled": 1}), "stages[0].canceled: expected true or false, got 1"),
]


@pytest.mark.parametrize(("life", "message"), IMPOSSIBLE, ids=[message[:50] for _, message in IMPOSSIBLE])
def test_a_life_that_cannot_be_is_refused_with_place_and_reason(life: object, message: str) -> None:
    """The error names the stage and what is wrong with it, and nothing is added."""
    fake = FakeCopr()
    with pytest.raises(InputError) as refused:
        fake.add_build(1, [F41], lifecycle=life)  # type: ignore[arg-type]  # wrong on purpose
    assert message in str(refused.value)
    assert not fake.builds


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"lifecycle": "succeeds", "state": "failed"}, "chroots[0].state: failed is no stage of its life"),
        (
            {"lifecycle": "succeeds", "started_on": 5},
            "chroots[0].started_on: its life gives it; expected none, or the state it is in",
        ),
        ({"lifecycle": "succeeds", "hold": "rnning"}, "chroots[0].hold: 'rnning' is no state; did you mean 'running'?"),
        ({"lifecycle": "fails", "hold": "succeeded"}, "chroots[0].hold: its life does not get to succeeded"),
        (
            {"state": "running", "hold": "running"},
            "chroots[0].hold: only a chroot that lives has it; expected a life",
        ),
        ({"state": "running", "looks": 1}, "chroots[0].looks: only a chroot that lives has it"),
        ({"state": "running", "progress": "nope"}, "chroots[0].progress: 'nope' is not possible; valid: poll, "),
        ({"lifecycle": "succeeds", "progress": "never"}, "chroots[0].progress: 'never' is not possible; valid: poll, "),
    ],
)
def test_what_does_not_fit_a_life_is_refused(said: dict[str, object], message: str) -> None:
    """The error names the field and the reason."""
    with pytest.raises(InputError) as refused:
        FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": [{"name": F41, **said}]}]})
    assert message in str(refused.value)


def test_lives_in_python_are_checked_alike() -> None:
    """A lifecycle that cannot be is refused where it is made."""
    with pytest.raises(InputError, match=r"stages\[0\]: no event leads from pending to succeeded"):
        Lifecycle(Stage("pending", 5), Stage("succeeded"))
    with pytest.raises(InputError, match="least: expected seconds"):
        Uniform(5, 4)
    with pytest.raises(InputError, match="sigma: expected a number"):
        LogNormal(5, -1, 1, 9)
    for wrong in ("running", Stage("running", 5, ends={"failed": "x"}), Stage("running", 5, ends=7)):  # type: ignore[dict-item,arg-type]
        with pytest.raises(InputError, match=r"stages\[0\]"):
            Lifecycle(wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_one_ending_can_be_said_without_a_weight() -> None:
    """As in a scenario."""
    assert Lifecycle(Stage("running", 5, ends="failed")) == Lifecycle(Stage("running", 5, ends={"failed": 1}))


@pytest.mark.parametrize("duration", [Uniform(0.2, 0.4), Uniform(10.6, 10.9), LogNormal(10, 1000, 1.5, 100.5)])
def test_durations_between_whole_seconds_stay_within_their_bounds(duration: Uniform | LogNormal) -> None:
    """Rounding does not lead beyond them, nor does any sigma."""
    random = Random(0)
    drawn = [draw_whole(duration, random) for _ in range(200)]
    assert all(duration.least <= seconds <= duration.most for seconds in drawn)


def test_a_life_that_begins_late_begins_as_copr_would_show_it() -> None:
    """A chroot that is running from the first has started, and has its results where they will be."""
    fake = FakeCopr()
    chroot = fake.add_build(1, [F41], lifecycle=Lifecycle(Stage("running", 10), Stage("succeeded")))[F41]
    assert (chroot.started_on, chroot.ended_on, chroot.result_dir) == (1_700_000_000, None, "00000001-hello")
    chroot.advance()
    assert (chroot.ended_on, bool(chroot.packages)) == (1_700_000_010, True)


def test_a_life_can_begin_in_a_canceled_build() -> None:
    """The first stage cancels it as any other does."""
    life = Lifecycle(Stage("pending", 5, canceled=True), Stage("canceled"))
    assert FakeCopr().add_build(1, [F41], lifecycle=life).canceled


def test_lives_of_the_same_stages_are_the_same() -> None:
    """In a set there is one of them."""
    lives = {Lifecycle(Stage("pending", 5), Stage("skipped")) for _ in range(2)}
    assert lives == {Lifecycle(Stage("pending", 5), Stage("skipped"))}
    assert Lifecycle(Stage("pending", 6), Stage("skipped")) not in lives
