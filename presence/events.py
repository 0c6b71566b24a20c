"""What concerns a signed-in person, as it happens. Hints only: a browser refetches what an event names.

By `/ws/events` on the Channels layer (Redis pub/sub): one group a person, one a workspace. Losing a message costs a
stale list until the next one, so the client also refetches when it reconnects. What is told is also recorded for the
other transports, which hear of it by `feed`.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings

from documents.models import Membership
from presence.feed import record

PING_SECONDS = 20
SIGNED_OUT = 4401


def user_group(user_id: int) -> str:
    return f"user-{user_id}"


def workspace_group(workspace_id: UUID) -> str:
    return f"workspace-{workspace_id.hex}"


async def tell(groups: Iterable[str], event: dict[str, Any]) -> None:
    """Send an event to everybody in the groups, on every process and transport."""
    layer, groups = get_channel_layer(), list(groups)
    for group in groups:
        await layer.group_send(group, {"type": "tell", "event": event})
    await record(settings.REDIS.plain, groups, {"event": event})


async def end_sessions(user_id: int, session_keys: list[str] | None) -> None:
    await get_channel_layer().group_send(user_group(user_id), {"type": "end", "keys": session_keys})
    await record(settings.REDIS.plain, [user_group(user_id)], {"ended": session_keys})


def groups_of(user_id: int) -> frozenset[str]:
    """Where a person hears of what concerns them. Blocking: reads the database."""
    workspaces = Membership.objects.filter(user_id=user_id).values_list("workspace_id", flat=True)
    return frozenset({user_group(user_id), *map(workspace_group, workspaces)})


class EventsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Expects `scope["identity"]`, which the layer above has checked: an object with `user_id` and `session_key`, or
    None."""

    async def connect(self) -> None:
        self.joined: set[str] = set()
        self.pings: asyncio.Task[None] | None = None
        await self.accept()
        identity = self.scope["identity"]
        if identity is None:
            await self.close(code=SIGNED_OUT, reason="signed out")
            return
        await self._join_groups()
        self.pings = asyncio.create_task(self._ping())
        await self._send({"kind": "hello"})

    async def disconnect(self, code: int) -> None:
        if self.pings is not None:
            self.pings.cancel()
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def tell(self, message: dict[str, Any]) -> None:
        event = message["event"]
        if event["kind"] == "memberships":
            await self._join_groups()
        await self._send(event)

    async def end(self, message: dict[str, Any]) -> None:
        keys = message["keys"]
        if keys is None or self.scope["identity"].proof in keys:
            await self.close(code=SIGNED_OUT, reason="signed out")

    async def _join_groups(self) -> None:
        """The groups of today's memberships: who was removed stops hearing of the workspace."""
        wanted: frozenset[str] = await database_sync_to_async(groups_of)(self.scope["identity"].user_id)
        for group in wanted - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.joined - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = set(wanted)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._send({"kind": "ping"})

    async def _send(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event))
