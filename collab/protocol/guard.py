"""The guard reads every update and awareness message of a client before anything else does.

Client bytes are hostile until then: 53 KB of nesting end the process inside pycrdt, eight bytes make it allocate half a
gigabyte, and bytes that two readers understand differently poison a document for good. What passes is what Yjs itself
could have written, so that pycrdt merges it and every browser opens it. The guard only reads (layout:
docs/protocol.md); it can't know whether the ids that an update refers to exist.

Stricter than Yjs, because pycrdt is the one that stores: clocks end at 32 bits; nothing has length zero; GC and Skip
carry no flags; items of the JSON kind (unused by Yjs since 2019) and XmlHooks (used by no editor) are refused, because
pycrdt loses its place in the bytes at both and could never merge the document again. And lists must have the order in
which Yjs writes them, because whoever merges relies on it, and drops in silence what he doesn't expect.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from collab.protocol.lib0 import MAX_SAFE_INTEGER, ProtocolError, read_varbytes, read_varstring, read_varuint
from collab.protocol.state_vector import MAX_CLIENTS, MAX_CLOCK
from collab.protocol.values import OBJECT, check_json, parse_json, skip_any

Range = tuple[int, int, int]
"""(client, clock, length): the ids clock … clock + length - 1 of a client."""


@dataclass(slots=True)
class Scan:
    """What an update is about. Neighbouring items of a client are one range; what it skips is in none."""

    structs: list[Range]
    deletes: list[Range]

    @property
    def is_empty(self) -> bool:
        return not (self.structs or self.deletes)


_V = rb"([\x00-\x7f]|[\x80-\xff]{1,6}[\x01-\x7f])"
# client clock, left neighbour (84) or both (C4), their ids, a short text, nothing deleted.
_TYPED: Final = re.compile(
    rb"\x01\x01" + _V + _V + rb"(?:\x84|(\xc4))" + _V + _V + rb"(?(3)" + _V + _V + rb"|)([\x01-\x7f])(.*)\x00",
    re.DOTALL,
).fullmatch


def scan(update: bytes) -> Scan:
    """Read an update to its last byte, or raise ProtocolError.

    Nearly every update is a few characters typed behind others. A regular expression takes those apart in C, at
    half the price; whatever is unusual about one goes the long way, which alone decides what is refused and why.
    """
    typed = _TYPED(update)
    if typed is not None:
        client, clock_bytes, _, left_client, left_clock, right_client, right_clock, size, text = typed.groups()
        if len(text) == size[0]:
            clock = _number(clock_bytes)
            length = size[0] if text.isascii() else _utf16_units(text)
            left = _number(left_clock)
            right = 0 if right_clock is None else _number(right_clock)
            if (
                clock + length <= MAX_CLOCK
                and (left < clock if left_client == client else left <= MAX_CLOCK)
                and (right < clock if right_client == client else right <= MAX_CLOCK)
            ):
                return Scan([(_client_number(client), clock, length)], [])
    structs, at = _scan_structs(update)
    deletes, at = _scan_deletes(update, at)
    if at != len(update):
        raise ProtocolError("bytes after the update")
    return Scan(structs, deletes)


def _number(varuint: bytes) -> int:
    value = 0
    for byte in reversed(varuint):
        value = value << 7 | byte & 127
    return value


_client_number = lru_cache(maxsize=4096)(_number)


def _utf16_units(text: bytes) -> int:
    """Yjs counts text as JavaScript does: a character beyond the 16-bit plane is two."""
    try:
        return len(text.decode().encode("utf-16-le")) >> 1
    except UnicodeDecodeError:
        raise ProtocolError("not UTF-8") from None


_ORIGIN, _RIGHT_ORIGIN, _PARENT_SUB, _KIND = 0x80, 0x40, 0x20, 0x1F
_GC, _DELETED, _, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP = range(11)
_XML_ELEMENT, _XML_HOOK, _XML_TEXT = 3, 5, 6

MAX_RANGES = 131_072
"""Of each sort in one update, so that reading one megabyte can't take twenty. Years of editing leave some tens of
thousands of deleted ranges in a document."""


def _scan_structs(data: bytes) -> tuple[list[Range], int]:
    size = len(data)
    clients, at = read_varuint(data, 0)
    if clients > MAX_CLIENTS:
        raise ProtocolError("too many clients")
    if clients * 3 > size:
        raise ProtocolError("truncated")
    ranges: list[Range] = []
    above = MAX_SAFE_INTEGER + 1
    for _ in range(clients):
        count, at = read_varuint(data, at)
        if count * 2 > size - at:
            raise ProtocolError("truncated")
        client, at = read_varuint(data, at)
        if client >= above:
            # Of two lists of one client Yjs keeps the last, pycrdt both. Of lists in another order than from the
            # highest down Yjs loses some as soon as it merges them with others', as our own offline copies do.
            raise ProtocolError("a client twice" if client == above else "clients out of order")
        above = client
        clock, at = read_varuint(data, at)
        start = clock
        for _ in range(count):
            if at >= size:
                raise ProtocolError("truncated")
            info = data[at]
            at += 1
            kind = info & _KIND
            if kind in (_GC, _SKIP):
                if info != kind:
                    raise ProtocolError("flags on a struct without content")
                length, at = read_varuint(data, at)
                if kind == _SKIP:
                    if clock > start:
                        ranges.append((client, start, clock - start))
                    start = clock + length
                    if len(ranges) > MAX_RANGES:
                        raise ProtocolError("too many ranges")
            else:
                at = _scan_origin(data, at, info, client, clock)
                if kind == _STRING:
                    length, at = read_varuint(data, at)
                    text = data[at : at + length]
                    at += length
                    if not text.isascii():
                        length = _utf16_units(text)
                else:
                    length, at = _scan_content(data, at, kind)
                if at > size:
                    raise ProtocolError("truncated")
            if not length:
                raise ProtocolError("a struct of length zero")
            clock += length
            if clock > MAX_CLOCK:
                raise ProtocolError("clock too large")
        if clock > start:
            ranges.append((client, start, clock - start))
    return ranges, at


def _scan_origin(data: bytes, at: int, info: int, client: int, clock: int) -> int:
    """Where an item goes: behind and before which neighbours, or else into which parent."""
    if info & (_ORIGIN | _RIGHT_ORIGIN):
        if info & _ORIGIN:
            at = _scan_earlier(data, at, client, clock)
        if info & _RIGHT_ORIGIN:
            at = _scan_earlier(data, at, client, clock)
        return at
    is_root, at = read_varuint(data, at)
    if is_root == 1:
        _, at = read_varstring(data, at)
    elif is_root == 0:
        at = _scan_earlier(data, at, client, clock)
    else:
        raise ProtocolError("unknown kind of parent")
    if info & _PARENT_SUB:
        _, at = read_varstring(data, at)
    return at


def _scan_earlier(data: bytes, at: int, client: int, clock: int) -> int:
    """An id that an item refers to. Yjs throws at an item that refers to itself or a later one of its client."""
    other, at = read_varuint(data, at)
    other_clock, at = read_varuint(data, at)
    if other_clock >= clock if other == client else other_clock > MAX_CLOCK:
        raise ProtocolError("an item refers to a later one")
    return at


def _scan_content(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """The length in clocks of an item's content, and where it ends."""
    if kind == _DELETED:
        return read_varuint(data, at)
    if kind == _ANY:
        count, at = read_varuint(data, at)
        if count > len(data) - at:
            raise ProtocolError("truncated")
        return count, skip_any(data, at, count)
    if kind == _TYPE:
        reference, at = read_varuint(data, at)
        if reference > _XML_TEXT or reference == _XML_HOOK:
            raise ProtocolError("unknown kind of type")
        if reference == _XML_ELEMENT:
            _, at = read_varstring(data, at)
    elif kind in (_FORMAT, _EMBED):
        if kind == _FORMAT:
            _, at = read_varstring(data, at)
        value, at = read_varbytes(data, at)
        check_json(value)
    elif kind == _BINARY:
        _, at = read_varbytes(data, at)
    elif kind == _DOC:
        _, at = read_varstring(data, at)
        if data[at : at + 1] != bytes((OBJECT,)):
            raise ProtocolError("a subdocument without options")  # Yjs throws at null
        at = skip_any(data, at)
    else:
        raise ProtocolError("unknown kind of content")
    return 1, at


