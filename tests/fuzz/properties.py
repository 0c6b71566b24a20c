"""What must hold for any bytes whatever, in one function for each way by which they come in. It raises when something
else happens than that they are read, or refused by name.

Shared by Hypothesis (test_any_bytes.py) and by the coverage-guided hunt (hunt.py), whose inputs have one language: the
first byte says by which way, the second whether the rest is what is sent or choices for the grammar.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import django.db.models  # noqa: F401 - its parts import each other in a circle, which must begin here

from collab.protocol import guard, hocuspocus, messages
from collab.protocol.lib0 import ProtocolError, read_varbytes
from collab.protocol.state_vector import decode_state_vector, encode_state_vector
from collab.replica import Replica
from documents import envelope, merging
from documents.content import structs
from documents.log import Entry, Loaded
from tests.fuzz import grammar

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = "publish"
_PAIRS = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")


def an_update(raw: bytes) -> bool:
    """Is either refused, or kept whole by everything that stores and reads it."""
    try:
        found = guard.scan(raw)
    except ProtocolError:
        return False
    ours = structs.scan(raw)
    theirs = structs.Scan(_by_client(found.structs), _by_client(found.deletes), False)
    assert (ours.held, ours.deleted) == structs.united([theirs])
    twice = merging.merge([raw, raw])
    again = merging.merge([twice, merging.diff(raw, b"\x00")])
    for kept in (twice, again):
        guard.scan(kept)
        assert structs.scan(kept).held == ours.held
        assert structs.scan(kept).deleted == ours.deleted
    vector = merging.state_vector(raw)
    rest = merging.diff(raw, vector)
    guard.scan(rest)
    assert structs.scan(rest).deleted == ours.deleted
    decode_state_vector(vector)
    return True


def _by_client(ranges: list[guard.Range]) -> structs.Ranges:
    found: structs.Ranges = {}
    for client, clock, length in ranges:
        found.setdefault(client, []).append((clock, clock + length))
    return found


def a_history(raw: bytes) -> bool:
    """Whatever of it passes is kept whole by a log and by a replica, also if it contradicts itself."""
    updates: list[bytes] = []
    at = 0
    try:
        while at < len(raw):
            update, at = read_varbytes(raw, at)
            with suppress(ProtocolError):
                guard.scan(update)
                updates.append(update)
    except ProtocolError:
        pass
    held, deleted = structs.united(map(structs.scan, updates))
    replica = Replica(Loaded(1, 0, 0, 1, 0, merging.EMPTY_UPDATE, []))
    for seq, update in enumerate(updates, 1):
        found = guard.scan(update)
        replica.add(Entry(seq, None, update), found.structs, found.deletes)
        if seq % 8 == 0:
            replica.answer(replica.state_vector())
    wholes = (merging.merge(updates), merging.merge(updates[::-1]), replica.everything())
    if _PAIRS.search(raw):
        # Known: where one update says that an id is collected and another that it is half of a surrogate pair, pycrdt
        # drops the other half. No honest client is contradicted so.
        return bool(updates)
    for whole in wholes:
        guard.scan(whole)
        kept = structs.scan(whole)
        assert (kept.held, kept.deleted) == (held, deleted)
    # What came before what it follows counts only once the pieces are joined.
    for client, clock in decode_state_vector(replica.state_vector()).items():
        assert held[client][0][0] == 0
        assert clock <= held[client][0][1]
    return bool(updates)


def a_state_vector(raw: bytes) -> bool:
    try:
        clocks = decode_state_vector(raw)
    except ProtocolError:
        return False
    assert decode_state_vector(encode_state_vector(clocks)) == clocks
    merging.diff(merging.EMPTY_UPDATE, raw)
    return True


def an_awareness_update(raw: bytes) -> bool:
    try:
        guard.scan_awareness(raw)
    except ProtocolError:
        return False
    return True


def a_frame(raw: bytes) -> bool:
    try:
        match messages.decode(raw):
            case messages.SyncStep1(vector):
                return a_state_vector(vector)
            case messages.SyncStep2(update) | messages.Update(update):
                return an_update(update)
            case messages.Awareness(payload):
                return an_awareness_update(payload)
    except ProtocolError:
        return False
    return True


def a_hocuspocus_frame(raw: bytes) -> bool:
    try:
        _, at = hocuspocus.read_address(raw)
        message = hocuspocus.decode(raw, at)
    except ProtocolError:
        return False
    if isinstance(message, hocuspocus.Said):
        assert message.claims >= 0
        return a_frame(message.frame)
    return True


def an_envelope(raw: bytes) -> bool:
    """As it is when somebody has the key, or else nothing would be read."""
    signature = envelope.sign(raw, KEY)
    try:
        envelope.open_envelope(raw, signature, key=KEY, arrived=NOW, now=NOW, most_bytes=65_536)
    except envelope.Refused:
        return False
    return True


def _said_as_envelope(choose: grammar.Choices) -> bytes:
    data = (b'{"title":"t"}', b'{"name":"n","data":{}}', b'{"text":"x"}', grammar.json_text(choose))[choose.below(4)]
    kind = (b'"notification"', b'"event"', b'"append"', grammar.json_text(choose))[choose.below(4)]
    document = b"document:6a3c2f50-0000-4000-8000-000000000000"
    to = (b'"user:1"', b'"workspace:1"', b'"' + document + b'"', grammar.json_text(choose))[choose.below(4)]
    at = b"%d" % NOW.timestamp() if choose.below(3) else grammar.json_text(choose)
    return b'{"v":1,"id":"i","to":%s,"kind":%s,"data":%s,"at":%s}' % (to, kind, data, at)


WAYS: list[tuple[Callable[[bytes], bool], Callable[[grammar.Choices], bytes]]] = [
    (an_update, grammar.update),
    (a_history, grammar.history),
    (a_state_vector, grammar.state_vector),
    (an_awareness_update, grammar.awareness),
    (a_frame, grammar.frame),
    (a_hocuspocus_frame, grammar.hocuspocus_frame),
    (an_envelope, _said_as_envelope),
]


def spoken(data: bytes) -> tuple[Callable[[bytes], bool], bytes]:
    """Of an engine's bytes: the way, and what comes by it."""
    way, say = WAYS[data[0] % len(WAYS)] if data else WAYS[0]
    how = data[1] % 3 if len(data) > 1 else 0
    if how == 0:
        return way, data[2:]
    choose = grammar.Bytewise(data[2:])
    return way, say(choose) if how == 1 else grammar.mangled(choose, say(choose))


def written(way: Callable[[bytes], Any], raw: bytes) -> bytes:
    """The engine's bytes for sending `raw` by a way: a corpus to begin with."""
    return bytes((next(n for n, (known, _) in enumerate(WAYS) if known is way), 0)) + raw
