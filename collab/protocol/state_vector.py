"""State vectors: how far a replica has come with each client's edits.

Clients send theirs, so it is read here before pycrdt sees it: a vector of five bytes that claims 8×10⁸ clients makes
pycrdt allocate a gigabyte.
"""

from collections.abc import Mapping

from collab.protocol.lib0 import ProtocolError, read_varuint, varuint

EMPTY = b"\x00"

MAX_CLIENTS = 65_536
"""Every page load is a new client for good, so a document that a team writes in for years has tens of thousands. Real
vectors must pass; the count in front may only not promise more than the bytes hold."""

MAX_CLOCK = 2**32 - 2
"""Yjs counts edits in 53 bits, pycrdt in 32 and *truncates in silence* (2³² becomes 0; at 2³²-1 the edit vanishes).
At ten edits a second a client gets there in 13 years."""


def decode_state_vector(data: bytes, max_clients: int = MAX_CLIENTS) -> dict[int, int]:
    count, at = read_varuint(data, 0)
    if count > max_clients:
        raise ProtocolError("too many clients")
    if count * 2 > len(data) - at:
        raise ProtocolError("truncated")
    clocks: dict[int, int] = {}
    for _ in range(count):
        client, at = read_varuint(data, at)
        clock, at = read_varuint(data, at)
        if clock > MAX_CLOCK:
            raise ProtocolError("clock too large")
        clocks[client] = clock
    if at != len(data):
        raise ProtocolError("bytes after the state vector")
    if len(clocks) != count:
        raise ProtocolError("a client twice in a state vector")
    return clocks


def encode_state_vector(clocks: Mapping[int, int]) -> bytes:
    """Higher clients first, as Yjs writes it: equal vectors are equal bytes, so that answers can be cached by them."""
    out = bytearray(varuint(len(clocks)))
    for client in sorted(clocks, reverse=True):
        out += varuint(client)
        out += varuint(clocks[client])
    return bytes(out)