def _scan_deletes(data: bytes, at: int) -> tuple[list[Range], int]:
    clients, at = read_varuint(data, at)
    if not clients:
        return [], at
    if clients > MAX_CLIENTS:
        raise ProtocolError("too many clients")
    if clients * 2 > len(data) - at:
        raise ProtocolError("truncated")
    ranges: list[Range] = []
    seen: set[int] = set()
    for _ in range(clients):
        client, at = read_varuint(data, at)
        if client in seen:
            # pycrdt keeps the last of two lists, Yjs both.
            raise ProtocolError("a client twice")
        seen.add(client)
        count, at = read_varuint(data, at)
        if count * 2 > len(data) - at:
            raise ProtocolError("truncated")
        if len(ranges) + count > MAX_RANGES:
            raise ProtocolError("too many ranges")
        end = 0
        for _ in range(count):
            clock, at = read_varuint(data, at)
            length, at = read_varuint(data, at)
            if not length:
                raise ProtocolError("a deletion of length zero")
            if clock < end:
                # Merging such a list, pycrdt drops what lies below: deletions of others among it.
                raise ProtocolError("deletions out of order")
            end = clock + length
            if end > MAX_CLOCK:
                raise ProtocolError("clock too large")
            ranges.append((client, clock, length))
    return ranges, at


@dataclass(frozen=True, slots=True)
class AwarenessLimits:
    entries: int = 1024
    """A stock y-websocket client passes on what it heard of everyone: as many as a room may hold, and some gone."""
    state_bytes: int = 4096


_DEFAULT_LIMITS: Final = AwarenessLimits()


class AwarenessEntry(NamedTuple):
    client_id: int
    clock: int
    state_json: bytes | None
    """A JSON object, at most 64 deep; None says that the client left."""


def scan_awareness(payload: bytes, limits: AwarenessLimits = _DEFAULT_LIMITS) -> list[AwarenessEntry]:
    """Read an awareness message to its last byte, or raise ProtocolError. Whose the entries are, the room knows."""
    count, at = read_varuint(payload, 0)
    if count > limits.entries:
        raise ProtocolError("too many awareness entries")
    if count * 3 > len(payload) - at:
        raise ProtocolError("truncated")
    entries: list[AwarenessEntry] = []
    for _ in range(count):
        client, at = read_varuint(payload, at)
        clock, at = read_varuint(payload, at)
        if clock > MAX_CLOCK:
            raise ProtocolError("clock too large")
        state, at = read_varbytes(payload, at)
        if len(state) > limits.state_bytes:
            raise ProtocolError("awareness state too large")
        if state == b"null":
            entries.append(AwarenessEntry(client, clock, None))
        elif isinstance(parse_json(state), dict):
            entries.append(AwarenessEntry(client, clock, state))
        else:
            raise ProtocolError("an awareness state is not an object")
    if at != len(payload):
        raise ProtocolError("bytes after the awareness message")
    return entries
