"""How one kind of client is spoken to: what a room says, as the bytes that this kind reads.

A room says everything once, in the frames of `weft.1`, and each session's dialect turns them into its client's own.
What a client says is turned the other way by its transport. Pure: no I/O, and nothing kept but the last translation,
since a room says the same to all sessions in a row, and what the client itself keeps of the conversation.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from collab.protocol import hocuspocus, messages
from collab.tally import Tally

SILENT: tuple[bytes, ...] = ()
KEPT_BYTES = 1_000_000
"""A larger translation isn't kept: it is a whole document, for one client."""


class Dialect(Protocol):
    """Bytes for the client, or None (no bytes at all) for what it isn't told."""

    transport: str
    """What its clients come by, in logs and numbers."""
    answers: bool
    """The client answers a SyncStep1. One that doesn't is sent away when the history was replaced, and syncs anew."""

    def frame(self, frame: bytes) -> bytes | None:
        """A SyncStep1, SyncStep2, Update, Awareness or Pong message; an Update may be one that isn't committed."""

    def entries(self, frame: bytes, epoch: int, seq: int) -> bytes | None:
        """An Update message with committed entries, after which everything up to `epoch.seq` was said."""

    def acks(self, more: int, up_to: int) -> Iterable[bytes]:
        """So many `more` of the client's Update and SyncStep2 frames are committed, or held nothing new; every frame
        `up_to` there is, as far as the first one that was refused."""

    def refusal(self, again: bool) -> Iterable[bytes]:
        """An edit was not taken, since this client may only read; `again`: it has been told so before."""

    def cursor(self, epoch: int, seq: int) -> bytes | None:
        """Everything up to here was said."""

    def notice(self, notice: Mapping[str, Any]) -> bytes | None: ...


class YWebsocket:
    """y-websocket, unmodified clients: they know of neither acks nor cursors."""

    transport = "websocket"
    answers = True

    def frame(self, frame: bytes) -> bytes | None:
        return frame

    def entries(self, frame: bytes, epoch: int, seq: int) -> bytes | None:
        return frame

    def acks(self, more: int, up_to: int) -> Iterable[bytes]:
        return SILENT

    def refusal(self, again: bool) -> Iterable[bytes]:
        return SILENT if again else (messages.encode_auth_denied("read-only"),)

    def cursor(self, epoch: int, seq: int) -> bytes | None:
        return None

    def notice(self, notice: Mapping[str, Any]) -> bytes | None:
        return None


class Weft(YWebsocket):
    """`weft.1`: y-websocket's messages, and acks, cursors and notices besides."""

    def acks(self, more: int, up_to: int) -> Iterable[bytes]:
        return (messages.encode_ack(up_to),)

    def cursor(self, epoch: int, seq: int) -> bytes | None:
        return messages.encode_cursor(epoch, seq)

    def notice(self, notice: Mapping[str, Any]) -> bytes | None:
        return messages.encode_notice(notice)


class Quiet:
    """A client that is told nothing: the base of those that hear little. Whatever it isn't told, it asks for."""

    transport = "request"
    answers = False

    def frame(self, frame: bytes) -> bytes | None:
        return None

    def entries(self, frame: bytes, epoch: int, seq: int) -> bytes | None:
        return None

    def acks(self, more: int, up_to: int) -> Iterable[bytes]:
        return SILENT

    def refusal(self, again: bool) -> Iterable[bytes]:
        return SILENT

    def cursor(self, epoch: int, seq: int) -> bytes | None:
        return None

    def notice(self, notice: Mapping[str, Any]) -> bytes | None:
        return None


