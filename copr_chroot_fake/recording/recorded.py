"""What a recording is in the end: a scenario, and what is not in it."""

from __future__ import annotations

from .anonymizing import anonymize
from .answers import Answers
from .inverting import Recorded, invert
from .replaying import lives_otherwise


def recorded(answers: Answers, *, lives: bool = False, anonymous: bool = False) -> Recorded:
    """The scenario of what has been answered.

    :param lives: whether its chroots go again through what they were seen to go through, or are as they were last seen.
    :param anonymous: whether it has other names.
    """
    scenario, left_out = invert(answers, lives=lives)
    if lives:
        left_out += tuple(lives_otherwise(scenario, answers))
    return Recorded(anonymize(scenario) if anonymous else scenario, left_out)
