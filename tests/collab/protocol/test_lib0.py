import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.protocol.lib0 import (
    MAX_SAFE_INTEGER,
    ProtocolError,
    read_varbytes,
    read_varstring,
    read_varuint,
    varbytes,
    varstring,
    varuint,
)


@given(st.integers(0, MAX_SAFE_INTEGER))
def test_a_number_comes_back_as_it_was_written(value: int) -> None:
    written = varuint(value)
    assert read_varuint(b"\xff" + written + b"\xff", 1) == (value, 1 + len(written))


@given(st.binary(max_size=300), st.text(max_size=300))
def test_bytes_and_text_come_back_as_they_were_written(raw: bytes, text: str) -> None:
    frame = varbytes(raw) + varstring(text)
    read, at = read_varbytes(frame, 0)
    assert (read, read_varstring(frame, at)) == (raw, (text, len(frame)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (b"\x80", "truncated"),
        (b"\x80" * 7, "truncated"),
        (b"\x80" * 1_000_000, "number too large"),
        (b"\x80\x00", "padded number"),
        (b"\xff" * 7 + b"\x10", "number too large"),  # 2⁵³
        (b"\xff" * 8 + b"\x01", "number too large"),
    ],
)
def test_a_number_that_ends_early_or_too_late_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        read_varuint(data, 0)


def test_the_largest_number_that_javascript_counts_exactly_is_read() -> None:
    assert read_varuint(b"\xff" * 7 + b"\x0f", 0) == (MAX_SAFE_INTEGER, 8)


def test_a_number_beyond_it_is_not_written() -> None:
    with pytest.raises(ValueError, match=str(MAX_SAFE_INTEGER + 1)):
        varuint(MAX_SAFE_INTEGER + 1)


def test_a_length_that_promises_more_than_there_is_is_refused() -> None:
    with pytest.raises(ProtocolError, match="truncated"):
        read_varbytes(b"\x05abcd", 0)


@pytest.mark.parametrize("raw", [b"\xff", b"\xed\xa0\xbd", b"\xc0\x80", b"\xf0\x9f\x98"])
def test_text_must_be_strict_utf8(raw: bytes) -> None:
    with pytest.raises(ProtocolError, match="not UTF-8"):
        read_varstring(varbytes(raw), 0)
