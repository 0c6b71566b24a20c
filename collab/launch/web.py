"""A web process: uvicorn, run from code so that the socket, the limits and the order of ending are ours."""

from __future__ import annotations

import asyncio
import gc
import socket
from types import FrameType

import uvicorn
from django.conf import settings

from collab import asgi
from collab.launch import memory, turns
from collab.launch.socket_protocol import SocketProtocol

# What surrounds the largest update in its message: types and lengths.
FRAME_SLACK_BYTES = 64
# For requests under way and for sockets to leave; the engine's own shutdown (its last commits) comes after.
GRACE_SECONDS = 4
# SQLite gives up the GIL for each call and wants it back; with Python's 5 ms a busy event loop keeps it that long, and
# a commit of four calls takes 20 ms.
SWITCH_SECONDS = 0.0005
COLLECT_AFTER = 5_000, 5, 5
"""For gc.set_threshold. By Python's 700 a collection runs with every seventh who joins, and finds next to nothing. What
a connection leaves behind is found by the third, oldest generation, as often as by Python's own numbers."""


class WebServer(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        # What is alive now stays alive: no collection need ever look through the imported modules again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._captured_signals or not self.started:
            super().handle_exit(sig, frame)
            return
        self._captured_signals.append(sig)
        self._loop.call_soon_threadsafe(self._start_draining)

    def _start_draining(self) -> None:
        # Kept, since the loop itself holds its tasks only weakly.
        self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        """Sockets leave one by one before uvicorn would close them all at once: a herd comes back as one."""
        try:
            await asgi.drain(settings.DRAIN_SECONDS)
        finally:
            self.should_exit = True


def load() -> None:
    """Imports all that a web process needs, so that it is there before a fork."""
    _configuration().load()


def serve(listening: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT. Uvicorn then closes sockets with 1012 and raises the signal again."""
    memory.keep_little()
    turns.take_short_turns()
    WebServer(_configuration()).run(sockets=[listening])


def _configuration() -> uvicorn.Config:
    return uvicorn.Config(
        "collab.asgi:application",
        loop="uvloop",
        http="httptools",
        ws=SocketProtocol,
        ws_max_size=settings.LIMITS.frame_bytes + FRAME_SLACK_BYTES,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.FORWARDED_ALLOW_IPS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
    )
