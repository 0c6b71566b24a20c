"""The signed envelope by which programs publish: read, checked to the last field, refused by name. Pure.

The signature comes first, over the bytes as they were sent, so that nothing of a stranger's is ever parsed. What is
returned is typed and within its bounds; whether its recipient exists is for `actions/publishing.py` to find out.
"""

import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, NoReturn
from urllib.parse import urlsplit
from uuid import UUID

from documents.errors import WeftError

VERSION = 1
WINDOW = timedelta(minutes=5)
"""How far an envelope's own time may be from that of its arrival, either way: what a stolen one is worth."""
REST = timedelta(hours=24)
"""How long one may lie in the stream while nobody takes it (Weft is being updated) and still be delivered."""

ID = re.compile(r"[\x21-\x7e]{1,100}")
DIGITS = re.compile(r"[0-9]{1,18}")
NAME = re.compile(r"[\x21-\x7e]{1,100}")
TITLE_LENGTH = 200
BODY_LENGTH = 2000
ADDRESS_LENGTH = 2000
TEXT_LENGTH = 10_000
MAX_DEPTH = 32
FIELDS = frozenset({"v", "id", "to", "kind", "data", "at"})

Reason = Literal["bad_signature", "malformed", "too_old", "too_large", "unknown_kind", "unknown_recipient"]


class Refused(WeftError):
    """`code` is one of Reason."""

    status = 422
    STATUS: ClassVar[Mapping[str, int]] = {"bad_signature": 403, "too_large": 413}

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, code=reason)
        self.status = self.STATUS.get(reason, 422)  # type: ignore[misc]  # of the class for all others


@dataclass(frozen=True, slots=True)
class Notify:
    """To a user: into the inbox, and shown at once. Leads to a document or an address, or nowhere."""

    user: int
    title: str
    body: str = ""
    url: str = ""
    document: UUID | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """To a workspace's members, or to one user: handed to their open pages, and kept nowhere."""

    workspace: UUID | None
    user: int | None
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Append:
    """To a document: text at its end, as an edit."""

    document: UUID
    text: str
    format: Literal["text", "markdown"]


Message = Notify | Event | Append


@dataclass(frozen=True, slots=True)
class Envelope:
    id: str
    at: datetime
    message: Message


def sign(payload: bytes, key: str) -> str:
    return hmac.new(key.encode(), payload, hashlib.sha256).hexdigest()


def open_envelope(
    payload: bytes, signature: str, *, key: str, arrived: datetime, now: datetime, most_bytes: int
) -> Envelope:
    """Raises Refused. `arrived` is when we (or Redis, for us) got it: what lay there for a while may still be taken."""
    if len(payload) > most_bytes:
        raise Refused("too_large", f"An envelope holds at most {most_bytes:,} bytes.")
    if not hmac.compare_digest(sign(payload, key).encode(), signature.lower().encode(errors="replace")):
        raise Refused("bad_signature", "The signature is not the HMAC-SHA256 of the payload's bytes, in hexadecimal.")
    fields = _object(_decoded(payload), "The payload")
    if missing := FIELDS - fields.keys():
        raise _malformed(f"“{min(missing)}” is missing.")
    _no_others(fields, FIELDS)
    if type(fields["v"]) is not int or fields["v"] != VERSION:
        raise _malformed(f"“v” must be {VERSION}.")
    id = _matching(fields["id"], ID, "“id” must be 1 to 100 visible ASCII characters.")
    at = _time(fields["at"])
    if abs(arrived - at) > WINDOW or not -WINDOW <= now - arrived <= REST:
        raise Refused("too_old", "“at” is more than five minutes away from now. Is the clock right?")
    return Envelope(id, at, _message(fields["kind"], fields["to"], fields["data"]))


def _message(kind: Any, to: Any, data: Any) -> Message:
    recipient = _recipient(to)
    match kind:
        case "notification":
            if not isinstance(recipient[1], int):
                raise _unknown_recipient("A notification goes to “user:ID”.")
            return _notify(recipient[1], _object(data, "“data”"))
        case "event":
            if recipient[0] == "document":
                raise _unknown_recipient("An event goes to “workspace:ID” or “user:ID”.")
            return _event(recipient[1], _object(data, "“data”"))
        case "append":
            if recipient[0] != "document" or not isinstance(recipient[1], UUID):
                raise _unknown_recipient("What is appended goes to “document:ID”.")
            return _append(recipient[1], _object(data, "“data”"))
        case str():
            raise Refused("unknown_kind", "“kind” must be “notification”, “event” or “append”.")
    raise _malformed("“kind” must be text.")


