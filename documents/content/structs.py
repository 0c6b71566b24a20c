"""Reads the structure of a Yjs update (encoding v1) where pycrdt has no door to it: who wrote, what is deleted, and
whether somebody edited inside a surrogate pair.

The last decides whether pycrdt's Doc may re-encode a document. Positions in Yjs count UTF-16 units, so a client that
splits 😀 in two (an old browser, a broken input method) makes items that refer to half a character; yrs keeps strings
as UTF-8 and writes such a document back as something Yjs shows differently or refuses to read.

Only bytes the guard has let into the log are read here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from documents import merging

Ranges = dict[int, list[tuple[int, int]]]
"""Client → sorted, joined [start, end) ranges of clocks."""


class Malformed(ValueError):
    """This is no update of encoding v1."""


class Reader:
    """A cursor over lib0's encoding."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise Malformed("ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def uint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise Malformed("number too long")

    def take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise Malformed("ends too early")
        self.at += length
        return self.data[self.at - length : self.at]

    def string(self) -> bytes:
        return self.take(self.uint())

    def skip_any(self) -> None:
        """Past one value of lib0's `any`, without recursion: nesting is the sender's choice."""
        open_values: list[tuple[bool, int]] = [(False, 1)]  # of each list or object we are in: keyed?, values to come
        while open_values:
            keyed, left = open_values.pop()
            if not left:
                continue
            open_values.append((keyed, left - 1))
            if keyed:
                self.string()
            match self.byte():
                case 127 | 126 | 121 | 120:  # undefined, null, false, true
                    pass
                case 125:  # integer
                    while self.byte() >= 0x80:
                        pass
                case 124:  # 32-bit float
                    self.take(4)
                case 123 | 122:  # 64-bit float, bigint
                    self.take(8)
                case 119 | 116:  # string, bytes
                    self.string()
                case 118:
                    open_values.append((True, self.uint()))
                case 117:
                    open_values.append((False, self.uint()))
                case kind:
                    raise Malformed(f"no value is of type {kind}")


@dataclass(slots=True)
class Scan:
    held: Ranges
    """Every clock there is a struct for, also for deleted content."""
    deleted: Ranges
    splits_a_character: bool


def scan(update: bytes) -> Scan:
    """Raises Malformed, also for what only future versions of Yjs write."""
    reader = Reader(update)
    halves = _Halves() if _ASTRAL.search(update) else None
    held: Ranges = {}
    for _ in range(reader.uint()):
        count, client, clock = reader.uint(), reader.uint(), reader.uint()
        ranges = held.setdefault(client, [])
        for _ in range(count):
            length, is_content = _struct(reader, client, clock, halves)
            if is_content:
                ranges.append((clock, clock + length))
            clock += length
    deleted: Ranges = {}
    for _ in range(reader.uint()):
        client = reader.uint()
        ranges = deleted.setdefault(client, [])
        for _ in range(reader.uint()):
            clock, length = reader.uint(), reader.uint()
            ranges.append((clock, clock + length))
    if reader.at != len(update):
        raise Malformed("bytes after the end")
    held, deleted = _join(held), _join(deleted)
    return Scan(held, deleted, halves is not None and halves.split(deleted))


def united(scans: Iterable[Scan]) -> tuple[Ranges, Ranges]:
    """What several updates hold and delete together, without merging them."""
    held: Ranges = {}
    deleted: Ranges = {}
    for number, found in enumerate(scans, 1):
        for into, ranges in ((held, found.held), (deleted, found.deleted)):
            for client, pieces in ranges.items():
                into.setdefault(client, []).extend(pieces)
        if number % 1_000 == 0:  # one range a keystroke, where a sentence is one
            held, deleted = _join(held), _join(deleted)
    return _join(held), _join(deleted)


def covers(whole: Ranges, part: Ranges) -> bool:
    """Is every clock of `part` in `whole`?"""
    for client, ranges in part.items():
        available = iter(whole.get(client, []))
        start, end = 0, -1
        for low, high in ranges:
            while end < high:
                following = next(available, None)
                if following is None:
                    return False
                start, end = following
            if low < start:
                return False
    return True


def clients(update: bytes) -> set[int]:
    """Whose items these are."""
    reader = Reader(merging.state_vector(update))
    found = set()
    for _ in range(reader.uint()):
        found.add(reader.uint())
        reader.uint()
    return found


# What UTF-16 needs two units for takes four bytes of UTF-8. Other bytes may look so too: then we look in vain.
_ASTRAL = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(slots=True)
class _Halves:
    """Where pairs are cut in the middle, if anywhere: the clocks of second halves against what lies before them."""

    seconds: dict[int, set[int]] = field(default_factory=dict)
    cuts: list[tuple[int, int]] = field(default_factory=list)
    """(client, clock) of units that something was inserted directly before."""

    def string(self, client: int, clock: int, text: str) -> None:
        for character in text:
            if ord(character) > 0xFFFF:
                self.seconds.setdefault(client, set()).add(clock + 1)
                clock += 1
            clock += 1

    def split(self, deleted: Ranges) -> bool:
        if any(clock in self.seconds.get(client, ()) for client, clock in self.cuts):
            return True
        edges = ((client, clock) for client, ranges in deleted.items() for pair in ranges for clock in pair)
        return any(clock in self.seconds.get(client, ()) for client, clock in edges)


def _struct(reader: Reader, client: int, clock: int, halves: _Halves | None) -> tuple[int, bool]:
    """Reads one struct: how many clocks it takes, and whether it is one at all or a gap."""
    info = reader.byte()
    kind = info & 0x1F
    if kind in (0, 10):  # collected, or a gap
        return reader.uint(), kind == 0
    if info & 0x80:
        origin = reader.uint(), reader.uint() + 1
        if halves is not None:
            halves.cuts.append(origin)
    if info & 0x40:
        right = reader.uint(), reader.uint()
        if halves is not None:
            halves.cuts.append(right)
    if not info & 0xC0:  # no neighbour to take the parent from
        if reader.uint():
            reader.string()
        else:
            reader.uint(), reader.uint()
        if info & 0x20:
            reader.string()
    match kind:
        case 1:  # deleted
            return reader.uint(), True
        case 2:  # JSON
            length = reader.uint()
            for _ in range(length):
                reader.string()
            return length, True
        case 3 | 5:  # binary, embed
            reader.string()
        case 4:
            text = reader.string().decode(errors="surrogatepass")
            if halves is not None:
                halves.string(client, clock, text)
            return len(text.encode("utf-16-le", errors="surrogatepass")) // 2, True
        case 6:  # format
            reader.string(), reader.string()
        case 7:  # a shared type; elements and hooks have a name
            type_ref = reader.uint()
            if type_ref > 6:
                raise Malformed(f"no shared type has number {type_ref}")
            if type_ref in (3, 5):
                reader.string()
        case 8:  # any
            length = reader.uint()
            for _ in range(length):
                reader.skip_any()
            return length, True
        case 9:  # a subdocument
            reader.string()
            reader.skip_any()
        case _:
            raise Malformed(f"no content is of kind {kind}")
    return 1, True


def _join(ranges: Ranges) -> Ranges:
    whole: Ranges = {}
    for client, pieces in ranges.items():
        merged: list[tuple[int, int]] = []
        for start, end in sorted(pieces):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif end > start:
                merged.append((start, end))
        if merged:
            whole[client] = merged
    return whole
