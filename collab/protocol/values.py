"""Values inside items: lib0's `any`, and JSON text. Both nest, so both are walked without recursion and with a limit.

A browser throws at a broken value and then can't open the document any more; pycrdt refuses to merge it ever after, or,
nested deep enough, brings the process down. What passes here is readable to both.
"""

import json
import math
import re
from typing import NoReturn

from collab.protocol.lib0 import ProtocolError, read_varbytes, read_varstring, read_varuint

MAX_DEPTH = 64

_UNDEFINED, _NULL, _INTEGER, _FLOAT32, _FLOAT64, _BIGINT, _FALSE, _TRUE = range(127, 119, -1)
_STRING, OBJECT, _ARRAY, _BYTES = range(119, 115, -1)
_WIDTH = {_UNDEFINED: 0, _NULL: 0, _FALSE: 0, _TRUE: 0, _FLOAT32: 4, _FLOAT64: 8, _BIGINT: 8}


def skip_any(data: bytes, at: int, count: int = 1) -> int:
    """Where the `count` values that start at `at` end."""
    size = len(data)
    # Of the container we are in: how many values are still to come, and whether each has a key before it; the
    # containers around it wait in `outer`.
    left, keyed = count, False
    outer: list[tuple[int, bool]] = []
    while True:
        while not left:
            if not outer:
                return at
            left, keyed = outer.pop()
        left -= 1
        if keyed:
            key, at = read_varstring(data, at)
            if key == "__proto__":
                # lib0 assigns it, which changes what the object is: of another kind, Yjs may fail to write it again.
                raise ProtocolError("a key that JavaScript keeps for itself")
        if at >= size:
            raise ProtocolError("truncated")
        tag = data[at]
        at += 1
        if tag in _WIDTH:
            at += _WIDTH[tag]
            if at > size:
                raise ProtocolError("truncated")
        elif tag == _STRING:
            _, at = read_varstring(data, at)
        elif tag == _INTEGER:
            at = _skip_varint(data, at)
        elif tag in (OBJECT, _ARRAY):
            inside, at = read_varuint(data, at)
            if inside > size - at:
                raise ProtocolError("truncated")
            if len(outer) >= MAX_DEPTH:
                raise ProtocolError("nested too deep")
            outer.append((left, keyed))
            left, keyed = inside, tag == OBJECT
        elif tag == _BYTES:
            _, at = read_varbytes(data, at)
        else:
            raise ProtocolError("unknown kind of value")


def _skip_varint(data: bytes, at: int) -> int:
    """A signed number: the first byte has one bit for more, one for the sign and six of the number."""
    if at >= len(data):
        raise ProtocolError("truncated")
    if data[at] < 128:
        return at + 1
    high, at = read_varuint(data, at + 1)
    if high >= 2**47:
        raise ProtocolError("number too large")
    return at


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity: Python's own JSON, nobody else's


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)  # JavaScript reads 1e999 as Infinity, pycrdt refuses it
    return value


_JSON = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_refuse_constant)
# Texts and brackets. An unfinished text runs to the end: were it no match, the search would begin again at each quote
# in it, in O(n²). Possessive, for else the engine keeps a way back for each of its characters.
_JSON_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
# The values of almost every format item: a mark that is on without attributes, or off.
_PLAIN = frozenset((b"null", b"true", b"false", b"{}", b'""'))


def check_json(raw: bytes) -> None:
    """Refuse what JSON.parse in a browser or pycrdt would refuse."""
    if raw not in _PLAIN:
        parse_json(raw)


def parse_json(raw: bytes) -> object:
    try:
        text = raw.decode()
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            _check_depth(text)
        value: object = _JSON.decode(text)
        if "\\ud" in text or "\\uD" in text:
            # An escaped half of a surrogate pair: fine for JavaScript, unreadable for pycrdt.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        raise ProtocolError("not JSON") from None
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for match in _JSON_NESTING.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ProtocolError("nested too deep")
        elif first in "]}":
            depth -= 1
