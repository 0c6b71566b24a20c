"""Threads for what may block: database reads, and merging big updates. Never the message path.

Not `database_sync_to_async`: it runs every call of a process on one thread, so that one slow query holds up every room.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")

READERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="reader")


async def in_reader(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run it in a thread with a database connection of its own, which stays open.

    Not `close_old_connections`: it would open a new one for each call. A connection that broke is dropped instead, so
    that the next call gets a fresh one. What it logs is about what the caller is about.
    """

    def call() -> R:
        try:
            return function(*args, **kwargs)
        except (OperationalError, InterfaceError):
            connection.close()
            raise

    return await asyncio.get_running_loop().run_in_executor(READERS, contextvars.copy_context().run, call)
