"""Updates, state vectors, awareness and frames as the grammar of docs/protocol.md lays them out, by somebody's choices:
mostly what a client could say, now and then what none would, and `mangled` afterwards.

Written once for three drivers, who differ only in where choices come from: a seeded random.Random (many, fast),
Hypothesis (few, and shrunk to the smallest that fails), and atheris (guided by what the code under test did).
"""

import random
from collections.abc import Callable
from typing import Protocol

from collab.protocol.lib0 import MAX_SAFE_INTEGER, varuint
from collab.protocol.state_vector import MAX_CLOCK


class Choices(Protocol):
    def below(self, bound: int) -> int:
        """0 … bound - 1."""


class Seeded:
    """Choices by seed: the same ones each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        return self._random.randrange(bound)


class Bytewise:
    """Choices as the bytes of a fuzzing engine have them; 0 when they are used up, so that every input ends."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def below(self, bound: int) -> int:
        taken = self._data[self._at : self._at + (1 if bound <= 256 else 2)]
        self._at += len(taken)
        return int.from_bytes(taken) % bound


# Where readers of 32, 53 and 64 bits part.
EDGES = (
    0, 1, 63, 64, 127, 128, 2**14, 2**31 - 1, 2**31, MAX_CLOCK - 1, MAX_CLOCK, MAX_CLOCK + 1, 2**32, 2**47,
    MAX_SAFE_INTEGER - 1, MAX_SAFE_INTEGER, 2**53, 2**60, 2**64,
)  # fmt: skip
WORDS = ("x", "ab", "hello ", "", "ß", "文書", "😀", "a😀b", "\0", "\n", "e\u0301", "\ufeff", "w" * 130, "__proto__")
BROKEN_TEXT = (b"\xff", b"\xed\xa0\xbd", b"\xc0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82")
JSON = (
    b"null", b"true", b"{}", b"[]", b'""', b"0", b"-0", b"1e3", b"1.5", b'{"href":"https://example.org/"}', b" null ",
    b"[1,[2,[{}]]]", b'{"a":1,"a":2}', b'"\\ud83d\\ude00"', b'"\\u0000"', b"9007199254740993", b"1e308", b"5e-324",
    b'{"__proto__":{"a":1}}', b"18446744073709551616", b"-9223372036854775809", b"123456789012345678901234567890",
)  # fmt: skip
BROKEN_JSON = (
    b"", b"{", b"NaN", b"1e999", b'"\\ud83d"', b"01", b"[1,]", b'"\x00"', b"undefined", b"'a'", b"1 2", b"-", b"+1",
    b"\xef\xbb\xbf{}", b".5", b"1.", b"\x0cnull", b"\xc2\xa0null", b'"\\x41"', b"[" * 70 + b"]" * 70, b"-Infinity",
    b'"\x7f"',
)  # fmt: skip
ROOTS = ("t", "default", "map", "ключ", "")


def seldom(choose: Choices, one_in: int) -> bool:
    """Never with choices that are used up."""
    return choose.below(one_in) == one_in - 1


def number(choose: Choices, usual: int) -> bytes:
    if not seldom(choose, 60):
        return varuint(usual)
    if seldom(choose, 3):
        return _wide(usual)[:-1] + bytes((_wide(usual)[-1] | 0x80, 0))  # padded
    return _wide(EDGES[choose.below(len(EDGES))])


def _wide(value: int) -> bytes:
    """As varuint, for numbers that it rightly won't write."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(choose: Choices, content: bytes) -> bytes:
    return number(choose, max(0, len(content) + (choose.below(3) - 1 if seldom(choose, 80) else 0))) + content


def text(choose: Choices) -> bytes:
    if seldom(choose, 60):
        return BROKEN_TEXT[choose.below(len(BROKEN_TEXT))]
    return WORDS[choose.below(len(WORDS))].encode()


def json_text(choose: Choices) -> bytes:
    if seldom(choose, 30):
        return BROKEN_JSON[choose.below(len(BROKEN_JSON))]
    return JSON[choose.below(len(JSON))]


def value(choose: Choices, depth: int = 0) -> bytes:
    """lib0's `any`."""
    tag = 127 - choose.below(12)
    if seldom(choose, 100):
        return bytes((choose.below(256),))
    if tag == 125:
        first = choose.below(256)
        return bytes((first,)) + (_wide(EDGES[choose.below(len(EDGES))]) if first & 128 else b"")
    if tag in (124, 123, 122):
        return bytes((tag,)) + bytes(choose.below(256) for _ in range(4 if tag == 124 else 8))
    if tag in (119, 116):
        return bytes((tag,)) + sized(choose, text(choose))
    if tag in (118, 117):
        if seldom(choose, 60):
            nested = 60 + choose.below(9)  # around the limit
            return (b"\x75\x01" if tag == 117 else b"\x76\x01\x01k") * nested + b"\x7e"
        inside = choose.below(3) if depth < 4 else 0
        keyed = tag == 118
        return (
            bytes((tag,))
            + number(choose, inside)
            + b"".join(
                (sized(choose, text(choose)) if keyed else b"") + value(choose, depth + 1) for _ in range(inside)
            )
        )
    return bytes((tag,))


