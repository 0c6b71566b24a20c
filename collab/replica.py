"""One document's content in one process, as bytes: what a room knows of its log.

Never a Doc (see `documents.merging`). `base` is one stored update, `tail` the entries since; they are merged only
when the tail has grown, because merging costs in proportion to the whole. To an empty state vector the stored bytes
are the answer as they are. Pure: no I/O, no clock; big calls belong in a thread, `heavy` says which.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from copy import copy
from typing import TypeVar

from collab.metrics import COUNTERS
from collab.protocol import guard, messages
from collab.protocol.lib0 import ProtocolError
from collab.protocol.state_vector import decode_state_vector, encode_state_vector
from documents import merging
from documents.log import Entry, Loaded

Range = tuple[int, int, int]
"""(client_id, clock, length), as the guard yields it."""
Ranges = Sequence[Range]
T = TypeVar("T")

TAIL_COUNT = 512
TAIL_BYTES = 64_000
HEAVY_BYTES = 512_000
CACHED_ANSWERS = 16
CACHED_BYTES = 4_000_000
"""Of answers, and of what they are made of, each: those of a large document may be as large as it is. The last one is
kept whatever its size, since a crowd that comes back asks the same."""
STORED_CLIENTS = 10_000_000  # our own bytes: no limit on who wrote in a document's life


class ClockRanges:
    """A set of (client_id, clock) pairs, kept as disjoint ranges. Used for delete sets."""

    def __init__(self) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}

    def add(self, ranges: Ranges) -> None:
        for client, start, length in ranges:
            starts, ends = self._starts.setdefault(client, []), self._ends.setdefault(client, [])
            end = start + length
            # Everything that touches [start, end) melts into it.
            first = bisect_right(ends, start - 1)
            last = bisect_right(starts, end)
            if first < last:
                start, end = min(start, starts[first]), max(end, ends[last - 1])
            starts[first:last], ends[first:last] = [start], [end]

    def cover(self, ranges: Ranges) -> bool:
        for client, start, length in ranges:
            starts = self._starts.get(client)
            if starts is None:
                return False
            at = bisect_right(starts, start) - 1
            if at < 0 or self._ends[client][at] < start + length:
                return False
        return True


class Replica:
    def __init__(self, loaded: Loaded) -> None:
        self.epoch = loaded.epoch
        self.head = loaded.snapshot_seq
        self._base = loaded.snapshot
        self._base_seq = loaded.snapshot_seq
        self._tail: list[Entry] = []
        self._tail_bytes = 0
        tail_bytes = sum(len(entry.update) for entry in loaded.entries)
        if loaded.entries and (len(self._base) <= HEAVY_BYTES or tail_bytes > len(self._base) // 2):
            self._base = merging.merge([self._base, *(entry.update for entry in loaded.entries)])
            self.head = self._base_seq = loaded.head
        self._clocks = self._stored_clocks()
        # Derived from the head, and forgotten with every entry:
        self._encoded_clocks: bytes | None = None
        self._tail_merged: bytes | None = None
        self._answers: dict[bytes, list[bytes]] = {}
        self._base_diffs: dict[bytes, bytes] = {}
        self._base_deletes: ClockRanges | None = None
        self._tail_deletes: list[Ranges] = []
        if self.head < loaded.head:
            for entry in loaded.entries:
                scan = scan_stored(entry.update)
                self.add(entry, scan.structs, scan.deletes)

    @property
    def size(self) -> int:
        """Bytes held, which is about what a new client is sent."""
        return len(self._base) + self._tail_bytes

    @property
    def heavy(self) -> bool:
        """Answers may take so long that they belong in a thread."""
        return self.size > HEAVY_BYTES

    @property
    def wants_settling(self) -> bool:
        return len(self._tail) > TAIL_COUNT or self._tail_bytes > max(TAIL_BYTES, len(self._base) // 2)

    def add(self, entry: Entry, structs: Ranges, deletes: Ranges) -> None:
        """Take the next entry; `entry.seq` must be `head + 1`."""
        assert entry.seq == self.head + 1, f"{entry.seq} does not follow {self.head}"
        self.head = entry.seq
        self._tail.append(entry)
        self._tail_bytes += len(entry.update)
        clocks = self._clocks
        for client, clock, length in structs:
            # A struct beyond a hole doesn't count: the client that has the missing part must still be asked for it.
            if clock <= clocks.get(client, 0) < clock + length:
                clocks[client] = clock + length
        if deletes:
            self._tail_deletes.append(deletes)
        self._forget()

    def state_vector(self) -> bytes:
        if self._encoded_clocks is None:
            self._encoded_clocks = encode_state_vector(self._clocks)
        return self._encoded_clocks

    def answer(self, state_vector: bytes) -> list[bytes]:
        """The frames that bring a replica at `state_vector` up to `head`: a SyncStep2, then perhaps an Update."""
        found = self._answers.get(state_vector)
        if found is None:
            found = self._answers[state_vector] = self._answer(state_vector)
            _shorten(self._answers, lambda frames: sum(map(len, frames)))
        return found

    def frozen(self) -> "Replica":
        """A copy that no entry reaches, for a thread to ask: the loop changes base and tail, and a thread would see one
        before and the other after, or cache an answer that lacks what came meanwhile."""
        twin = copy(self)
        twin._tail = list(self._tail)
        twin._answers, twin._base_diffs = dict(self._answers), dict(self._base_diffs)
        return twin

    def learn(self, frozen: "Replica") -> None:
        """Keep what a frozen copy worked out, as far as it still holds."""
        if frozen._base is self._base:
            self._base_diffs = frozen._base_diffs
            if frozen.head == self.head:
                self._answers, self._tail_merged = frozen._answers, frozen._tail_merged

    def since(self, seq: int) -> bytes | None:
        """Everything after `seq` as one update, or None when that is no longer at hand in pieces."""
        if seq < self._base_seq:
            return None
        return merging.merge([entry.update for entry in self._tail if entry.seq > seq])

    def everything(self) -> bytes:
        return merging.merge([self._base, self._tail_update()])

    def news(self, update: bytes, structs: Ranges, deletes: Ranges, *, whole_state: bool) -> bytes | None:
        """The part of a client's update that is not in the log yet, or None.

        `whole_state`: the update answers our SyncStep1. Even a client with nothing new then sends its entire delete
        set, which must not become an entry at each reconnect. For a plain Update with deletions that look isn't worth
        its price.
        """
        covered = all(self._clocks.get(client, 0) >= clock + length for client, clock, length in structs)
        if covered and (not deletes or (whole_state and self._knows_deleted(deletes))):
            return None
        if not whole_state:
            return update
        return merging.diff(update, self.state_vector())

    def settle(self) -> "Settled":
        """Merge base and tail, for a thread: reads only what `apply_settled` compares."""
        tail = self._tail
        count = len(tail)
        return Settled(self.epoch, tail[count - 1].seq, merging.merge([self._base, *(e.update for e in tail[:count])]))

    def apply_settled(self, settled: "Settled") -> None:
        if settled.epoch != self.epoch or settled.seq <= self._base_seq:
            return
        self._base, self._base_seq = settled.state, settled.seq
        self._tail = [entry for entry in self._tail if entry.seq > settled.seq]
        self._tail_bytes = sum(len(entry.update) for entry in self._tail)
        self._base_deletes, self._tail_deletes = None, []
        for entry in self._tail:
            self._tail_deletes.append(scan_stored(entry.update).deletes)
        self._base_diffs.clear()
        self._forget()

    def _answer(self, state_vector: bytes) -> list[bytes]:
        tail = self._tail_update()
        if state_vector == merging.EMPTY_STATE_VECTOR:
            if tail == merging.EMPTY_UPDATE:
                return [messages.encode_sync_step2(self._base)]
            if len(self._base) <= TAIL_BYTES:
                return [messages.encode_sync_step2(merging.merge([self._base, tail]))]
            return [messages.encode_sync_step2(self._base), messages.encode_update(tail)]
        base = self._base_diffs.get(state_vector)
        if base is None:
            base = self._base_diffs[state_vector] = merging.diff(self._base, state_vector)
            _shorten(self._base_diffs, len)
        if tail != merging.EMPTY_UPDATE:
            base = merging.merge([base, merging.diff(tail, state_vector)])
        return [messages.encode_sync_step2(base)]

    def _tail_update(self) -> bytes:
        if self._tail_merged is None:
            self._tail_merged = merging.merge([entry.update for entry in self._tail])
        return self._tail_merged

    def _knows_deleted(self, deletes: Ranges) -> bool:
        if self._base_deletes is None:
            self._base_deletes = ClockRanges()
            only_deletes = merging.diff(self._base, merging.state_vector(self._base))
            self._base_deletes.add(guard.scan(only_deletes).deletes)
        for ranges in self._tail_deletes:
            self._base_deletes.add(ranges)
        self._tail_deletes = []
        return self._base_deletes.cover(deletes)

    def _stored_clocks(self) -> dict[int, int]:
        return decode_state_vector(merging.state_vector(self._base), max_clients=STORED_CLIENTS)

    def _forget(self) -> None:
        self._encoded_clocks = None
        self._tail_merged = None
        self._answers = {}


def _shorten(cache: dict[bytes, T], size: Callable[[T], int]) -> None:
    """Forget the oldest, until the rest is within bounds."""
    held = sum(map(size, cache.values()))
    while len(cache) > 1 and (len(cache) > CACHED_ANSWERS or held > CACHED_BYTES):
        held -= size(cache.pop(next(iter(cache))))


def scan_stored(update: bytes) -> guard.Scan:
    """What an entry of the log is about; nothing, for one that the guard can't read: updates that claim the same ids,
    cut between the halves of a surrogate pair, merge to such (and Yjs takes it). It is stored, so it is delivered; only
    our state vector doesn't know it, and clients may send it again."""
    try:
        return guard.scan(update)
    except ProtocolError:
        COUNTERS["stored_but_unreadable"] += 1
        return guard.Scan([], [])


class Settled:
    """Base and tail merged up to `seq`, made in a thread, waiting to be taken over on the loop."""

    __slots__ = ("epoch", "seq", "state")

    def __init__(self, epoch: int, seq: int, state: bytes) -> None:
        self.epoch, self.seq, self.state = epoch, seq, state
