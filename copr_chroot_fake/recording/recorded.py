"""What a recording is in the end: a scenario, and what is not in it."""

from __future__ import annotations

from .anonymize import anonymize
from .observations import Answers
from .replay import lives_otherwise
from .to_scenario import Recorded, invert


def recorded(answers: Answers, *, lives: bool = False, anonymous: bool = False) -> Recorded:
    """The scenario of what has been answered.

    :param lives: whether its chroots go again through what they were seen to go through, or are as they were last seen.
    :param anonymous: whether it has other names.
    """
    scenario, left_out = invert(answers, lives=lives)
    if lives:
        left_out += tuple(lives_otherwise(scenario, answers))
    return Recorded(anonymize(scenario) if anonymous else scenario, left_out)
