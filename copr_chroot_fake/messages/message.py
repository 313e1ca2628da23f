"""A message with the content that Copr's backend gives it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypedDict, cast
from zlib import crc32

from ..engine.message_log import END, STARTS, Entry, Task
from ..errors import needing

if TYPE_CHECKING:
    import fedora_messaging.message

    from ..engine.store import Store

Topic = Literal["copr.build.start", "copr.chroot.start", "copr.build.end"]

TOPIC_PREFIX = "org.fedoraproject.prod"
"""The prefix of topics on the bus, without the dot after it."""


class MessageBody(TypedDict):
    """The body of a message.

    ``status`` is 3 at the start of a task, and 1 or 0 after its success or failure. ``chroot`` is ``srpm-builds`` for a
    source build, of which ``pkg`` and ``version`` are unknown. A group as ``owner`` has its ``@``. ``user`` is the
    submitter. The worker ``who`` with its ``pid`` is the same in all messages about a task, and so is the builder's
    ``ip``.
    """

    user: str | None
    copr: str
    owner: str
    pkg: str | None
    build: int
    chroot: str
    version: str | None
    status: int
    ip: str | None
    who: str
    pid: int
    what: str


@dataclass(frozen=True)
class Message:
    """A message that Copr publishes when a source build or a build chroot starts or ends.

    :param topic: without the prefix of the bus.
    :param time: the Unix time of the transition.
    :param number: its number among the fake's messages, from 1; 0 for a message from elsewhere.
    """

    topic: Topic
    time: int
    body: MessageBody
    number: int = 0

    def __str__(self) -> str:
        body = self.body
        return f"{self.topic} at {self.time}: build {body['build']}, {body['chroot']}, status {body['status']}"

    def to_fedora_messaging(self) -> fedora_messaging.message.Message:
        """Return it as the object that a consumer of fedora-messaging gets, with the schema class of copr-messaging.

        Its topic begins with ``org.fedoraproject.prod.``, as in production.

        :raises MissingExtraError: if copr-messaging is not installed.
        """
        with needing("Message.to_fedora_messaging", "copr-messaging", "messages"):
            from copr_messaging import schema
        classes = {
            END: schema.BuildChrootEndedV1,
            STARTS[0]: schema.BuildChrootStartedV1,
            STARTS[1]: schema.BuildChrootStartedV1DontUse,
        }
        made = classes[self.topic](topic=f"{TOPIC_PREFIX}.{self.topic}", body=dict(self.body))
        return cast("fedora_messaging.message.Message", made)


def find_messages(
    store: Store,
    topic: Topic | None = None,
    build_id: int | None = None,
    chrootname: str | None = None,
    after: int = 0,
    search: str | None = None,
) -> list[Entry]:
    """Return the latest messages in order.

    :param after: only messages with higher numbers.
    :param search: a text in the values of the body; case is ignored.
    """
    with store.lock:
        entries = [*store.ordered_messages()]
    return [
        entry
        for entry in entries[bisect_right(entries, after, key=itemgetter(0)) :]
        if topic in (None, entry[1])
        and build_id in (None, entry[2].build_id)
        and chrootname in (None, entry[2].chrootname)
        and (search is None or search.casefold() in _text(entry))
    ]


def _text(entry: Entry) -> str:
    """Return the values of a body for searches."""
    return "\n".join(map(str, read_message(entry).body.values())).casefold()


def read_message(entry: Entry) -> Message:
    """Return the message of an entry in the log."""
    number, topic, task = entry
    return Message(cast(Topic, topic), task.at, _body(topic, task), number)


def _body(topic: str, task: Task) -> MessageBody:
    user, copr, build, package = task.submitter, task.projectname, task.build_id, task.package
    drawn = crc32(f"{build}/{task.chrootname}".encode())
    ip, pid = f"172.25.{drawn >> 8 & 255}.{drawn & 255}", 1000 + (drawn >> 16) % 31_000
    arch = task.chrootname.rpartition("-")[2]
    kind = "PC" if arch in ("builds", "x86_64", "i386", "i586", "i686") else arch.upper()
    if topic == END:
        what = f"build end: user:{user} copr:{copr} build:{build} pkg:{package} version:{task.version}"
        what += f" ip:{ip} pid:{pid} status:{task.status}"
    else:
        begin = "build start:" if topic == STARTS[0] else f"chroot start: chroot:{task.chrootname}"
        what = f"{begin} user:{user} copr:{copr} pkg:{package} build:{build} ip:{ip} pid:{pid}"
    return {
        "user": user,
        "copr": copr,
        "owner": task.ownername,
        "pkg": package,
        "build": build,
        "chroot": task.chrootname,
        "version": task.version,
        "status": task.status,
        "ip": ip,
        "who": f"backend.worker-{drawn % 100_000}-{kind}",
        "pid": pid,
        "what": what,
    }
