"""Every message is valid for the classes of copr-messaging, and describes the build with them."""

from __future__ import annotations

import sys

import pytest
from copr_messaging import schema

from copr_chroot_fake import LIFECYCLES, FakeCopr, Message, MissingExtraError

from ..chroots import F41, F42
from .helpers import S390, submit

CLASSES = {
    "copr.build.start": schema.BuildChrootStartedV1,
    "copr.chroot.start": schema.BuildChrootStartedV1DontUse,
    "copr.build.end": schema.BuildChrootEndedV1,
}


def published() -> list[Message]:
    """Return messages about builds with each lifecycle, of a user, a group and a webhook."""
    fake = FakeCopr(progress="clock")
    for name in LIFECYCLES:
        if name != "forked":
            fake.on_submit(package=name, lifecycle=name)
            submit(fake, F41, S390, package=name)
        fake.add_build([F41, F42], lifecycle=name)
    fake.add_build([F41], project="@copr/tools", submitter=None)
    fake.add_scenario({"builds": [{"id": 1000, "package": None, "chroots": [{"name": F41, "lifecycle": "succeeds"}]}]})
    fake.clock.tick(100_000)
    return fake.messages


def test_all_messages_are_valid() -> None:
    """fedora-messaging finds the class by its name, which the message carries."""
    messages = published()
    assert len(messages) > 100
    for message in messages:
        sent = message.to_fedora_messaging()
        sent.validate()
        assert type(sent) is CLASSES[message.topic]
        assert sent.topic == f"org.fedoraproject.prod.{message.topic}"
        assert sent.body == message.body
        assert set(message.body) == set(sent.body_schema["required"])


def test_properties_describe_the_build() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=7, project="@copr/tools", package="nano", version="1:2.0-3", submitter="bob")
    fake.clock.tick(1000)
    started, doubled, ended = [message.to_fedora_messaging() for message in fake.messages]
    prefix = f'Copr Message in project "@copr/tools": build 7: chroot "{F41}"'
    assert (started.summary, ended.summary) == (f"{prefix} started.", f'{prefix} ended as "succeeded".')
    assert (started.agent_name, ended.agent_name, ended.usernames) == ("bob", None, ["bob"])
    assert ended.package_full_name == "nano-1:2.0-3"  # type: ignore[attr-defined]  # of the class in copr-messaging
    assert (started.severity, doubled.severity) == (20, 10)


def test_message_names_the_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "copr_messaging", None)
    with pytest.raises(MissingExtraError, match=r"copr-messaging.*copr-chroot-fake\[messages\]"):
        published()[0].to_fedora_messaging()


def test_message_can_be_made_by_hand() -> None:
    """Code under test can get one without a fake; it is equal to one with the same content."""
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=7)
    fake.clock.tick(1000)
    message = fake.messages[-1]
    made = Message("copr.build.end", message.time, message.body, number=3)
    assert made == message
    assert str(made) == f"copr.build.end at {message.time}: build 7, {F41}, status 1"
