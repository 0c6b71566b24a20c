"""The signed envelope: what is taken as it was meant, and by which name everything else is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.envelope import (
    BODY_LENGTH,
    REST,
    TITLE_LENGTH,
    WINDOW,
    Append,
    Envelope,
    Event,
    Notify,
    Refused,
    is_safe_link,
    open_envelope,
    sign,
)

KEY = "a key of the installation's own"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
WORKSPACE, DOCUMENT = UUID("6a1f0c6e-55f5-4d52-9a0e-3f5a3c9f1b01"), UUID("0b7e2f3a-8f0e-4c0b-9d57-4b1c7f2d9e02")
GREETING: dict[str, Any] = {
    "v": 1,
    "id": "greeting-1",
    "to": "user:7",
    "kind": "notification",
    "data": {"title": "Hello"},
    "at": "2026-11-26T12:00:00Z",
}

PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
    max_leaves=12,
)


def opened(payload: Any, *, key: str = KEY, signature: str | None = None, arrived: datetime = NOW) -> Envelope:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = sign(raw, key) if signature is None else signature
    return open_envelope(raw, signature, key=KEY, arrived=arrived, now=NOW, most_bytes=65_536)


def refused(payload: Any, **how: Any) -> str:
    with pytest.raises(Refused) as refusal:
        opened(payload, **how)
    assert refusal.value.message.endswith((".", "?"))
    return refusal.value.code


def outcome_of(payload: Any) -> str:
    try:
        opened(payload)
    except Refused as refusal:
        return refusal.code
    return "taken"


def with_data(kind: str, to: str, **data: Any) -> dict[str, Any]:
    return {**GREETING, "kind": kind, "to": to, "data": data}


def test_a_notification_is_read_as_it_was_meant() -> None:
    envelope = opened(with_data("notification", "user:7", title=" Build \n done ", body="All green", url="/d/x"))
    assert envelope == Envelope("greeting-1", NOW, Notify(7, "Build done", "All green", "/d/x"))


def test_a_document_may_be_where_it_leads() -> None:
    message = opened(with_data("notification", "user:7", title="Read", document=str(DOCUMENT))).message
    assert message == Notify(7, "Read", document=DOCUMENT)


@given(
    name=st.from_regex(r"[\x21-\x7e]{1,100}", fullmatch=True), data=st.dictionaries(PLAIN_TEXT, JSON_VALUES, max_size=4)
)
def test_whatever_an_event_holds_arrives_unchanged(name: str, data: dict[str, Any]) -> None:
    message = opened(with_data("event", f"workspace:{WORKSPACE}", name=name, data=data)).message
    assert message == Event(WORKSPACE, None, name, data)


def test_an_event_may_be_for_one_person() -> None:
    assert opened(with_data("event", "user:7", name="ping")).message == Event(None, 7, "ping", {})


def test_text_to_append_is_plain_unless_it_says_that_it_is_markdown() -> None:
    to = f"document:{DOCUMENT}"
    assert opened(with_data("append", to, text="*so*")).message == Append(DOCUMENT, "*so*", "text")
    assert opened(with_data("append", to, markdown="*so*")).message == Append(DOCUMENT, "*so*", "markdown")


@pytest.mark.parametrize("at", [1795694400, 1795694400.25, "2026-11-26T13:00:00+01:00"])
def test_its_time_may_be_seconds_or_a_date_with_its_zone(at: Any) -> None:
    assert abs(opened({**GREETING, "at": at}).at - NOW) < timedelta(seconds=1)


@given(st.binary(max_size=200), st.text(max_size=80))
def test_nothing_is_read_that_is_not_signed(payload: bytes, signature: str) -> None:
    assert refused(payload, signature=signature) == "bad_signature"


@given(st.integers(0, 5000), st.integers(1, 255))
def test_one_changed_byte_and_the_signature_does_not_fit(at: int, by: int) -> None:
    raw = json.dumps(GREETING).encode()
    spoilt = bytearray(raw)
    spoilt[at % len(raw)] ^= by
    assert refused(bytes(spoilt), signature=sign(raw, KEY)) == "bad_signature"


def test_another_key_s_signature_does_not_fit() -> None:
    assert refused(GREETING, key="another") == "bad_signature"


def test_a_signature_in_capitals_is_the_same() -> None:
    raw = json.dumps(GREETING).encode()
    assert opened(raw, signature=sign(raw, KEY).upper()).id == "greeting-1"


@given(st.binary(max_size=300))
def test_signed_bytes_of_any_kind_are_taken_or_refused_by_name(payload: bytes) -> None:
    assert refused(payload) == "malformed"


@given(JSON_VALUES)
def test_signed_json_of_any_shape_is_refused_by_name(payload: Any) -> None:
    assert refused(payload) == "malformed"


@given(st.sampled_from(sorted(GREETING)), JSON_VALUES)
def test_any_value_in_any_field_is_taken_or_refused_by_name(field: str, value: Any) -> None:
    outcome = outcome_of({**GREETING, field: value})
    assert outcome in {"taken", "malformed", "unknown_kind", "unknown_recipient", "too_old"}


@given(st.sampled_from(["title", "body", "url", "document"]), JSON_VALUES)
def test_any_value_in_any_detail_is_taken_or_refused_by_name(field: str, value: Any) -> None:
    outcome = outcome_of(with_data("notification", "user:7", **{"title": "Hello", field: value}))
    assert outcome in {"taken", "malformed"}


@pytest.mark.parametrize("field", sorted(GREETING))
def test_no_field_may_be_missing(field: str) -> None:
    assert refused({name: value for name, value in GREETING.items() if name != field}) == "malformed"


@pytest.mark.parametrize(
    "payload",
    [
        {**GREETING, "v": 2},
        {**GREETING, "v": True},
        {**GREETING, "id": ""},
        {**GREETING, "id": "two words"},
        {**GREETING, "id": "x" * 101},
        {**GREETING, "more": 1},
        {**GREETING, "at": "2026-11-26T12:00:00"},
        {**GREETING, "at": True},
        {**GREETING, "at": 1795694400000000},
        {**GREETING, "kind": 3},
        {**GREETING, "to": 7},
        {**GREETING, "data": []},
        with_data("notification", "user:7"),
        with_data("notification", "user:7", title="   "),
        with_data("notification", "user:7", title="x" * (TITLE_LENGTH + 1)),
        with_data("notification", "user:7", title="x", body="x" * (BODY_LENGTH + 1)),
        with_data("notification", "user:7", title="x", url="javascript:alert(1)"),
        with_data("notification", "user:7", title="x", url="/d/x", document=str(DOCUMENT)),
        with_data("notification", "user:7", title="x", document="plan"),
        with_data("notification", "user:7", title="x", color="red"),
        with_data("notification", "user:7", title="a\0b"),
        with_data("event", f"workspace:{WORKSPACE}"),
        with_data("event", f"workspace:{WORKSPACE}", name="two words"),
        with_data("event", f"workspace:{WORKSPACE}", name="x", data=[1]),
        with_data("append", f"document:{DOCUMENT}"),
        with_data("append", f"document:{DOCUMENT}", text=" \n "),
        with_data("append", f"document:{DOCUMENT}", text="x", markdown="x"),
        with_data("append", f"document:{DOCUMENT}", text="x" * 10_001),
        json.dumps(GREETING).replace('"v"', '"v": 1, "v"').encode(),
        json.dumps(GREETING).replace('"Hello"', '"\\ud800"').encode(),
        json.dumps(GREETING).replace('"Hello"', "NaN").encode(),
        json.dumps(with_data("event", "user:7", name="x", data={"n": 0})).replace('"n": 0', '"n": 1e999').encode(),
        b"[" * 30_000 + b"]" * 30_000,
        json.dumps(GREETING).encode("utf-16"),
    ],
    ids=lambda payload: repr(payload)[-60:],
)
def test_what_is_not_quite_right_is_malformed(payload: Any) -> None:
    assert refused(payload) == "malformed"


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        ("notification", "7"),
        ("notification", "user:ann"),
        ("notification", "user:-1"),
        ("notification", "user:٣"),
        ("notification", f"user:{10**19}"),
        ("notification", "workspace:7"),
        ("notification", f"workspace:{WORKSPACE}"),
        ("event", f"document:{DOCUMENT}"),
        ("append", f"workspace:{DOCUMENT}"),
        ("append", "document:"),
    ],
)
def test_each_kind_has_its_recipients(kind: str, to: str) -> None:
    assert refused({**GREETING, "kind": kind, "to": to}) == "unknown_recipient"


def test_a_kind_that_nobody_knows_is_refused_as_such() -> None:
    assert refused({**GREETING, "kind": "fireworks"}) == "unknown_kind"


def test_an_envelope_of_another_hour_is_too_old_and_one_of_tomorrow_too() -> None:
    assert opened({**GREETING, "at": (NOW - WINDOW).isoformat()})
    assert opened({**GREETING, "at": (NOW + WINDOW).isoformat()})
    assert refused({**GREETING, "at": (NOW - WINDOW * 1.01).isoformat()}) == "too_old"
    assert refused({**GREETING, "at": (NOW + WINDOW * 1.01).isoformat()}) == "too_old"


def test_one_that_waited_for_us_in_the_stream_is_taken_for_a_day() -> None:
    for waited, fits in ((timedelta(hours=2), True), (REST * 1.01, False)):
        then = {**GREETING, "at": (NOW - waited).isoformat()}
        if fits:
            assert opened(then, arrived=NOW - waited)
        else:
            assert refused(then, arrived=NOW - waited) == "too_old"


def test_a_large_one_is_refused_before_anything_is_computed() -> None:
    assert refused(b"x" * 65_537, signature="") == "too_large"


@pytest.mark.parametrize(
    "url", ["https://weft.example/a?b=c#d", "http://10.0.0.1:3000", "/d/1", "/", "https://münchen.example/straße"]
)
def test_links_of_the_web_and_of_our_own_site_are_safe(url: str) -> None:
    assert is_safe_link(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example",
        "\\\\evil.example", "https:evil", "http://", "mailto:a@b.c", "d/1", "", " https://x.example", "java\nscript:1",
        "/\t/evil.example", "https://[", "ftp://x.example",
    ],
)  # fmt: skip
def test_all_else_is_no_link(url: str) -> None:
    assert not is_safe_link(url)


@given(st.uuids())
def test_ids_of_places_are_uuids(key: UUID) -> None:
    assert opened(with_data("append", f"document:{key}", text="x")).message == Append(key, "x", "text")
