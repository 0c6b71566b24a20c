"""lib0's primitives: variable-length integers, and byte and text strings prefixed by their length.

Readers take the bytes and a position and return the value and the next position: no reader object, because this is
the message path and a method call costs more than the work. Everything is bounded, and all that is wrong with bytes is
a ProtocolError.
"""

# Numbers are doubles in JavaScript: lib0 refuses what it could not count exactly.
MAX_SAFE_INTEGER = 2**53 - 1
_MAX_BYTES = 8


class ProtocolError(Exception):
    """These bytes aren't what they should be. `reason` is for the close frame and the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_varuint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 of up to 53 bits.

    Padded forms (`80 00` for 0) are refused: no encoder writes them, and readers that stop at different widths
    would see different numbers in the same bytes.
    """
    try:
        byte = data[at]
        if byte < 128:
            return byte, at + 1
        value = byte & 127
        shift = 7
        start = at
        while True:
            at += 1
            byte = data[at]
            if byte < 128:
                break
            value |= (byte & 127) << shift
            shift += 7
            if at - start >= _MAX_BYTES:
                raise ProtocolError("number too large")
    except IndexError:
        raise ProtocolError("truncated") from None
    value |= byte << shift
    if not byte:
        raise ProtocolError("padded number")
    if value > MAX_SAFE_INTEGER:
        raise ProtocolError("number too large")
    return value, at + 1


def read_varbytes(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = read_varuint(data, at)
    end = at + length
    if end > len(data):
        raise ProtocolError("truncated")
    return data[at:end], end


def read_varstring(data: bytes, at: int) -> tuple[str, int]:
    """Text in strict UTF-8. lib0 decodes as strictly: a browser throws at what is refused here.

    A lone surrogate can't be in it: TextEncoder has made it U+FFFD when Yjs wrote it, which keeps the length of one.
    """
    raw, at = read_varbytes(data, at)
    try:
        return raw.decode(), at
    except UnicodeDecodeError:
        raise ProtocolError("not UTF-8") from None


def varuint(value: int) -> bytes:
    if value < 128:
        return bytes((value,))
    if value > MAX_SAFE_INTEGER:
        raise ValueError(value)
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def varbytes(value: bytes) -> bytes:
    return varuint(len(value)) + value


def varstring(value: str) -> bytes:
    return varbytes(value.encode())
