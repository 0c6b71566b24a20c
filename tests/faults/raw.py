"""Clients that speak in frames and requests and know nothing of Yjs: a replica is all the updates it has, as bytes.

What they write was made by real Yjs (`Desk.scripts`), an edit an update. Over the socket by `weft.1` or Hocuspocus, by
server-sent events, or by long poll: the acceptance suites' clients, without a Doc.
"""

from collections import Counter
from typing import Any

from collab.protocol import guard
from documents import merging
from tests.acceptance.client import Client, SocketClient
from tests.acceptance.hocuspocus_client import HocuspocusClient
from tests.acceptance.http_clients import PollClient, StreamClient


class Bytes:
    """As much of a Doc as a client needs."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0
        """Of all that came, unmerged."""

    @property
    def state(self) -> bytes:
        self._parts = [merging.merge(self._parts)]
        return self._parts[0]

    def get_state(self) -> bytes:
        return merging.state_vector(self.state)

    def get_update(self, state_vector: bytes) -> bytes:
        return merging.diff(self.state, state_vector)

    def apply_update(self, update: bytes) -> None:
        self.size += len(update)
        self._parts.append(update)


class Raw(Client):
    """Mixed into a kind of client. `cursors` is every cursor it was told, in order."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.doc = Bytes()  # type: ignore[assignment]
        self.cursors: list[tuple[int, int]] = []
        self.denials = 0
        """How often it was told, by socket, that an edit of its is refused."""
        self.heard_of: Counter[int] = Counter()
        """How many awareness messages named each client."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "cursor" and "cursors" in self.__dict__:
            self.cursors.append(value)
        super().__setattr__(name, value)

    def _take_awareness(self, payload: bytes) -> None:
        self.heard_of.update({entry.client_id for entry in guard.scan_awareness(payload)})
        super()._take_awareness(payload)

    @property
    def received_bytes(self) -> int:
        """And its own."""
        assert isinstance(self.doc, Bytes)
        return self.doc.size

    @property
    def state(self) -> bytes:
        assert isinstance(self.doc, Bytes)
        return self.doc.state

    async def play(self, update: bytes) -> None:
        self.edits.append(update)
        self.doc.apply_update(update)
        await self._send_edit(len(self.edits) - 1)


class RawSocket(Raw, SocketClient):
    async def _take(self, frame: bytes) -> None:
        self.denials += frame.startswith(b"\x02\x00")
        await super()._take(frame)


class RawHocuspocus(Raw, HocuspocusClient):
    async def _take(self, frame: bytes) -> None:
        self.denials += frame == b"\x08\x00"
        await super()._take(frame)


class RawStream(Raw, StreamClient):
    pass


class RawPoll(Raw, PollClient):
    pass


RAW: dict[str, type[Raw]] = {
    "raw socket": RawSocket,
    "raw hocuspocus": RawHocuspocus,
    "raw sse": RawStream,
    "raw poll": RawPoll,
}
