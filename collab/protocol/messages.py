"""Frames of the y-websocket dialect and of `weft.1`: one message a frame, both ways.

`decode` reads what clients may send, up to the last byte; the payloads stay opaque and unchecked, for `guard` and
`state_vector` to read. The `encode_*` functions make what a server may send.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from collab.protocol.lib0 import ProtocolError, read_varbytes, varbytes, varstring, varuint


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """What I have; send me the rest."""

    state_vector: bytes


@dataclass(frozen=True, slots=True)
class SyncStep2:
    """What you lacked, going by your SyncStep1."""

    update: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """What was just done."""

    update: bytes


@dataclass(frozen=True, slots=True)
class Awareness:
    payload: bytes


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    pass


@dataclass(frozen=True, slots=True)
class Ping:
    """`weft.1` only: are you reading what I send?"""


Message = SyncStep1 | SyncStep2 | Update | Awareness | QueryAwareness | Ping

SYNC, AWARENESS, _AUTH, QUERY_AWARENESS, _ACK, _CURSOR, _NOTICE, _PING = range(8)
SYNC_STEP1: Final = bytes((SYNC, 0))
UPDATE: Final = b"\x00\x02"
"""How frames of these kinds begin."""
_QUERY: Final = QueryAwareness()
_PINGED: Final = Ping()


def decode(frame: bytes) -> Message:
    """The one message in a client's frame. Types are single bytes: there is no second spelling of a small number."""
    try:
        kind = frame[0]
        if kind == SYNC:
            step = frame[1]
            payload, end = read_varbytes(frame, 2)
            if end != len(frame):
                raise ProtocolError("bytes after the message")
            if step == 2:
                return Update(payload)
            if step == 1:
                return SyncStep2(payload)
            if step == 0:
                return SyncStep1(payload)
            raise ProtocolError(f"unknown sync message {step}")
    except IndexError:
        raise ProtocolError("truncated") from None
    if kind == AWARENESS:
        payload, end = read_varbytes(frame, 1)
        if end != len(frame):
            raise ProtocolError("bytes after the message")
        return Awareness(payload)
    if kind in (QUERY_AWARENESS, _PING):
        if len(frame) != 1:
            raise ProtocolError("bytes after the message")
        return _QUERY if kind == QUERY_AWARENESS else _PINGED
    raise ProtocolError(f"unknown message {kind}")


def payload(frame: bytes) -> bytes:
    """The update or awareness update in a frame of our own."""
    return read_varbytes(frame, 1 if frame[0] == AWARENESS else 2)[0]


def encode_sync_step1(state_vector: bytes) -> bytes:
    return SYNC_STEP1 + varbytes(state_vector)


def encode_sync_step2(update: bytes) -> bytes:
    return b"\x00\x01" + varbytes(update)


def encode_update(update: bytes) -> bytes:
    return b"\x00\x02" + varbytes(update)


def encode_awareness(payload: bytes) -> bytes:
    return b"\x01" + varbytes(payload)


EMPTY_AWARENESS: Final = b"\x01\x01\x00"
"""Nobody moved. Stock clients hang up after 30 s without a data frame, and WebSocket pings are none: this is one."""


def encode_auth_denied(reason: str) -> bytes:
    """Stock clients only log it; what they obey is the close code that follows."""
    return b"\x02\x00" + varstring(reason)


def encode_ack(frames: int) -> bytes:
    """The first `frames` SyncStep2 and Update frames of this connection are committed, or held nothing new."""
    return b"\x04" + varuint(frames)


def encode_cursor(epoch: int, seq: int) -> bytes:
    """Everything in the log up to here has been sent to you."""
    return b"\x05" + varuint(epoch) + varuint(seq)


def encode_notice(notice: Mapping[str, Any]) -> bytes:
    return b"\x06" + varstring(json.dumps(notice, ensure_ascii=False, separators=(",", ":")))


def encode_pong() -> bytes:
    return b"\x07"
