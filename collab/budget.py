"""How much one client may send."""

from collections.abc import Callable

from django.conf import settings

LIMITS = settings.LIMITS


class Budget:
    """Three token buckets, each with a burst: updates a second, their bytes, and all other messages. Pure but for the
    time it is given.

    Others are carets, which a stock client also sends again for everybody of whom it hears, and questions, which cost
    more to answer than to ask. Filled only when one is empty, because looking at the clock for each update costs more
    than everything else here.
    """

    def __init__(self) -> None:
        self._updates = float(LIMITS.updates_burst)
        self._bytes = float(LIMITS.bytes_burst)
        self._messages = float(LIMITS.messages_burst)
        self._filled_at: float | None = None

    def affords(self, size: int, now: Callable[[], float]) -> bool:
        """Take one update of `size` bytes if that needs no waiting."""
        if self._updates < 1 or self._bytes < size:
            self.refill(now())
        if self._updates < 1 or self._bytes < size:
            return False
        return self.spend(size)

    def affords_message(self, now: Callable[[], float]) -> bool:
        """The same for any other message."""
        if self._messages < 1:
            self.refill(now())
        return self._messages >= 1 and self.spend_message()

    def spend(self, size: int) -> bool:
        """Take one update of `size` bytes; False when a bucket is overdrawn and must be filled first."""
        self._updates -= 1
        self._bytes -= size
        return self._updates >= 0 and self._bytes >= 0

    def spend_message(self) -> bool:
        """The same for any other message."""
        self._messages -= 1
        return self._messages >= 0

    def refill(self, now: float) -> float:
        """Add what accrued since the last time; returns the seconds to wait until nothing is overdrawn."""
        if self._filled_at is not None:
            passed = now - self._filled_at
            self._updates = min(LIMITS.updates_burst, self._updates + passed * LIMITS.updates_per_second)
            self._bytes = min(LIMITS.bytes_burst, self._bytes + passed * LIMITS.bytes_per_second)
            self._messages = min(LIMITS.messages_burst, self._messages + passed * LIMITS.messages_per_second)
        self._filled_at = now
        return max(
            0.0,
            -self._updates / LIMITS.updates_per_second,
            -self._bytes / LIMITS.bytes_per_second,
            -self._messages / LIMITS.messages_per_second,
        )
