"""Frames of the Hocuspocus dialect: many documents on one socket, each message under the address of its document.

    frame = varString(address) • type • payload        address = the document's name, as this client writes it

Types 0, 1 and 3 are y-websocket's own messages, byte for byte; `decode` hands them on as such, unread. The rest is read
here to its last byte. What an address names is for the caller to say.
"""

from dataclasses import dataclass
from typing import Final

from collab.protocol import messages
from collab.protocol.lib0 import ProtocolError, read_varbytes, read_varstring, read_varuint, varbytes, varstring

ADDRESS_BYTES = 256
"""A document's id has 36 bytes, and a session of @hocuspocus/provider 4 a dozen more."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of y-websocket: sync, awareness, or the question who is here."""

    frame: bytes

    @property
    def is_step1(self) -> bool:
        return self.frame.startswith(messages.SYNC_STEP1)

    @property
    def is_edit(self) -> bool:
        """A SyncStep2 or an Update: what is answered with a SyncStatus."""
        return self.frame[:2] in (b"\x00\x01", b"\x00\x02")

    @property
    def is_step2(self) -> bool:
        return self.frame[:2] == b"\x00\x01"

    @property
    def claims(self) -> int:
        """How many bytes an edit has by its own words; 0 if it's none. Raises nothing."""
        try:
            return read_varuint(self.frame, 2)[0] if self.is_edit else 0
        except ProtocolError:
            return 0

    @property
    def is_awareness(self) -> bool:
        return self.frame[0] == messages.AWARENESS


@dataclass(frozen=True, slots=True)
class Token:
    """May I? `version` is the provider's own, from 4 on."""

    token: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Stateless:
    """Something between a page and its server, that no document holds."""


@dataclass(frozen=True, slots=True)
class Detach:
    """Done with this document."""


Message = Said | Token | Stateless | Detach

_SAID: Final = (messages.SYNC, messages.AWARENESS, messages.QUERY_AWARENESS)
_AUTH, _STATELESS, _CLOSE, _SYNC_STATUS = 2, 5, 7, 8
_TOKEN, _DENIED, _AUTHENTICATED = 0, 1, 2


def read_address(frame: bytes) -> tuple[bytes, int]:
    """The address as it was written, and where the message begins."""
    address, at = read_varbytes(frame, 0)
    if not 0 < len(address) <= ADDRESS_BYTES:
        raise ProtocolError("no address")
    return address, at


def document_name(address: bytes) -> bytes:
    """Without the session, by which a provider of version 4 tells two views of one document apart."""
    return address.partition(b"\x00")[0]


def decode(frame: bytes, at: int) -> Message:
    """The one message behind the address. Types are single bytes: there is no second spelling of a small number."""
    if at >= len(frame):
        raise ProtocolError("truncated")
    kind = frame[at]
    if kind in _SAID:
        return Said(frame[at:])
    at += 1
    if kind == _AUTH:
        if frame[at : at + 1] != bytes((_TOKEN,)):
            raise ProtocolError("not a token")
        token, at = read_varstring(frame, at + 1)
        version: str | None = None
        if at < len(frame):
            version, at = read_varstring(frame, at)
        return _ending(frame, at, Token(token, version))
    if kind == _STATELESS:
        _, at = read_varstring(frame, at)
        return _ending(frame, at, Stateless())
    if kind == _CLOSE:
        return _ending(frame, at, Detach())
    raise ProtocolError(f"unknown message {kind}")


def _ending(frame: bytes, at: int, message: Message) -> Message:
    if at != len(frame):
        raise ProtocolError("bytes after the message")
    return message


class Writer:
    """What a server may send under one address."""

    def __init__(self, address: bytes) -> None:
        self._address = varbytes(address)
        self.committed = self._message(_SYNC_STATUS, b"\x01")
        """SyncStatus: one edit is committed, or held nothing new."""
        self.refused = self._message(_SYNC_STATUS, b"\x00")

    def say(self, frame: bytes) -> bytes:
        """A message of y-websocket."""
        return self._address + frame

    def authenticated(self, may_edit: bool) -> bytes:
        scope = "read-write" if may_edit else "readonly"
        return self._message(_AUTH, bytes((_AUTHENTICATED,)) + varstring(scope))

    def denied(self, reason: str) -> bytes:
        return self._message(_AUTH, bytes((_DENIED,)) + varstring(reason))

    def close(self, reason: str) -> bytes:
        return self._message(_CLOSE, varstring(reason))

    def _message(self, kind: int, payload: bytes) -> bytes:
        return self._address + bytes((kind,)) + payload
