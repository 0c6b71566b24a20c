"""What must hold after (and during) any fault: I1 to I8. Pure: replicas, promises and rows in, sentences out, one for
each breach. No sentence, no breach. That each can fail, test_oracle.py shows.

I1 all replicas are equal: content, state vector, deletions. I2 who loads only from the database sees the same. I3 what
was called saved is in the database, at every instant. I4 nothing of somebody without the right is. I5 nobody waits for
a piece that never comes. I6 seqs have no hole, epochs and cursors never go back. I7 memory and queues keep their
bounds. I8 the log is the merge of everything that was accepted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from documents import merging
from documents.content import structs

Vector = Mapping[int, int]


@dataclass(frozen=True)
class Replica:
    """What one client holds. `content` is in one form for equal contents, whoever wrote it down (node/reading.mjs)."""

    name: str
    content: str
    vector: Vector
    state: bytes
    snapshot: bytes
    """State vector and deletions, as Yjs encodes both: equal bytes for equal sets."""
    waits: bool = False
    """For an update that isn't there."""


@dataclass(frozen=True)
class Rows:
    """What the database holds of one document, read without our code: `snapshot` covers everything up to its seq."""

    epoch: int
    head: int
    floor: int
    snapshot_seq: int
    snapshot: bytes
    entries: Sequence[tuple[int, int | None, bytes]]
    """(seq, author, update), ascending."""

    @cached_property
    def state(self) -> bytes:
        after = [update for seq, _, update in self.entries if seq > self.snapshot_seq]
        return merging.merge([self.snapshot, *after])

    @cached_property
    def scan(self) -> structs.Scan:
        return structs.scan(self.state)

    def holds(self, update: bytes) -> bool:
        wanted = structs.scan(update)
        return structs.covers(self.scan.held, wanted.held) and structs.covers(self.scan.deleted, wanted.deleted)


def replicas_agree(replicas: Sequence[Replica], *, deletions: bool = True) -> list[str]:
    """I1. `deletions`: only living Docs can be asked for theirs; a Doc made of bytes tidies formats up in a way of its
    own."""
    first, *others = replicas
    found = []
    for other in others:
        if other.vector != first.vector:
            found.append(f"I1: {other.name} has {_differing(other.vector, first.vector)} of {first.name}'s clocks")
        elif other.content != first.content:
            found.append(f"I1: {other.name} shows {_around(other.content, first.content)}, not as {first.name}")
        elif deletions and other.snapshot != first.snapshot:
            found.append(f"I1: {other.name} and {first.name} have deleted different things")
    return found


def a_fresh_reader_agrees(fresh: Replica, replicas: Sequence[Replica]) -> list[str]:
    """I2. `fresh` was loaded from the database alone."""
    return [fault.replace("I1", "I2") for fault in replicas_agree([replicas[0], fresh], deletions=False)]


def promises_are_kept(rows: Rows, promised: Iterable[bytes], by: str) -> list[str]:
    """I3."""
    lost = [number for number, update in enumerate(promised) if not rows.holds(update)]
    return (
        [f"I3: LOST: {by} was told that its updates {lost[:10]} are saved, and the database lacks them"] if lost else []
    )


def nobody_else_wrote(rows: Rows, forbidden: Iterable[bytes], by: str) -> list[str]:
    """I4. `forbidden` are updates made by somebody, or at a time, that may not write."""
    for number, update in enumerate(forbidden):
        for client, ranges in structs.scan(update).held.items():
            for low, high in ranges:
                if any(low < end and start < high for start, end in rows.scan.held.get(client, ())):
                    return [f"I4: {by}'s update {number} is in the log, which it had no right to"]
    return []


def nobody_waits(replicas: Iterable[Replica]) -> list[str]:
    """I5."""
    return [f"I5: {replica.name} waits for an update that never came" for replica in replicas if replica.waits]


def numbers_hold(rows: Rows, before: Rows | None = None) -> list[str]:
    """I6, of the log. `before` is an earlier look at the same document."""
    found = []
    seqs = [seq for seq, _, _ in rows.entries]
    if seqs and seqs != list(range(seqs[0], seqs[0] + len(seqs))):
        found.append(f"I6: seqs have a hole or a double: {seqs}")
    if seqs and seqs[0] > rows.snapshot_seq + 1:
        found.append(f"I6: entries begin at {seqs[0]}, but the snapshot ends at {rows.snapshot_seq}")
    if (seqs[-1] if seqs else rows.snapshot_seq) != rows.head:
        found.append(f"I6: the head is {rows.head}, the last entry {seqs[-1:] or rows.snapshot_seq}")
    if not rows.floor <= rows.snapshot_seq <= rows.head:
        found.append(f"I6: floor {rows.floor}, snapshot {rows.snapshot_seq} and head {rows.head} are not in order")
    if before is not None and (before.epoch, before.head) > (rows.epoch, rows.head):
        found.append(f"I6: the log went back from {before.epoch}.{before.head} to {rows.epoch}.{rows.head}")
    return found


def cursors_rise(cursors: Sequence[tuple[int, int]], rows: Rows, by: str) -> list[str]:
    """I6, of what one client was told. A cursor vouches for everything up to it."""
    found = []
    for earlier, later in pairwise(cursors):
        if later < earlier:
            found.append(f"I6: {by}'s cursor went back from {earlier} to {later}")
            break
    if cursors and cursors[-1] > (rows.epoch, rows.head):
        found.append(f"I6: {by} was told of {cursors[-1]}, beyond {rows.epoch}.{rows.head}")
    return found


def bounds_hold(seen: Mapping[str, float], bounds: Mapping[str, float]) -> list[str]:
    """I7. The most that was seen of each number, against the most there may be."""
    over = {name: most for name, most in bounds.items() if seen.get(name, 0.0) > most}
    return [f"I7: {name} reached {seen[name]:g}, over {most:g}" for name, most in over.items()]


def the_log_is_the_merge(stored: Replica, accepted: Replica) -> list[str]:
    """I8. `accepted` is what Yjs makes of all updates that were accepted, `stored` of what the database holds."""
    return [fault.replace("I1", "I8") for fault in replicas_agree([accepted, stored], deletions=False)]


def _differing(one: Vector, other: Vector) -> str:
    differing = {client: (one.get(client, 0), other.get(client, 0)) for client in {*one, *other}}
    return str({client: pair for client, pair in differing.items() if pair[0] != pair[1]})


def _around(one: str, other: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"…{one[max(0, at - 30) : at + 30]}… where there is …{other[max(0, at - 30) : at + 30]}…"
