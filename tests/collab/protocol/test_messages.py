from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.protocol import messages
from collab.protocol.lib0 import ProtocolError, varbytes
from collab.protocol.messages import Awareness, Ping, QueryAwareness, SyncStep1, SyncStep2, Update, decode
from tests.collab.protocol.samples import vectors

FRAMES: list[dict[str, Any]] = vectors("frames")
DECODED = {"sync_step1": SyncStep1, "sync_step2": SyncStep2, "update": Update, "awareness": Awareness}


@pytest.mark.parametrize("frame", [f for f in FRAMES if f["name"] in DECODED], ids=lambda f: f["name"])
def test_what_y_protocols_writes_is_decoded(frame: dict[str, Any]) -> None:
    assert decode(bytes.fromhex(frame["hex"])) == DECODED[frame["name"]](bytes.fromhex(frame["payload"]))


def test_messages_without_payload_are_decoded() -> None:
    assert decode(b"\x03") == QueryAwareness()
    assert decode(b"\x07") == Ping()


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f["name"])
def test_what_the_server_sends_is_what_lib0_and_y_protocols_would_write(frame: dict[str, Any]) -> None:
    match frame:
        case {"name": "query_awareness"}:
            return  # only clients ask
        case {"name": name, "payload": payload}:
            encoded = getattr(messages, f"encode_{name}")(bytes.fromhex(payload))
        case {"name": "auth_denied", "reason": reason}:
            encoded = messages.encode_auth_denied(reason)
        case {"name": "ack", "frames": frames}:
            encoded = messages.encode_ack(frames)
        case {"name": "cursor", "epoch": epoch, "seq": seq}:
            encoded = messages.encode_cursor(epoch, seq)
        case {"name": "notice", "notice": notice}:
            encoded = messages.encode_notice(notice)
        case _:
            encoded = messages.encode_pong()
    assert encoded.hex() == frame["hex"]


@given(st.binary(max_size=300))
def test_payloads_come_back_as_they_were_encoded(payload: bytes) -> None:
    assert decode(messages.encode_sync_step1(payload)) == SyncStep1(payload)
    assert decode(messages.encode_sync_step2(payload)) == SyncStep2(payload)
    assert decode(messages.encode_update(payload)) == Update(payload)
    assert decode(messages.encode_awareness(payload)) == Awareness(payload)


def test_the_heartbeat_is_an_awareness_message_about_nobody() -> None:
    assert decode(messages.EMPTY_AWARENESS) == Awareness(b"\x00")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "truncated"),
        (b"\x00", "truncated"),
        (b"\x00\x02", "truncated"),
        (b"\x00\x02\x05abcd", "truncated"),
        (b"\x00\x02\x03abcd", "bytes after the message"),
        (b"\x01\x00\x00", "bytes after the message"),
        (b"\x03\x00", "bytes after the message"),
        (b"\x07\x07", "bytes after the message"),
        (b"\x00\x03\x00", "unknown sync message 3"),
        (b"\x02\x00\x00", "unknown message 2"),  # only servers deny
        (b"\x04\x01", "unknown message 4"),  # only servers acknowledge
        (b"\x63", "unknown message 99"),
    ],
)
def test_a_frame_that_is_not_one_message_is_refused(frame: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decode(frame)


def test_a_frame_cut_short_anywhere_is_refused() -> None:
    frame = b"\x00\x02" + varbytes(b"x" * 200)
    for end in range(len(frame)):
        with pytest.raises(ProtocolError):
            decode(frame[:end])


@given(st.binary(max_size=64))
def test_random_bytes_are_a_message_or_refused_and_never_anything_else(frame: bytes) -> None:
    try:
        decode(frame)
    except ProtocolError:
        return
