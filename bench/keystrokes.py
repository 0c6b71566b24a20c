"""Somebody who writes: an endless stream of updates as the editor sends them, a keystroke each, by seed.

Runs of letters at the end, one in eight of them somewhere earlier, a tenth of the keys a backspace, and a new paragraph
every 400 keys or so. Made at the layout of docs/protocol.md, because a million of them by a Doc take minutes.
"""

import random
from collections.abc import Iterator

from collab.protocol.lib0 import varbytes, varuint

LETTERS = "etaoinshrdlu cmfwyp"


def typing(client_id: int = 4242, seed: int = 1) -> Iterator[bytes]:
    chance = random.Random(seed)
    client = varuint(client_id)
    clock = 0
    paragraph: int | None = None

    def update(*structs: bytes) -> bytes:
        nonlocal clock
        head = b"\x01" + varuint(len(structs)) + client + varuint(clock)
        clock += len(structs)
        return head + b"".join(structs) + b"\x00"

    written: list[int] = []  # the paragraph's letters by clock, those deleted again left out
    while True:
        after = b"\x07\x01" + varbytes(b"default") if paragraph is None else b"\x87" + client + varuint(paragraph)
        paragraph = clock
        inside = b"\x07\x00" + client + varuint(paragraph) + b"\x06"
        yield update(after + b"\x03" + varbytes(b"paragraph"), inside)
        first = b"\x04\x00" + client + varuint(paragraph + 1)
        written = []
        for _ in range(chance.randrange(200, 600)):
            if written and chance.random() < 0.1:
                yield b"\x00\x01" + client + b"\x01" + varuint(written.pop()) + b"\x01"
                continue
            letter = b"\x01" + LETTERS[chance.randrange(len(LETTERS))].encode()
            if not written:
                struct = first + letter
            elif chance.random() < 1 / 64:
                # Eight letters on average follow one typed elsewhere.
                at = chance.randrange(len(written))
                struct = b"\x84" + client + varuint(written[at]) + letter
                written.insert(at + 1, clock)
                written.append(written.pop(at + 1))
            else:
                struct = b"\x84" + client + varuint(written[-1]) + letter
            if not written or written[-1] != clock:
                written.append(clock)
            yield update(struct)