class EventStream(Quiet):
    """Server-sent events. The id of an event is the client's cursor, so only committed entries have one."""

    transport = "sse"
    PING: ClassVar = b"event: ping\ndata: {}\n\n"

    def __init__(self) -> None:
        self._last: tuple[bytes | None, int, int] = (None, 0, 0)
        self._last_said = b""

    def frame(self, frame: bytes) -> bytes | None:
        if frame is messages.EMPTY_AWARENESS:
            return self.PING
        if frame[0] == messages.AWARENESS:
            return self._once(frame, b"event: awareness\ndata: %s\n\n")
        if frame[:2] == messages.UPDATE:
            return self._once(frame, b"event: update\ndata: %s\n\n")
        return None

    def entries(self, frame: bytes, epoch: int, seq: int) -> bytes | None:
        return self._once(frame, b"event: update\ndata: %s\n\n", epoch, seq)

    def notice(self, notice: Mapping[str, Any]) -> bytes | None:
        if notice["kind"] == "welcome":
            return event("hello", {name: value for name, value in notice.items() if name != "kind"})
        return event("notice", notice)

    def _once(self, frame: bytes, form: bytes, epoch: int = 0, seq: int = 0) -> bytes:
        if self._last[0] is frame and self._last[1:] == (epoch, seq):
            return self._last_said
        said = form % b64encode(messages.payload(frame))
        if epoch:
            said = b"id: %d.%d\n%s" % (epoch, seq, said)
        if len(frame) <= KEPT_BYTES:
            self._last, self._last_said = (frame, epoch, seq), said
        return said


class Wake(Quiet):
    """A poll: it reads the room itself, and needs to know when. Only what is in no log yet must be carried."""

    transport = "poll"
    CHANGED: ClassVar = b""

    def frame(self, frame: bytes) -> bytes | None:
        if frame is messages.EMPTY_AWARENESS:
            return None
        if frame[:2] == messages.UPDATE:
            return frame
        return self.CHANGED if frame[0] == messages.AWARENESS else None

    def entries(self, frame: bytes, epoch: int, seq: int) -> bytes | None:
        return self.CHANGED

    def notice(self, notice: Mapping[str, Any]) -> bytes | None:
        return None if notice["kind"] == "welcome" else self.CHANGED


class Receipt(Quiet):
    """One push: whether it was taken."""

    TAKEN: ClassVar = b"taken"
    REFUSED: ClassVar = b"refused"

    def acks(self, more: int, up_to: int) -> Iterable[bytes]:
        return (self.TAKEN,) if more else SILENT

    def refusal(self, again: bool) -> Iterable[bytes]:
        return (self.REFUSED,)


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """One server-sent event. JSON has no bare line ends, so its data are one line."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


class Hocuspocus:
    """A document of a Hocuspocus provider, through all the sessions that one attachment to its socket goes through.

    Every message bears the address; the welcome says whether it may write, and edits are acknowledged one by one.
    """

    transport = "hocuspocus"
    answers = True

    def __init__(self, address: bytes) -> None:
        self.tally = Tally()
        self._write = hocuspocus.Writer(address)
        self._welcomed = False

    def frame(self, frame: bytes) -> bytes | None:
        if self._welcomed and frame.startswith(messages.SYNC_STEP1):
            # The transport asks, in answer to the provider's SyncStep1: of two answers one would come uncounted.
            self._welcomed = False
            return None
        return self._write.say(frame)

    def entries(self, frame: bytes, epoch: int, seq: int) -> bytes | None:
        return self._write.say(frame)

    def acks(self, more: int, up_to: int) -> Iterable[bytes]:
        return (self._write.committed,) * self.tally.committed(more)

    def refusal(self, again: bool) -> Iterable[bytes]:
        self.tally.refused()
        return (self._write.refused,)

    def cursor(self, epoch: int, seq: int) -> bytes | None:
        return None

    def notice(self, notice: Mapping[str, Any]) -> bytes | None:
        if notice["kind"] != "welcome":
            return None
        self._welcomed = True
        return self._write.authenticated(notice["may_edit"])

    def ended(self, reason: str) -> Iterable[bytes]:
        """This document is over for the provider, for good. The order matters: @hocuspocus/provider 2 stops listening
        at the first, and would throw at the second, which 3 and 4 need to know that they aren't in sync."""
        return self._write.denied(reason), self._write.close(reason)


Y_WEBSOCKET: Dialect = YWebsocket()
WEFT: Dialect = Weft()
EVENT_STREAM: Dialect = EventStream()
WAKE: Dialect = Wake()
RECEIPT: Dialect = Receipt()
