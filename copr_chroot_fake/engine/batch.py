"""Batches of builds: those of one batch start only when all of the batch before it have ended."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Batch:
    """A batch.

    :param blocked_by: the id of the batch that it waits for; ``None`` if it waits for none.
    :param builds: the ids of its builds, those of deleted ones included.
    """

    id: int
    blocked_by: int | None = None
    builds: list[int] = field(default_factory=list)
