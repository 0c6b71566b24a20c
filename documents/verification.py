"""Is what is stored of a document consistent with itself? Reads everything, changes nothing.

A log in use moves while it is read. So what looks wrong is looked at again before it is called a fault, and the
command needs no downtime.
"""

import hashlib
from collections.abc import Iterator
from uuid import UUID

from documents import merging
from documents.content import comparing, sandbox, structs
from documents.content.tree import Unreadable
from documents.models import Log, Snapshot, Update

# Entries held in memory at once.
CHUNK = 1_000
LOOKS = 3


def faults_of(document_id: UUID) -> list[str]:
    """Sentences, one a fault; none when all is well."""
    faults: list[str] = []
    for _ in range(LOOKS):
        stood = _position(document_id)
        faults = list(_faults(document_id))
        if not faults or _position(document_id) == stood:
            break
    return faults


def _position(document_id: UUID) -> tuple[int, ...] | None:
    return Log.objects.filter(pk=document_id).values_list("epoch", "head", "floor", "compacted_seq").first()


def _faults(document_id: UUID) -> Iterator[str]:
    log = Log.objects.filter(pk=document_id).first()
    if log is None:
        yield "has no log"
        return
    if log.epoch < 1:
        yield f"its epoch is {log.epoch}"
    if not log.floor <= log.compacted_seq <= log.head:
        yield f"floor {log.floor}, snapshot {log.compacted_seq} and head {log.head} are not in order"
    if log.derived_seq > log.head:
        yield f"content was derived up to {log.derived_seq}, beyond the head {log.head}"
    first, gaps = _entries(log)
    yield from gaps
    snapshots = list(_snapshots(log))
    for snapshot, fault in snapshots:
        if fault:
            yield f"snapshot {snapshot.epoch}.{snapshot.seq} {fault}"
    current = [snapshot for snapshot, fault in snapshots if not fault and snapshot.epoch == log.epoch]
    newest = current[-1].seq if current else 0
    if newest != log.compacted_seq:
        yield f"its newest snapshot should be at {log.compacted_seq}, but is at {newest}"
    if gaps or newest < log.floor:
        return  # no state to load, as said above
    try:
        state = _state(log, newest)
        sandbox.run(comparing.content, state)
    except (sandbox.Failed, Unreadable, merging.UnreadableUpdate) as fault:
        yield f"its content can't be read: {fault}"
        return
    older = [snapshot.seq for snapshot in current[:-1]]
    bases = [base for base in (0, *older) if first is not None and first <= base + 1 and base < newest]
    for base in bases[:1]:  # the longest replay there are entries for
        try:
            difference = sandbox.run(comparing.difference, state, _state(log, base))
        except (sandbox.Failed, Unreadable, structs.Malformed, merging.UnreadableUpdate) as fault:
            difference = f"that can't be read: {fault}"
        if difference:
            yield f"its snapshot at {newest} differs from a replay of the entries after {base}: {difference}"


def _entries(log: Log) -> tuple[int | None, list[str]]:
    """The first seq there is a row of, and where the numbers break off."""
    rows = Update.objects.filter(document_id=log.pk).order_by("seq").values_list("seq", flat=True)
    first = last = None
    gaps: list[str] = []
    for seq in rows.iterator(chunk_size=CHUNK):
        if last is None:
            first = seq
        elif seq != last + 1:
            gaps.append(f"its entries go from {last} to {seq}")
        last = seq
    if log.head > log.floor and (first is None or first > log.floor + 1):
        gaps.append(f"its entries begin at {first}, above the floor {log.floor}")
    if last is not None and last != log.head:
        gaps.append(f"its last entry is {last}, but its head {log.head}")
    return first, gaps[:10]


def _snapshots(log: Log) -> Iterator[tuple[Snapshot, str]]:
    """In order, without their states: one at a time is enough in memory."""
    for snapshot in Snapshot.objects.filter(document_id=log.pk).order_by("epoch", "seq").defer("state"):
        state = Snapshot.objects.values_list("state", flat=True).get(pk=snapshot.pk)
        if hashlib.sha256(state).hexdigest() != snapshot.sha256:
            yield snapshot, "doesn't match its checksum"
        elif snapshot.epoch > log.epoch:
            yield snapshot, f"is of an epoch that hasn't begun (it is {log.epoch})"
        elif snapshot.epoch == log.epoch and snapshot.seq > log.head:
            yield snapshot, f"is beyond the head {log.head}"
        else:
            yield snapshot, ""


def _state(log: Log, base: int) -> bytes:
    """The snapshot at `base` (none at 0) and every entry after it, up to the head that `log` was read with."""
    snapshots = Snapshot.objects.filter(document_id=log.pk, epoch=log.epoch, seq=base)
    state = bytes(snapshots.values_list("state", flat=True).get()) if base else merging.EMPTY_UPDATE
    rows = Update.objects.filter(document_id=log.pk, seq__gt=base, seq__lte=log.head).order_by("seq")
    batch: list[bytes] = []
    for update in rows.values_list("update", flat=True).iterator(chunk_size=CHUNK):
        batch.append(bytes(update))
        if len(batch) == CHUNK:
            state, batch = merging.merge([state, *batch]), []
    return merging.merge([state, *batch])
