"""WebSocket frames (RFC 6455, 5.2), as far as nearly all traffic needs them: whole binary messages, both ways.

Everything else (fragments, pings, closes, long messages) is the websockets library's business. These two are here
because fan-out sends the same bytes to everybody, and because reading a keystroke with the library's parser costs
20 µs, here 1.
"""

from __future__ import annotations

from struct import pack

from websockets.speedups import apply_mask

FINAL_BINARY = 0x82
MASKED = 0x80

_last: tuple[bytes, bytes] = (b"", b"\x82\x00")


def framed(message: bytes) -> bytes:
    """The frame of a binary message from a server. The same message said again is not framed again."""
    global _last
    if _last[0] is message:
        return _last[1]
    frame = header(len(message)) + message
    _last = message, frame
    return frame


def header(size: int) -> bytes:
    """What precedes `size` bytes of payload: 2, 4 or 10 bytes."""
    if size < 126:
        return bytes((FINAL_BINARY, size))
    if size < 65_536:
        return pack("!BBH", FINAL_BINARY, 126, size)
    return pack("!BBQ", FINAL_BINARY, 127, size)


def whole_messages(data: bytes, limit: int) -> tuple[list[bytes], int]:
    """The messages at the beginning of what a client sent, and where the first bytes are that aren't such: the end, or
    a frame that is incomplete, of 64 KB or more, longer than `limit`, or of another kind. Begins at a frame."""
    found: list[bytes] = []
    at, end = 0, len(data)
    while end - at >= 6 and data[at] == FINAL_BINARY:
        size, mask_at = data[at + 1] - MASKED, at + 2
        if size == 126:
            size, mask_at = data[at + 2] << 8 | data[at + 3], at + 4
        elif size < 0 or size == 127:
            break
        begin = mask_at + 4
        if begin + size > end or size > limit:
            break
        found.append(apply_mask(data[begin : begin + size], data[mask_at:begin]))
        at = begin + size
    return found, at
