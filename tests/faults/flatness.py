"""Whether numbers stay flat: pure, over samples of one run.

What a process takes while it warms up says nothing, so a first part is left out; of the rest the median of the last
third is compared with that of the middle one. A leak grows on; caches and pools, once filled, don't.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

WARM_UP = 0.2
"""The first part of all samples."""
LEAST_SAMPLES = 120
"""Below which nothing is said: what comes and goes in waves must have had some."""


@dataclass(frozen=True)
class Measure:
    name: str
    share: float
    """By how much of itself it may rise from the middle third to the last one, and it is still flat,"""
    slack: float
    """or by so much at all."""
    unit: float = 1.0
    """What it is shown in."""


@dataclass(frozen=True)
class Course:
    measure: Measure
    early: float
    middle: float
    last: float
    most: float

    @property
    def flat(self) -> bool:
        return self.last <= max(self.middle * (1 + self.measure.share), self.middle + self.measure.slack)


def courses(samples: Sequence[Mapping[str, float]], measures: Sequence[Measure]) -> list[Course]:
    """Empty when there are too few."""
    if len(samples) < LEAST_SAMPLES:
        return []
    warm = samples[int(len(samples) * WARM_UP) :]
    third = len(warm) // 3
    found = []
    for measure in measures:
        numbers = [sample[measure.name] for sample in warm]
        early, middle, last = (
            median(part) for part in (numbers[:third], numbers[third : 2 * third], numbers[2 * third :])
        )
        found.append(Course(measure, early, middle, last, max(numbers)))
    return found
