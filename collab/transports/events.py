"""`GET /events` and `GET /events/poll`: the user's own events, as server-sent events and by long poll.

A listener is one sign-in. It stays for a while between the polls of its pages, so that the next one that arrives here
asks neither Redis nor the database. Streams and polls read the feed's memory by their own cursor, so none of them needs
a queue: one that falls too far behind is told to fetch everything.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from collab import closing, signed_in
from collab.dialects import event
from collab.hub import LOOK_SESSIONS, Hub, refusal
from collab.metrics import COUNTERS
from collab.room import HEARTBEAT
from collab.session import Identity
from collab.threads import in_reader
from collab.transports.polling import PARKED, WAIT
from collab.transports.request import Failure, Request, credential_of
from presence import feed as feeds
from presence.events import groups_of
from presence.feed import Cursor, Feed, Listener

log = logging.getLogger(__name__)

LIMITS = settings.LIMITS
CONNECTIONS_OF_ONE = 4 * LIMITS.sockets_per_user_document
"""Streams and polls one person may have open in one process: a tab has one."""

Numbered = tuple[Cursor, dict[str, Any]]


class Events:
    def __init__(self, hub: Hub, feed: Feed) -> None:
        self._hub, self._feed = hub, feed
        self._listeners: dict[bytes, Listener] = {}
        self._leaving: dict[bytes, asyncio.TimerHandle] = {}
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._feed.start()
        self._looking = asyncio.create_task(self._look())

    def drain(self) -> None:
        """The hub is draining: everybody is told, and comes back to another process."""
        for listener in self._listeners.values():
            listener.wake()

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._feed.stop()

    async def stream(self, request: Request) -> None:
        cursor = _cursor_of(request.header(b"last-event-id") or request.parameter("cursor"))
        credential = credential_of(request)
        listener = await self._listener(request, credential)
        COUNTERS["joined_events_sse"] += 1
        with self._listening(credential, listener, request) as (woken, gone):
            await request.begin_stream()
            await request.deliver(b":\n\n")  # something to pass on, for a proxy that holds headers back until then
            try:
                while not gone.done():
                    woken.clear()
                    news, cursor = await self._news(listener, cursor)
                    if news:
                        await request.deliver(b"".join(map(_said, news)))
                    try:
                        async with asyncio.timeout(HEARTBEAT):
                            await woken.wait()
                    except TimeoutError:
                        await request.deliver(_said((cursor, {"kind": "ping"})))
            except Failure as failure:
                said = event("close", {"code": failure.close_code, "reason": failure.message})
                await request.deliver(said, more=False)

    async def poll(self, request: Request) -> None:
        cursor = _cursor_of(request.parameter("cursor"))
        wait = request.number("wait", most=1_000_000)
        until = asyncio.get_running_loop().time() + (WAIT if wait is None else min(wait, WAIT))
        credential = credential_of(request)
        listener = await self._listener(request, credential)
        came_with = cursor
        with self._listening(credential, listener, request) as (woken, gone):
            while True:
                woken.clear()
                news, cursor = await self._news(listener, cursor)
                if news or gone.done():
                    break
                try:
                    async with asyncio.timeout_at(until):
                        await woken.wait()
                except TimeoutError:
                    break
        if not news and cursor == came_with:
            await request.answer(204)
        else:  # without events, the cursor alone: one that nothing of concern ever follows must not get too old
            await request.answer_json({"cursor": feeds.text_of(cursor), "events": [told for _, told in news]})

    async def _news(self, listener: Listener, cursor: Cursor | None) -> tuple[list[Numbered], Cursor]:
        """What follows the cursor, and the new one. Raises Failure when there is an end to it."""
        if listener.ended:
            raise Failure(closing.SIGNED_OUT)
        if self._hub.draining:
            raise Failure(closing.RESTARTING)
        if listener.stale:
            listener.stale = False
            try:
                listener.groups = await in_reader(groups_of, listener.identity.user_id)
            except Exception as error:
                listener.stale = True
                raise Failure(refusal(error)) from error
        entries = None if cursor is None else self._feed.after(cursor, listener.groups)
        newest = self._feed.last if cursor is None else max(cursor, self._feed.last)
        if entries is None:
            return [(newest, {"kind": "hello"})], newest
        return [(entry.cursor, entry.event) for entry in entries if entry.event is not None], newest

    async def _listener(self, request: Request, credential: bytes) -> Listener:
        found = self._listeners.get(credential)
        if found is None or found.ended:
            try:
                async with asyncio.timeout(LIMITS.handshake_seconds):
                    identity = await in_reader(signed_in.identify, request.scope)
            except Exception as error:
                raise Failure(refusal(error)) from error
            if identity is None:
                raise Failure(closing.SIGNED_OUT)
            found = self._listeners.get(credential)  # another request of the same page may have been faster
            if found is None or found.ended:
                # Stale from the start: a change between a look and the moment it listens would go unnoticed.
                found = Listener(identity, frozenset(), stale=True)
                self._drop(credential)
                self._listeners[credential] = found
                self._feed.listeners.add(found)
        user_id = found.identity.user_id
        if sum(len(each.waiting) for each in self._feed.listeners if each.identity.user_id == user_id) >= (
            CONNECTIONS_OF_ONE
        ):
            COUNTERS["refused_crowd"] += 1
            raise Failure(closing.OVERLOADED)
        return found

    @contextmanager
    def _listening(
        self, credential: bytes, listener: Listener, request: Request
    ) -> Iterator[tuple[asyncio.Event, "asyncio.Future[None]"]]:
        """While a request waits: what wakes it, and whether its client has hung up, which wakes it too."""
        woken = asyncio.Event()
        listener.waiting.add(woken)
        gone = asyncio.ensure_future(request.disconnected())
        gone.add_done_callback(lambda _: woken.set())
        if (leaving := self._leaving.pop(credential, None)) is not None:
            leaving.cancel()
        try:
            yield woken, gone
        finally:
            gone.cancel()
            listener.waiting.discard(woken)
            if self._listeners.get(credential) is listener and not listener.waiting:
                self._leaving[credential] = asyncio.get_running_loop().call_later(PARKED, self._drop, credential)

    def _drop(self, credential: bytes) -> None:
        if (leaving := self._leaving.pop(credential, None)) is not None:
            leaving.cancel()
        if (listener := self._listeners.pop(credential, None)) is not None:
            self._feed.listeners.discard(listener)

    async def _look(self) -> None:
        """Sign-outs that Redis lost, as for documents."""
        while True:
            await asyncio.sleep(LOOK_SESSIONS)
            listeners = list(self._feed.listeners)
            identities = {each.identity for each in listeners if isinstance(each.identity, Identity)}
            if not identities:
                continue
            try:
                ended = await in_reader(signed_in.ended, identities)
            except Exception as error:
                log.debug("could not look at the listeners: %s", error)
                continue
            for listener in listeners:
                if listener.identity in ended:
                    listener.end()


def _cursor_of(text: str | None) -> Cursor | None:
    if not text:
        return None
    try:
        return feeds.parse(text)
    except ValueError as error:
        raise Failure(closing.malformed(str(error))) from error


def _said(numbered: Numbered) -> bytes:
    cursor, told = numbered
    return f"id: {feeds.text_of(cursor)}\ndata: {json.dumps(told, separators=(',', ':'))}\n\n".encode()