def _recipient(to: Any) -> tuple[str, int | UUID]:
    if not isinstance(to, str):
        raise _malformed("“to” must be text.")
    sort, _, key = to.partition(":")
    if sort == "user" and DIGITS.fullmatch(key):
        return sort, int(key)
    if sort in ("workspace", "document"):
        try:
            return sort, UUID(key)
        except ValueError:
            pass
    raise _unknown_recipient("“to” must be “user:ID”, “workspace:ID” or “document:ID”.")


def _notify(user: int, data: Mapping[str, Any]) -> Notify:
    _no_others(data, {"title", "body", "url", "document"})
    title = " ".join(_text(data, "title", TITLE_LENGTH).split())
    if not title:
        raise _malformed("“title” must say something.")
    url = _text(data, "url", ADDRESS_LENGTH, "")
    if url and not is_safe_link(url):
        raise _malformed("“url” must begin with http:// or https://, or with one / for a page of Weft's own.")
    document = None
    if data.get("document") is not None:
        try:
            document = UUID(_text(data, "document", 36))
        except ValueError:
            raise _malformed("“document” must be a document's id.") from None
    if url and document:
        raise _malformed("Give “url” or “document”, not both.")
    return Notify(user, title, _text(data, "body", BODY_LENGTH, "").strip(), url, document)


def _event(to: int | UUID, data: Mapping[str, Any]) -> Event:
    _no_others(data, {"name", "data"})
    name = _matching(data.get("name"), NAME, "“name” must be 1 to 100 visible ASCII characters.")
    details = _object(data.get("data", {}), "The event's “data”")
    return Event(None, to, name, details) if isinstance(to, int) else Event(to, None, name, details)


def _append(document: UUID, data: Mapping[str, Any]) -> Append:
    _no_others(data, {"text", "markdown"})
    if len(data) != 1:
        raise _malformed("Give the text either as “text” or as “markdown”.")
    format: Literal["text", "markdown"] = "text" if "text" in data else "markdown"
    text = _text(data, format, TEXT_LENGTH)
    if not text.strip():
        raise _malformed(f"“{format}” must say something.")
    return Append(document, text, format)


def is_safe_link(url: str) -> bool:
    """An address that may stand behind a link we show: the web's, or a path of our own site; never a script."""
    if re.search(r"[\x00-\x20\x7f\\]", url):  # browsers drop some of these and read others as a slash
        return False
    if url.startswith("/"):
        return not url.startswith("//")
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _decoded(payload: bytes) -> Any:
    try:
        value = json.loads(
            payload.decode(), object_pairs_hook=_without_twins, parse_constant=_no_number, parse_float=_finite
        )
        # What can't be encoded again (half a surrogate pair) neither database nor browser would take.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as fault:
        raise Refused("malformed", "The payload is not JSON in UTF-8, or names a field twice.") from fault
    _no_depths(value, 0)
    return value


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two fields with one name, programs disagree about which counts."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field twice")
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("out of range")
    return number


def _no_depths(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _malformed(f"The payload nests deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str) and "\0" in value:  # PostgreSQL stores none
        raise _malformed("Text can't hold the character zero.")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _no_depths(part, depth + 1)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"{what} must be an object.")
    return value


def _no_others(fields: Mapping[str, Any], known: "frozenset[str] | set[str]") -> None:
    if others := fields.keys() - known:
        raise _malformed(f"Nothing here is called “{min(others)[:50]}”.")


def _text(fields: Mapping[str, Any], name: str, most: int, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or len(value) > most:
        raise _malformed(f"“{name}” must be text of at most {most:,} characters.")
    return value


def _matching(value: Any, pattern: re.Pattern[str], complaint: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _malformed(complaint)
    return value


def _time(value: Any) -> datetime:
    """Seconds since 1970, or ISO 8601 with its zone."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise _malformed("“at” must be seconds since 1970, or a time like 2026-11-26T12:00:00Z.")


def _malformed(message: str) -> Refused:
    return Refused("malformed", message)


def _unknown_recipient(message: str) -> Refused:
    return Refused("unknown_recipient", message)