BEGINNING = {1: 6, 2: 8, 3: 8}
"""The clocks of the document on which `judge.mjs` tries updates."""

Id = tuple[int, int]


class Speaker:
    """Says one update after the other. `clocks`: how far each client is; who keeps to it contradicts nobody."""

    def __init__(self, choose: Choices, clocks: dict[int, int] | None = None) -> None:
        self.choose = choose
        self.clocks = dict(BEGINNING if clocks is None else clocks)

    def update(self) -> bytes:
        choose = self.choose
        clients = [
            EDGES[choose.below(len(EDGES))] if seldom(choose, 60) else 1 + choose.below(7)
            for _ in range((0, 1, 1, 1, 1, 2, 3)[choose.below(7)])
        ]
        if not seldom(choose, 20):
            clients = sorted(set(clients), reverse=True)
        blocks = [self._block(client) for client in clients]
        return number(choose, len(blocks)) + b"".join(blocks) + self._deletes()

    def _block(self, client: int) -> bytes:
        choose = self.choose
        clock = self.clocks.get(client, 0)
        if seldom(choose, 8):
            clock = choose.below(12)
        structs = []
        start = clock
        for _ in range(choose.below(5)):
            struct, length = self._struct(client, clock)
            structs.append(struct)
            clock += length
        if start == self.clocks.get(client, 0):
            self.clocks[client] = clock
        return number(choose, len(structs)) + _wide(client) + number(choose, start) + b"".join(structs)

    def _struct(self, client: int, clock: int) -> tuple[bytes, int]:
        choose = self.choose
        kind = (4, 4, 4, 4, 7, 6, 8, 1, 5, 3, 9, 0, 10, 2, 11)[choose.below(15)]
        if kind in (0, 10):
            length = choose.below(5) if seldom(choose, 20) else 1 + choose.below(5)
            flags = choose.below(8) << 5 if seldom(choose, 40) else 0
            return bytes((kind | flags,)) + number(choose, length), length
        info, where = self._place(client, clock)
        content, length = self._content(kind)
        return bytes((kind | info,)) + where + content, length

    def _place(self, client: int, clock: int) -> tuple[int, bytes]:
        choose = self.choose
        sort = choose.below(8)
        if sort < 3:  # behind the one before
            left = (client, clock - 1) if clock and client <= MAX_SAFE_INTEGER else self._id(client, clock)
            right = self._id(client, clock) if sort == 2 else None
            return 0x80 | (0x40 if right else 0), self._written(left) + (self._written(right) if right else b"")
        if sort < 5:
            ids = [self._id(client, clock) for _ in range(1 + choose.below(2))]
            info = (0x80, 0x40)[choose.below(2)] if len(ids) == 1 else 0xC0
            return info | (0x20 if seldom(choose, 10) else 0), b"".join(map(self._written, ids))
        if sort == 5 and clock:
            where = b"\x00" + self._written(self._id(client, clock))
        else:
            where = number(choose, 1) + sized(choose, ROOTS[choose.below(len(ROOTS))].encode())
        if choose.below(3) == 0:
            return 0x20, where + sized(choose, text(choose))
        return 0, where

    def _id(self, client: int, clock: int) -> Id:
        """Mostly one that exists."""
        choose = self.choose
        other = client if choose.below(2) else 1 + choose.below(7)
        there = clock if other == client else self.clocks.get(other, 0)
        return other, choose.below(min(there, 200) or 1) + (choose.below(4) if seldom(choose, 30) else 0)

    def _written(self, id: Id) -> bytes:
        return _wide(id[0]) + number(self.choose, id[1])

    def _content(self, kind: int) -> tuple[bytes, int]:
        choose = self.choose
        if kind == 4:
            said = text(choose)
            return sized(choose, said), len(said.decode(errors="replace").encode("utf-16-le")) // 2
        if kind == 1:
            length = choose.below(4) if seldom(choose, 20) else 1 + choose.below(4)
            return number(choose, length), length
        if kind == 8:
            count = choose.below(4)
            return number(choose, count) + b"".join(value(choose) for _ in range(count)), count
        if kind == 2:
            count = 1 + choose.below(2)
            return number(choose, count) + b"".join(sized(choose, json_text(choose)) for _ in range(count)), count
        if kind == 7:
            reference = choose.below(8) if seldom(choose, 20) else (0, 1, 2, 3, 4, 6)[choose.below(6)]
            return number(choose, reference) + (sized(choose, text(choose)) if reference in (3, 5) else b""), 1
        if kind == 6:
            return sized(choose, text(choose)) + sized(choose, json_text(choose)), 1
        if kind == 5:
            return sized(choose, json_text(choose)), 1
        if kind == 9:
            return sized(choose, text(choose)) + value(choose), 1
        return sized(choose, text(choose)), 1  # binary, and a kind that there is none

    def _deletes(self) -> bytes:
        choose = self.choose
        if choose.below(3):
            return b"\x00"
        clients = []
        for _ in range(1 + choose.below(2)):
            client = 1 + choose.below(7)
            ranges = []
            clock = 0
            for _ in range(choose.below(4)):
                clock = choose.below(12) if seldom(choose, 20) else clock + choose.below(5)
                length = choose.below(4) if seldom(choose, 20) else 1 + choose.below(4)
                ranges.append(number(choose, clock) + number(choose, length))
                clock += length
            clients.append(varuint(client) + number(choose, len(ranges)) + b"".join(ranges))
        return number(choose, len(clients)) + b"".join(clients)


