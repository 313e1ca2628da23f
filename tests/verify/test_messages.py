"""Comparing the messages of a broker with those of a fake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from click.testing import CliRunner

from copr_chroot_fake import CoprFakeError, FakeCopr, LifecycleName
from copr_chroot_fake.cli import main
from copr_chroot_fake.verify.messages import Broker, Delivered, verify_messages
from copr_chroot_fake.verify.report import Report, title

from ..chroots import F41, F42, F43
from .services import Changed, copr

Change = Callable[[Delivered], Delivered | None]


class BrokerOf(Broker):
    """A broker that delivers the messages of a fake; while it waits, the fake's time passes."""

    def __init__(self, fake: FakeCopr, change: Change) -> None:
        self._fake, self._change = fake, change
        self._taken = 0

    def pause(self, seconds: float) -> None:
        self._fake.clock.tick(seconds)

    def take(self) -> list[Delivered]:
        published = self._fake.messages[self._taken :]
        self._taken += len(published)
        changed = (self._change(Delivered(message.topic, dict(message.body))) for message in published)
        return [message for message in changed if message is not None]


ENDS: Mapping[str, LifecycleName] = {F41: "succeeds", F42: "fails", F43: "import-fails"}


def verified(change: Change = lambda message: message, chroots: Mapping[str, LifecycleName] | None = None) -> Report:
    """Compare a fake that builds, and changes its messages, with what was recorded of it."""
    fake = FakeCopr(progress="clock", default_limit=None)
    ends = ENDS if chroots is None else chroots
    fake.add_build({name: {"lifecycle": lifecycle} for name, lifecycle in ends.items()}, id=7, package="hello")
    service = copr(Changed(fake))
    return verify_messages(service, [7], BrokerOf(fake, change), lambda line: None, fake.clock.now)


def test_messages_of_the_fake_equal_themselves() -> None:
    """Also those about builders that died, and builds that failed to be imported."""
    report = verified(chroots={F41: "retried", F42: "fails", F43: "import-fails"})
    assert not report.differences, report.text()
    assert report.asked == {"copr.build.start": 2, "copr.chroot.start": 2, "copr.build.end": 2}


def with_body(**changed: Any) -> Change:
    return lambda message: message._replace(body={**message.body, **changed})


def only(topic: str, change: Change) -> Change:
    return lambda message: change(message) if message.topic == topic else message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_body(task=1), "added task"),
        (with_body(user="nobody"), "value of user"),
        (with_body(pid="12"), "value of pid"),
        (only("copr.build.end", with_body(status=2)), "value of status"),
        (only("copr.chroot.start", lambda message: None), "copr.chroot.start missing"),
        (only("copr.build.end", lambda message: message._replace(topic="copr.task.end")), "copr.task.end unexpected"),
    ],
)
def test_change_of_messages_is_found(change: Change, expected: str) -> None:
    report = verified(change)
    assert expected in {title(found) for found in report.classes}, report.text()
    assert " of build 7, fedora-4" in report.text()


def test_start_before_the_recording_is_not_expected() -> None:
    """Of a chroot that runs by then, only the end is compared."""
    fake = FakeCopr(progress="clock", default_limit=None)
    fake.add_build([F41], id=7, lifecycle="succeeds")
    while fake.builds[7][F41].state != "running":
        fake.clock.tick(1)
    report = verify_messages(
        copr(Changed(fake)), [7], BrokerOf(fake, lambda message: message), lambda line: None, fake.clock.now
    )
    assert not report.differences, report.text()
    assert report.asked == {"copr.build.end": 1}


def test_builds_that_have_ended_have_no_messages() -> None:
    fake = FakeCopr(default_limit=None)
    fake.add_build({F41: "succeeded"}, id=7)
    broker = BrokerOf(fake, lambda message: message)
    report = verify_messages(copr(Changed(fake)), [7], broker, lambda line: None, fake.clock.now)
    assert report.notes == ["messages: the builds had ended before"]


@pytest.mark.parametrize("url", ["amqp://guest:sesame@127.0.0.1:1/%2F", "http://guest:sesame@127.0.0.1:1/", "nope"])
def test_broker_that_is_not_reachable_is_named(url: str) -> None:
    """Without its password."""
    with pytest.raises(CoprFakeError, match="check --amqp") as raised:
        Broker(url)
    assert "sesame" not in str(raised.value)


def test_messages_need_builds() -> None:
    done = CliRunner().invoke(main, ["verify", "--amqp", "amqp://localhost", "--write", "jdoe", "--config", __file__])
    assert (done.exit_code, done.output) == (2, "Error: --amqp requires build ids, --project or --latest\n")
