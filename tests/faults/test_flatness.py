"""A leak is found, a warm-up and a wobble are none."""

import random

from tests.faults.flatness import Measure, courses

MEMORY = Measure("memory", 0.10, 5.0)


def flat(numbers: list[float]) -> bool:
    [course] = courses([{"memory": number} for number in numbers], [MEMORY])
    return course.flat


def test_what_wobbles_is_flat() -> None:
    chance = random.Random(0)
    assert flat([100 + chance.uniform(-8, 8) for _ in range(200)])


def test_what_fills_up_at_the_beginning_is_flat() -> None:
    assert flat([min(100.0, 20.0 + number * 4) for number in range(200)])


def test_what_grows_on_is_not() -> None:
    assert not flat([100.0 + number for number in range(200)])
    assert flat([100.0 - number / 2 for number in range(200)])


def test_a_small_number_may_rise_by_a_little() -> None:
    assert flat([1.0] * 120 + [4.0] * 80)
    assert not flat([1.0] * 120 + [7.0] * 80)


def test_of_a_few_samples_nothing_is_said() -> None:
    assert courses([{"memory": 1.0}] * 10, [MEMORY]) == []
