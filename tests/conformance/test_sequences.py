"""The fake takes every step of the recorded sequences as Copr did, and every adapter answers as the core does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr

from ..adapters import ADAPTERS, SendRequest, direct_client, http_client, without_date
from ..examples import ALL_RECORDINGS, sample
from ..recordings import DOWNLOADS
from ..sequences import SCENARIO, Difference, Replay, Step, new_fake, report, sequences
from ..served import starting

MAX_REPORTED = 5
"""How many differences a failure message shows in full."""


@pytest.mark.parametrize("name", sequences())
def test_core_matches_sequence(name: str) -> None:
    """Every response and every accepted report of a sequence is the recorded one."""
    fake = new_fake()
    replay = Replay(direct_client(fake))
    differences = [found for step in sequences()[name] if (found := _take(step, fake, replay)) is not None]
    if differences:
        pytest.fail(_describe(differences), pytrace=False)


def _take(step: Step, fake: FakeCopr, replay: Replay) -> Difference | None:
    fake.clock.move_to(step.at)
    if step.is_request:
        _, response = replay.request(step)
        return replay.compare(step, response)
    accepted, expected = report(fake, step), step.recorded.get("accepted")
    return None if expected in (None, accepted) else Difference(step, ["acceptance"], expected, accepted)


def _describe(differences: Sequence[Difference]) -> str:
    """Show the first differences in full, as the later ones may follow from them."""
    lines = [f"{len(differences)} steps differ:"]
    for found in differences[:MAX_REPORTED]:
        lines += [
            f"{found.step.sequence}, step {found.step.number}: {found.step} differs in {', '.join(found.parts)}",
            f"  recorded: {found.expected}",
            f"  answered: {found.got}",
        ]
    return "\n".join(lines)


# Uploads, forks, deletions and permissions, each with many reports in between.
_WHOLE = ("submitting-4", "submitting-38")


@pytest.mark.sampled
@pytest.mark.parametrize("name", sequences() if ALL_RECORDINGS else sample(_WHOLE))
@pytest.mark.parametrize("adapter", [name for name in ADAPTERS if name != "answer"])
def test_adapter_takes_whole_sequence(adapter: str, name: str) -> None:
    """Every response that an adapter returns is the core's, whatever body was sent; only a server adds the date."""
    core, fake = new_fake(), new_fake()
    with ADAPTERS[adapter](fake) as send:
        _compare_with_core(name, core, send, lambda step: _move_and_report(fake, step))


@pytest.mark.sampled
@pytest.mark.parametrize("name", sample(_WHOLE))
def test_served_command_takes_whole_sequence(name: str, tmp_path: Path) -> None:
    """A server process answers as the core does; what the backend reports reaches it as a scenario."""
    scenario = tmp_path / "scenario.json"
    scenario.write_text(json.dumps(SCENARIO))
    core = new_fake()
    with starting() as start:
        server = start("--default-limit", "none", "--public-url", DOWNLOADS, "--progress", "manual", str(scenario))
        with http_client(server.url) as send:

            def prepare(step: Step) -> None:
                if not step.is_request:
                    server.control("PUT", "/scenario", core.to_scenario())
                server.control("PATCH", "/clock", {"paused": True})
                server.control("PATCH", "/clock", {"now": step.at})

            # A server's clock is the system's, which cannot be moved back.
            _compare_with_core(name, core, send, prepare, later_by=int(time.time()) - sequences()[name][0].at + 60)
        server.end()


def _compare_with_core(
    name: str, core: FakeCopr, send: SendRequest, prepare: Callable[[Step], object], *, later_by: int = 0
) -> None:
    """Send the requests of a sequence to the core and through an adapter, whose fake is prepared for each step."""
    expected, got = Replay(direct_client(core)), Replay(send)
    for recorded in sequences()[name]:
        step = recorded._replace(at=recorded.at + later_by)
        _move_and_report(core, step)
        prepare(step)
        if step.is_request:
            _, of_core = expected.request(step)
            assert without_date(got.request(step)[1]) == of_core, step


def _move_and_report(fake: FakeCopr, step: Step) -> None:
    fake.clock.move_to(step.at)
    if not step.is_request:
        report(fake, step)
