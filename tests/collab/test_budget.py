"""One client's rate: within it nobody waits, above it only the flooder does."""

from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from collab.budget import Budget

LIMITS = settings.LIMITS


def run(budget: Budget, sizes: list[tuple[float, int]]) -> tuple[float, float]:
    """Send updates (pause before, size) as a session would; returns when the last was let through, and the wait in
    all."""
    now = waited = 0.0
    for pause, size in sizes:
        now += pause
        if not budget.spend(size):
            delay = budget.refill(now)
            now += delay
            waited += delay
    return now, waited


@given(st.lists(st.integers(1, 2_000), max_size=LIMITS.updates_burst))
def test_a_burst_is_let_through_at_once(sizes: list[int]) -> None:
    assert run(Budget(), [(0.0, size) for size in sizes])[1] == 0.0


@given(st.integers(1, 1_000))
def test_a_flood_of_messages_gets_the_sustained_rate_and_no_more(count: int) -> None:
    budget, now = Budget(), 0.0
    for _ in range(count):
        if not budget.spend_message():
            now += budget.refill(now)
    least = (count - 2 * LIMITS.messages_burst) / LIMITS.messages_per_second
    most = max(0.0, (count - LIMITS.messages_burst) / LIMITS.messages_per_second)
    assert least <= now <= most + 0.1


@given(st.integers(500, 2_000))
def test_a_flood_of_updates_gets_the_sustained_rate_and_no_more(count: int) -> None:
    took, _ = run(Budget(), [(0.0, 10)] * count)
    least = (count - 2 * LIMITS.updates_burst) / LIMITS.updates_per_second
    most = (count - LIMITS.updates_burst) / LIMITS.updates_per_second
    assert least <= took <= most + 0.1


@given(st.integers(20, 60))
def test_a_flood_of_bytes_gets_the_sustained_rate_and_no_more(count: int) -> None:
    took, _ = run(Budget(), [(0.0, 100_000)] * count)
    sent = count * 100_000
    assert (sent - 2 * LIMITS.bytes_burst) / LIMITS.bytes_per_second <= took + 0.5
    assert took <= sent / LIMITS.bytes_per_second


@given(st.lists(st.integers(1, 300), min_size=300, max_size=600))
def test_who_types_within_the_rate_never_waits(sizes: list[int]) -> None:
    pause = 1.2 / LIMITS.updates_per_second
    assert run(Budget(), [(pause, size) for size in sizes])[1] < 0.1
