"""What a log line is about: the request or connection, its document, its person. Standard library only.

One `Trace` goes with a request through tasks and threads (a context variable), and every log line written meanwhile
carries it, whoever wrote it. It is filled in as things become known, and never with what was written in a document or
with what somebody could sign in by.
"""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a proxy or a client may call a request; anything else could break a log line or a page."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOCUMENT = re.compile(rf"/(?:d|sync|documents?|ws/y)/({_UUID.pattern})(?:/|$)", re.IGNORECASE)
_WORD = re.compile(r"[a-z_-]*|[a-z]{0,3}[0-9]{0,9}|[a-z_.-]{1,40}\.[a-z0-9]{2,12}")
"""A part of an address that is ours. Invitations and links from mails are secrets, and have digits or capitals; names
in addresses are somebody's content."""


@dataclass(slots=True)
class Trace:
    request_id: str
    document_id: str | None = None
    user_id: int | None = None


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(request_id: str = "", document_id: UUID | str | None = None) -> Trace:
    """From here on, in this task and what it starts, lines are about this. A request that brought no usable id gets
    one."""
    trace = Trace(
        request_id if _SANE.fullmatch(request_id) else secrets.token_hex(8),
        None if document_id is None else str(document_id),
    )
    _current.set(trace)
    return trace


@contextmanager
def about(request_id: str, document_id: UUID | str | None = None) -> Iterator[None]:
    """The same for a while, in a process that goes on with something else."""
    before = _current.get()
    begin(request_id, document_id)
    try:
        yield
    finally:
        _current.set(before)


def current() -> Trace | None:
    return _current.get()


def by(user_id: int) -> None:
    """Now it is known who."""
    if (trace := _current.get()) is not None:
        trace.user_id = user_id


def document_in(path: str) -> str | None:
    found = _DOCUMENT.search(path)
    return None if found is None else found[1].lower()


def shown(path: str) -> str:
    """A path as a log may have it: without the parts that are somebody's secret or somebody's words."""
    if path.startswith("/static/"):
        return path
    return "/".join(part if _UUID.fullmatch(part) or _WORD.fullmatch(part) else "…" for part in path.split("/"))


def mark(record: logging.LogRecord) -> bool:
    """A logging filter that lets everything pass, and says what it is about."""
    trace = _current.get()
    about: dict[str, object] = {}
    if trace is not None:
        about = {
            "request_id": trace.request_id,
            "document_id": trace.document_id,
            "user_id": trace.user_id,
        }
    said = vars(record)
    for name in ("request_id", "document_id", "user_id"):
        if name not in said and about.get(name) is not None:
            said[name] = about[name]
    return True
