from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.protocol.guard import AwarenessEntry, AwarenessLimits, scan_awareness
from collab.protocol.lib0 import ProtocolError, varbytes, varuint
from collab.protocol.state_vector import MAX_CLOCK
from tests.collab.protocol.samples import vectors


def awareness(*entries: tuple[int, int, bytes]) -> bytes:
    return varuint(len(entries)) + b"".join(varuint(c) + varuint(k) + varbytes(state) for c, k, state in entries)


@pytest.mark.parametrize("frame", [f for f in vectors("frames") if f["name"] == "awareness"])
def test_what_y_protocols_writes_is_read(frame: dict[str, Any]) -> None:
    expected = [AwarenessEntry(client, clock, state and state.encode()) for client, clock, state in frame["entries"]]
    assert scan_awareness(bytes.fromhex(frame["payload"])) == expected


def test_null_says_that_a_client_left() -> None:
    assert scan_awareness(awareness((1, 2, b"null"), (3, 4, b"{}"))) == [(1, 2, None), (3, 4, b"{}")]


def test_the_heartbeat_of_stock_clients_is_about_nobody() -> None:
    assert scan_awareness(b"\x00") == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "truncated"),
        (varuint(1_000_000_000), "too many awareness entries"),
        (varuint(1000) + b"\x00", "truncated"),
        (awareness((1, 1, b"{}")) + b"\x00", "bytes after"),
        (awareness((1, MAX_CLOCK + 1, b"{}")), "clock too large"),
        (awareness((1, 2**53 - 1, b"{}")), "clock too large"),
        (awareness((1, 1, b'{"a":"' + b"x" * 5000 + b'"}')), "awareness state too large"),
        (awareness((1, 1, b"{")), "not JSON"),
        (awareness((1, 1, b"")), "not JSON"),
        (awareness((1, 1, b"[1]")), "not an object"),
        (awareness((1, 1, b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}")), "nested too deep"),
    ],
)
def test_hostile_awareness_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        scan_awareness(payload)


def test_a_room_may_set_its_own_limits() -> None:
    limits = AwarenessLimits(entries=1, state_bytes=10)
    assert len(scan_awareness(awareness((1, 1, b"{}")), limits)) == 1
    with pytest.raises(ProtocolError, match="too many"):
        scan_awareness(awareness((1, 1, b"{}"), (2, 1, b"{}")), limits)
    with pytest.raises(ProtocolError, match="too large"):
        scan_awareness(awareness((1, 1, b'{"a":"bcdef"}')), limits)


@given(st.binary(max_size=100))
def test_random_bytes_are_read_or_refused_and_nothing_else(payload: bytes) -> None:
    try:
        scan_awareness(payload)
    except ProtocolError:
        return
