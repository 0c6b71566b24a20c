"""What a Hocuspocus provider counts as unsynced, counted along with it.

Its `unsyncedChanges` is set to 1 when it starts to sync (its SyncStep1), goes up by one with each Update it sends, and
down by one with each SyncStatus it gets; its SyncStep2s don't change it. It never counts anew what we refused, nor what
got lost with a session. So one SyncStatus for each frame would be too many at times and too few at others, and the
provider would call saved what isn't, or never call it saved again. Here each frame bears as many of the provider's
counts as its commit makes true: an Update its own one; a SyncStep2, which holds all that the server lacks, every count
still open from before. Pure.
"""

from collections import deque


class Tally:
    def __init__(self) -> None:
        self._under_way: deque[int] = deque()
        """The counts of each edit that was received and not reported as committed, in order."""
        self._open = 0
        """Counts whose edits no frame under way holds: the next SyncStep2 will."""

    def started(self) -> None:
        """The provider sent SyncStep1: it forgot its count and waits for one SyncStatus, that of its SyncStep2."""
        self._under_way = deque([0] * len(self._under_way))
        self._open = 1

    def received(self, *, step2: bool, late: bool = False) -> None:
        """An edit came: a SyncStep2 or an Update. `late`: made before the last SyncStep1, at which its count was
        forgotten, and sent after it."""
        if step2:
            self._under_way.append(self._open)
            self._open = 0
        else:
            self._under_way.append(0 if late else 1)

    def refused(self) -> None:
        """The edit that came last was not taken."""
        self._open += self._under_way.pop()

    def over(self) -> None:
        """The session ended: of what is under way it will report nothing."""
        self._open += sum(self._under_way)
        self._under_way.clear()

    def committed(self, edits: int) -> int:
        """So many more edits are committed: how many SyncStatus to send."""
        return sum(self._under_way.popleft() for _ in range(edits))
