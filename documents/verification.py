"""Is what is stored of a document consistent with itself? Reads everything, changes nothing.

Three looks, none of which relies on another: the numbers; the chain of checksums through all entries; and a replay of
the entries against the snapshot, by our own reading of them. `replayable` gives the same to Yjs for a fourth.

A log in use moves while it is read. New entries are none of our business; if it is compacted or trimmed meanwhile, what
looks wrong is looked at again before it is called a fault. So the command needs no downtime.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Max

from documents import merging
from documents.chain import Walk
from documents.content import comparing, sandbox, structs
from documents.content.tree import Unreadable
from documents.models import Log, Snapshot, Update

# Entries held in memory at once.
CHUNK = 1_000
LOOKS = 5
# A thousand broken entries of one document have one cause.
MOST_NAMED = 10


def faults_of(document_id: UUID) -> list[str]:
    """Sentences, one a fault; none when all is well."""
    faults: list[str] = []
    for _ in range(LOOKS):
        stood = _position(document_id)
        faults = list(_faults(document_id))
        if not faults or _position(document_id) == stood:
            break
    return faults


def replayable(document_id: UUID) -> tuple[bytes, list[bytes]] | None:
    """What is shown of a document, and the updates it should follow from: all there are. None if it can't be read;
    `faults_of` says why."""
    log = Log.objects.filter(pk=document_id).first()
    if log is None:
        return None
    first = Update.objects.filter(document_id=document_id).order_by("seq").values_list("seq", flat=True).first()
    seqs = list(Snapshot.objects.filter(document_id=document_id, epoch=log.epoch).values_list("seq", flat=True))
    newest = max(seqs, default=0)
    base = min((seq for seq in (0, *seqs) if first is not None and first <= seq + 1), default=newest)
    try:
        return _state(log, newest), [_snapshot_at(log, base), *_updates(log, base)]
    except (merging.UnreadableUpdate, Snapshot.DoesNotExist):
        return None


def _position(document_id: UUID) -> tuple[int, ...] | None:
    places = ("epoch", "floor", "compacted_seq", "base_seq")
    return Log.objects.filter(pk=document_id).values_list(*places).first()


def _faults(document_id: UUID) -> Iterator[str]:
    # In this order: an entry that is there before its log was read is in the log's head.
    last = Update.objects.filter(document_id=document_id).aggregate(seq=Max("seq"))["seq"] or 0
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
    if log.derived_seq < log.head and not log.underived:
        yield f"content was derived up to {log.derived_seq} only, and nobody would derive the rest"
    if last > log.head:
        yield f"its last entry is {last}, but its head {log.head}"
    snapshots = list(_snapshots(log))
    for snapshot, fault in snapshots:
        if fault:
            yield f"snapshot {snapshot.epoch}.{snapshot.seq} {fault}"
    current = [snapshot for snapshot, fault in snapshots if not fault and snapshot.epoch == log.epoch]
    newest = current[-1].seq if current else 0
    if newest != log.compacted_seq:
        yield f"its newest snapshot should be at {log.compacted_seq}, but is at {newest}"
    entries = _read_entries(log, current)
    yield from entries.gaps[:MOST_NAMED]
    yield from entries.strangers[:MOST_NAMED]
    if entries.gaps or last > log.head or newest < log.floor:
        return  # no state to load, as said above
    try:
        state = _state(log, newest)
        sandbox.run(comparing.content, state)
    except (sandbox.Failed, Unreadable, merging.UnreadableUpdate) as fault:
        yield f"its content can't be read: {fault}"
        return
    older = [snapshot.seq for snapshot in current[:-1]]
    first = entries.first
    bases = [base for base in (0, *older) if first is not None and first <= base + 1 and base < newest]
    for base in bases[:1]:  # the longest replay there are entries for
        try:
            difference = _difference(log, state, base)
        except (sandbox.Failed, Unreadable, structs.Malformed, merging.UnreadableUpdate) as fault:
            difference = f"that can't be read: {fault}"
        if difference:
            yield f"its snapshot at {newest} differs from a replay of the entries after {base}: {difference}"


@dataclass(slots=True)
class _Entries:
    first: int | None = None
    gaps: list[str] = field(default_factory=list)
    """Where the numbers break off."""
    strangers: list[str] = field(default_factory=list)
    """Where the chain does."""


def _read_entries(log: Log, snapshots: list[Snapshot]) -> _Entries:
    """Along all entries up to the head: is each there, and the one that was committed?"""
    found = _Entries()
    gaps, strangers = found.gaps, found.strangers
    chains = {snapshot.seq: bytes(snapshot.chain) for snapshot in snapshots if snapshot.chain is not None}
    base_chain = bytes(log.base_chain)
    if chains.get(log.base_seq, base_chain) != base_chain:
        strangers.append(f"its snapshot at {log.base_seq} is of other entries than were trimmed there")
    rows = Update.objects.filter(document_id=log.pk, seq__lte=log.head).order_by("seq")
    last, chain = None, base_chain
    walk = Walk(log.pk, log.base_seq, base_chain)
    for seq, author, update, digest in rows.values_list("seq", "author_id", "update", "digest").iterator(CHUNK):
        if found.first is None:
            found.first = seq
        elif last is not None and seq != last + 1:
            gaps.append(f"its entries go from {last} to {seq}")
        if seq == log.base_seq + 1:
            walk = Walk(log.pk, log.base_seq, base_chain)
        elif seq != walk.seq + 1:
            walk = Walk(log.pk, seq - 1, None)
        last = seq
        if digest is None:
            if seq > log.base_seq:  # below are those from before there were checksums
                strangers.append(f"its entry {seq} has no checksum")
            continue
        chain = bytes(digest)
        if not walk.go(author, bytes(update), chain):
            strangers.append(f"its entry {seq} is not what was committed there")
        if chains.get(seq, chain) != chain:
            strangers.append(f"its snapshot at {seq} is of other entries than there are up to it")
        if seq == log.base_seq and chain != base_chain:
            strangers.append(f"its chain of checksums begins after {seq} with another entry than that")
    if log.head > log.floor and (found.first is None or found.first > log.floor + 1):
        gaps.append(f"its entries begin at {found.first}, above the floor {log.floor}")
    elif log.head > log.base_seq and (found.first is None or found.first > log.base_seq + 1):
        strangers.append(f"its entries begin at {found.first}, but were trimmed up to {log.base_seq} only")
    if last is not None and last != log.head:
        gaps.append(f"its last entry is {last}, but its head {log.head}")
    elif chain != bytes(log.chain) and (last is not None or log.base_seq == log.head):
        strangers.append(f"its chain of checksums does not lead to its head {log.head}")
    return found


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


def _difference(log: Log, state: bytes, base: int) -> str:
    """What the state lacks of the snapshot at `base` and the entries after it, or has over them: first by our own
    reading of each entry, then by what their merge reads like."""
    held, deleted = structs.united(structs.scan(update) for update in (_snapshot_at(log, base), *_updates(log, base)))
    have = structs.scan(state)
    if not structs.covers(have.held, held):
        return "structs are missing"
    if not structs.covers(held, have.held):
        return "there are structs of no entry"
    if not structs.covers(have.deleted, deleted):
        return "deletions are missing"
    return sandbox.run(comparing.difference, state, _state(log, base))


def _snapshot_at(log: Log, base: int) -> bytes:
    if not base:
        return merging.EMPTY_UPDATE
    snapshots = Snapshot.objects.filter(document_id=log.pk, epoch=log.epoch, seq=base)
    return bytes(snapshots.values_list("state", flat=True).get())


def _updates(log: Log, base: int) -> Iterator[bytes]:
    """Of every entry after `base`, up to the head that `log` was read with."""
    rows = Update.objects.filter(document_id=log.pk, seq__gt=base, seq__lte=log.head).order_by("seq")
    return map(bytes, rows.values_list("update", flat=True).iterator(CHUNK))


def _state(log: Log, base: int) -> bytes:
    """The snapshot at `base` (none at 0), merged with every entry after it."""
    state = _snapshot_at(log, base)
    batch: list[bytes] = []
    for update in _updates(log, base):
        batch.append(update)
        if len(batch) == CHUNK:
            state, batch = merging.merge([state, *batch]), []
    return merging.merge([state, *batch])
