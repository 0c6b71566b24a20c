from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.protocol import messages
from collab.protocol.hocuspocus import (
    ADDRESS_BYTES,
    Detach,
    Message,
    Said,
    Stateless,
    Token,
    Writer,
    decode,
    document_name,
    read_address,
)
from collab.protocol.lib0 import ProtocolError, varbytes
from collab.protocol.messages import Awareness, SyncStep1, SyncStep2, Update
from tests.collab.protocol.samples import vectors

CONVERSATIONS: list[dict[str, Any]] = vectors("hocuspocus")
every_conversation = pytest.mark.parametrize(
    "conversation", CONVERSATIONS, ids=lambda c: f"{c['version']}{' with a session' * (chr(0) in c['address'])}"
)
DOCUMENT = b"0190b8a0-5b5c-7cc1-8d1e-000000000001"


def read(frame: bytes) -> tuple[bytes, Message]:
    address, at = read_address(frame)
    return address, decode(frame, at)


@every_conversation
def test_what_each_provider_says_is_understood(conversation: dict[str, Any]) -> None:
    address = conversation["address"].encode()
    said = [read(bytes.fromhex(frame)) for frame in conversation["said"]]
    assert {spoken_under for spoken_under, _ in said} == {address}
    assert document_name(address) == DOCUMENT
    token, step1, awareness, update, stateless = (message for _, message in said)
    assert token == Token("weft_größer", "4.8.0" if conversation["version"] == 4 else None)
    assert isinstance(step1, Said)
    assert isinstance(awareness, Said)
    assert isinstance(update, Said)
    assert step1.is_step1
    assert messages.decode(step1.frame) == SyncStep1(b"\x00")
    assert awareness.is_awareness
    assert isinstance(messages.decode(awareness.frame), Awareness)
    assert update.is_edit
    assert not update.is_step2
    assert isinstance(messages.decode(update.frame), Update)
    assert stateless == Stateless()
    _, answer = read(bytes.fromhex(conversation["answered"][0]))
    assert isinstance(answer, Said)
    assert answer.is_edit
    assert answer.is_step2
    assert isinstance(messages.decode(answer.frame), SyncStep2)


@every_conversation
def test_what_the_server_sends_is_what_each_provider_understood(conversation: dict[str, Any]) -> None:
    write = Writer(conversation["address"].encode())
    ours = {
        "authenticated": write.authenticated(True),
        "authenticated_readonly": write.authenticated(False),
        "sync_step1": write.say(messages.encode_sync_step1(b"\x00")),
        "sync_step2": write.say(messages.encode_sync_step2(b"\x00\x00")),
        "heartbeat": write.say(messages.EMPTY_AWARENESS),
        "committed": write.committed,
        "refused": write.refused,
        "denied": write.denied("no longer allowed"),
        "close": write.close("no longer allowed"),
    }
    heard = conversation["server"]
    assert [ours[frame["name"]].hex() for frame in heard] == [frame["hex"] for frame in heard]
    assert {"authenticationFailed,no longer allowed"} < {event for frame in heard for event in frame["heard"]}
    assert [frame["unsynced"] for frame in heard if frame["name"] in ("refused", "committed")] == [2, 1, 0]
    assert [frame["scope"] for frame in heard[:2]] == ["read-write", "readonly"]


@pytest.mark.parametrize(
    ("payload", "message"),
    [(b"\x07", Detach()), (b"\x02\x00\x00", Token("", None)), (b"\x03", Said(b"\x03"))],
)
def test_short_messages_are_understood(payload: bytes, message: Message) -> None:
    assert read(varbytes(DOCUMENT) + payload) == (DOCUMENT, message)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "truncated"),
        (b"\x02", "not a token"),
        (b"\x02\x01\x00", "not a token"),  # only servers deny
        (b"\x02\x00\x05abcd", "truncated"),
        (b"\x02\x00\x01a\x01b\x00", "bytes after the message"),
        (b"\x02\x00\x01\xff", "not UTF-8"),
        (b"\x04\x00", "unknown message 4"),  # between servers
        (b"\x05\x01", "truncated"),
        (b"\x05\x00\x00", "bytes after the message"),
        (b"\x06\x00", "unknown message 6"),  # v4's own server closes at it, too
        (b"\x07\x00", "bytes after the message"),
        (b"\x08\x01", "unknown message 8"),  # only servers acknowledge
        (b"\x63", "unknown message 99"),
    ],
)
def test_a_message_that_is_none_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        read(varbytes(DOCUMENT) + payload)


@pytest.mark.parametrize(
    "frame", [b"", b"\x00\x07", b"\x05abc", b"\x0a", varbytes(b"x" * (ADDRESS_BYTES + 1)) + b"\x07"]
)
def test_a_message_to_nobody_is_refused(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(frame)


@given(st.binary(max_size=64))
def test_random_bytes_are_a_message_or_refused_and_never_anything_else(frame: bytes) -> None:
    try:
        read(frame)
    except ProtocolError:
        return
