"""A client that speaks Hocuspocus as @hocuspocus/provider does: a token, then everything under the document's address,
and a SyncStatus for each edit."""

from typing import Any, ClassVar

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from collab import closing
from collab.protocol.lib0 import read_varbytes, read_varstring, varbytes, varstring
from tests.acceptance.client import SocketClient

ENDINGS = {
    ending.reason: ending.code for ending in (closing.SIGNED_OUT, closing.FORBIDDEN, closing.GONE, closing.TOO_LARGE)
}


class HocuspocusClient(SocketClient):
    subprotocols: ClassVar[Any] = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._address = varstring(self.document)
        self._token = self.headers.pop("Authorization", "").removeprefix("Bearer ")

    async def send(self, frame: bytes) -> None:
        await super().send(self._address + frame)

    async def _connected(self) -> None:
        url = f"{self.url.replace('http', 'ws', 1)}/ws/hocuspocus"
        async with connect(
            url, additional_headers=self.headers, ssl=self.trusted, max_size=None, open_timeout=5, close_timeout=1
        ) as socket:
            self.connections += 1
            self._socket = socket
            await self.send(b"\x02\x00" + varstring(self._token))
            await self.send(b"\x00\x00" + varbytes(self.doc.get_state()))
            try:
                async for frame in socket:
                    assert isinstance(frame, bytes)
                    assert frame.startswith(self._address)
                    await self._take(frame[len(self._address) :])
                    if self.closed is not None:
                        return
            except ConnectionClosed:
                pass
            self._ended(socket.close_code or 1006, socket.close_reason or "")

    async def _take(self, frame: bytes) -> None:
        if frame[0] == 2 and frame[1] == 2:
            self.notices.append({"may_edit": read_varstring(frame, 2)[0] == "read-write"})
        elif frame[0] == 2 or frame[0] == 7:
            reason = read_varbytes(frame, 2 if frame[0] == 2 else 1)[0].decode()
            self._ended(ENDINGS.get(reason, closing.MALFORMED.code), reason)  # which says what is malformed
        elif frame[0] == 8:
            edits = self._frames.pop(0)
            self.saved |= edits if frame[1] == 1 else set()
        else:
            await super()._take(frame)
