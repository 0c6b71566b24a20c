from typing import Any

import pycrdt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.protocol.lib0 import MAX_SAFE_INTEGER, ProtocolError, varuint
from collab.protocol.state_vector import EMPTY, MAX_CLOCK, decode_state_vector, encode_state_vector
from tests.collab.protocol.samples import vectors


@pytest.mark.parametrize("vector", vectors("state_vectors"))
def test_a_state_vector_of_yjs_is_read_and_written_byte_for_byte(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["hex"])
    clocks = {int(client): clock for client, clock in vector["clocks"].items()}
    assert decode_state_vector(raw) == clocks
    assert encode_state_vector(clocks) == raw


@given(st.dictionaries(st.integers(0, MAX_SAFE_INTEGER), st.integers(0, MAX_CLOCK), max_size=40))
def test_clocks_come_back_as_they_were_encoded(clocks: dict[int, int]) -> None:
    raw = encode_state_vector(clocks)
    assert decode_state_vector(raw) == clocks
    for end in range(len(raw)):
        with pytest.raises(ProtocolError):
            decode_state_vector(raw[:end])


@given(st.binary(max_size=64))
def test_what_is_read_from_random_bytes_is_safe_for_pycrdt(raw: bytes) -> None:
    try:
        decode_state_vector(raw)
    except ProtocolError:
        return
    pycrdt.get_update(b"\x00\x00", raw)


def test_a_document_of_many_years_has_more_clients_than_4096() -> None:
    clocks = dict.fromkeys(range(20000), 1)
    assert decode_state_vector(encode_state_vector(clocks)) == clocks


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (varuint(800_000_000), "too many clients"),
        (varuint(60_000) + b"\x01\x01", "truncated"),
        (b"\x01\x01" + varuint(MAX_CLOCK + 1), "clock too large"),
        (b"\x02\x01\x01\x01\x02", "a client twice"),
        (EMPTY + b"\x00", "bytes after"),
    ],
)
def test_a_hostile_state_vector_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        decode_state_vector(raw)


def test_a_caller_may_ask_for_fewer_clients() -> None:
    with pytest.raises(ProtocolError, match="too many clients"):
        decode_state_vector(b"\x02\x01\x01\x02\x01", max_clients=1)