def update(choose: Choices) -> bytes:
    return Speaker(choose).update()


def history(choose: Choices) -> bytes:
    """Updates, each with its length before it, that contradict each other as often as not: few ids, claimed twice."""
    speaker = Speaker(choose, {})
    updates = []
    for _ in range(choose.below(40)):
        if choose.below(4) == 0:
            speaker.clocks = {}
        updates.append(speaker.update())
    return b"".join(varuint(len(said)) + said for said in updates)


def state_vector(choose: Choices) -> bytes:
    clients = [1 + choose.below(200) for _ in range(choose.below(5))]
    return number(choose, len(clients)) + b"".join(
        number(choose, client) + number(choose, choose.below(300)) for client in clients
    )


def awareness(choose: Choices) -> bytes:
    entries = [
        number(choose, 1 + choose.below(9)) + number(choose, choose.below(9)) + sized(choose, json_text(choose))
        for _ in range(choose.below(4))
    ]
    return number(choose, len(entries)) + b"".join(entries)


def frame(choose: Choices) -> bytes:
    """What a y-websocket client sends, `weft.1` among them."""
    sort = choose.below(7)
    if sort < 3:
        payload = state_vector(choose) if sort == 0 else update(choose)
        return b"\x00" + number(choose, sort) + sized(choose, payload)
    if sort == 3:
        return b"\x01" + sized(choose, awareness(choose))
    return number(choose, (3, 7, choose.below(20))[sort - 4])


def hocuspocus_frame(choose: Choices) -> bytes:
    address = b"6a3c2f50-0000-4000-8000-00000000000" + bytes((48 + choose.below(10),))
    if choose.below(3) == 0:
        address += b"\x00" + text(choose)
    sort = choose.below(6)
    if sort < 3:
        said = frame(choose)
    elif sort == 3:
        said = (
            b"\x02"
            + number(choose, 0)
            + sized(choose, text(choose))
            + (sized(choose, text(choose)) if choose.below(2) else b"")
        )
    else:
        said = number(choose, (5, 7)[sort - 4]) + (sized(choose, text(choose)) if sort == 4 else b"")
    return sized(choose, address) + said


def mangled(choose: Choices, raw: bytes) -> bytes:
    """With bytes changed, lost, doubled or added, in one place or a few."""
    for _ in range(1 + choose.below(3)):
        at = choose.below(len(raw) + 1)
        match choose.below(6):
            case 0:
                raw = raw[:at]
            case 1:
                raw = raw[:at] + bytes((choose.below(256),)) + raw[at:]
            case 2:
                raw = raw[:at] + raw[at + 1 + choose.below(3) :]
            case 3:
                raw = raw[:at] + bytes((choose.below(256),)) + raw[at + 1 :]
            case 4 if raw:
                bit = 1 << choose.below(8)
                at %= len(raw)
                raw = raw[:at] + bytes((raw[at] ^ bit,)) + raw[at + 1 :]
            case 5:
                end = at + choose.below(12)
                raw = raw[:end] + raw[at:end] + raw[end:]
    return raw


def maybe_mangled(choose: Choices, say: Callable[[Choices], bytes]) -> bytes:
    raw = say(choose)
    return mangled(choose, raw) if choose.below(2) else raw
